"""What the paper says about prices: rates, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.price import data
from slth.studies.price.claims_widths import width_macros
from slth.studies.price.sizes_data import summaries
from slth.studies.price.words import TARGETS, rate_words, where
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    MISSING,
    count,
    escape,
    integer,
    listing,
    number,
    percent,
    sentence,
    setting,
    span,
)

NO_PRICES = "This run priced no construction."


READS = {"price": "price", "sizes": "sizes"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about prices."""
    return price_macros(frames["price"], frames["sizes"])


def price_macros(price: pd.DataFrame, sizes: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about prices."""
    table = data.built(price)
    cells = [part for _, part in table.groupby(["target", "arm"], sort=False)]
    level = _only(price, "equal_error")
    return {
        "PriceTickets": integer(len(table)),
        "PriceReplicates": span(_replicates(table)),
        "PriceConfidence": percent(data.CONFIDENCE, 0),
        "PriceTolerance": setting(_only(price, "tolerance")),
        "PriceEqualError": setting(level),
        "PriceTargets": _targets(table),
        "PriceRefused": _refusals(price),
        "PriceMethod": _method(table),
        "PricePower": _power(cells),
        "PriceLogarithm": _logarithm(cells),
        "PriceNeurons": _neurons(table),
        **width_macros(table, cells, level, summaries(sizes)),
    }


def _only(price: pd.DataFrame, column: str) -> float:
    return float(price[column].iloc[0]) if column in price.columns and len(price) else np.nan


def _replicates(table: pd.DataFrame) -> np.ndarray:
    return table.groupby(["target", "arm", "size"]).size().to_numpy(float)


def _targets(table: pd.DataFrame) -> str:
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        plain = here[here["construction"] != "equivariant"]
        if plain.empty:
            continue
        weights = float(plain["target_parameters"].iloc[0])
        scale = float(plain["target_scale"].iloc[0])
        sums = here[data.blocked(here)]["d"].astype(int)
        d = ", ".join(f"${size}$" for size in sorted(set(sums))) or MISSING
        parts.append(
            f"{TARGETS[str(target)]} has {integer(weights)} weights, its largest output seen is "
            f"{number(scale)}, and the dimensions $d$ of its subset problems are {d}"
        )
    return sentence("; ".join(parts)) if parts else NO_PRICES


def _refusals(price: pd.DataFrame) -> str:
    rows = data.refused(price)
    if rows.empty:
        return "No construction of this run refuses its target."
    parts = [
        f"{titles.arm(row['arm'], 'words')} cannot take {TARGETS[row['target']]} "
        f"(\\emph{{{escape(_reason(row['reason']))}}})"
        for row in rows.to_dict("records")
    ]
    return sentence("; ".join(parts))


def _method(table: pd.DataFrame) -> str:
    counts = table.loc[data.blocked(table), "method"].value_counts()
    if counts.empty:
        return ""
    words = {
        "closed_form": "the closed form",
        "error_bound": "the closed form of the problems' errors",
        "differential": "the differential bound",
        "lagrangian": "the Lagrangian dual",
        "separate": "bounding both networks apart",
    }
    parts = [
        f"{words.get(str(name), escape(name))} in {integer(int(times))}"
        for name, times in sorted(counts.items(), key=lambda item: str(item[0]))
    ]
    total = int(counts.sum())
    return sentence(f"the upper ends are those of {listing(parts)} of {integer(total)} tickets")


def _reason(words: str) -> str:
    return ",".join(words.removeprefix("target: ").split(";")[0].split(",")[:2])


def _power(cells: list[pd.DataFrame]) -> str:
    """The constructions whose theorem has n ~ 1/eps: one halving a doubling."""
    named = [(where(part), data.per_doubling(part)) for part in cells if _is_power(part)]
    rates = [(name, rate) for name, rate in named if np.isfinite(rate.low)]
    if not rates:
        return "This run has no construction of which the theorem asks a width of order $1/\\eps$."
    words = (
        "where a width of order $1/\\eps$ is asked for and the source doubles, the error is halved "
        + listing(f"{rate_words(rate)} times for {name}" for name, rate in rates)
    )
    wide = [name for name, rate in rates if rate.high - rate.low > 1]
    tellable = [rate for _, rate in rates if rate.high - rate.low <= 1]
    inside = sum(rate.low <= 1 <= rate.high for rate in tellable)
    if wide:
        words += f"; the interval is too wide to tell anything for {listing(wide)}"
    if len(tellable) == 1:
        words += f"; the interval {'holds' if inside else 'does not hold'} the one halving"
    elif tellable:
        which = "all" if inside == len(tellable) else integer(inside)
        words += f"; {which} of the {count(len(tellable), 'interval')} "
        words += f"{'holds' if inside == 1 else 'hold'} the one halving"
    return sentence(words + (" that the theorems predict" if tellable else ""))


def _is_power(part: pd.DataFrame) -> bool:
    return data.rate(part) == "power"


def _logarithm(cells: list[pd.DataFrame]) -> str:
    """The rest: which law fits, and halvings a candidate against 1/d and what exists."""
    fits: dict[str, list[str]] = {}
    shown, inside = [], 0
    for part in cells:
        if data.rate(part) in ("power", "unknown"):
            continue
        better = data.law(part)
        if better:
            fits.setdefault(better, []).append(where(part))
        rate, wanted = data.per_candidate(part), data.expected_per_candidate(part)
        if np.isfinite(rate.low) and np.isfinite(wanted):
            shown.append((where(part), rate, wanted))
            inside += rate.low <= wanted <= rate.high
    if not shown:
        return "This run has no rate of a construction whose width is logarithmic."
    total = sum(map(len, fits.values()))
    words = []
    if total:
        exponential = fits.get("exponential", [])
        words.append(
            f"of the {count(total, 'sweep')} whose theorem has a width logarithmic in $1/\\eps$, "
            f"an exponential in $n$ (or in the digits) fits the medians better than a power in "
            f"{'all' if len(exponential) == total else integer(len(exponential))}"
        )
        if fits.get("power"):
            words[-1] += f"; a power fits better for {listing(fits['power'])}"
    below = [name for name, rate, wanted in shown if rate.high < wanted]
    above = [name for name, rate, wanted in shown if rate.low > wanted]
    words.append(
        f"the halvings a candidate that \\eqref{{eq:nstar}} predicts lie in the measured interval "
        f"in {integer(inside)} of {integer(len(shown))}"
        + (f"; the interval lies below for {listing(below)}" if below else "")
        + (f"; it lies above for {listing(above)}" if above else "")
    )
    words.append(_searched(cells))
    return " ".join(sentence(part) for part in words)


def _searched(cells: list[pd.DataFrame]) -> str:
    """Sweeps whose largest n were not solved to a proof: there a rate is one of search."""
    found = [
        f"{where(part)} ({percent(float(last['proved'].mean()), 0)})"
        for part in cells
        if titles.arm(part["arm"].iloc[0], "random_sums", False)
        and (last := part[part["size"] == part["size"].max()])["proved"].mean() < 1
    ]
    if not found:
        return "all subset sums were solved to a proof that no subset is better"
    return (
        "at the largest $n$ not all subset sums were solved to a proof that no subset is better, "
        f"so that the rate is one of search, not of existence, for {listing(found)}, in brackets "
        "the share of proofs"
    )


def _neurons(table: pd.DataFrame) -> str:
    """Without blocks: the sampled error at the largest source, and whether it falls at all."""
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        mine = here[~data.blocked(here)]
        rate = data.per_doubling(mine)
        if mine.empty:
            continue
        last = mine[mine["size"] == mine["size"].max()]
        words = (
            f"on {TARGETS[str(target)]} the error without blocks, seen from below, is still "
            f"{number(float(last['error'].median()))} of the target's size at "
            f"{number(float(last['overparameterisation'].median()))} source weights a target weight"
        )
        if np.isfinite(rate.low):
            trend = "falls" if rate.low > 0 else "rises" if rate.high < 0 else "shows no trend"
            words += f", and {trend} ({rate_words(rate)} halvings a doubling)"
        parts.append(words)
    return sentence("; ".join(parts)) if parts else "This run removed no neuron without blocks."
