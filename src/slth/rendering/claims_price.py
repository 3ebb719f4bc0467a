"""What the paper says about prices: numbers, and sentences chosen by the data."""

import numpy as np
import pandas as pd

from slth.rendering import price_data as data
from slth.rendering import price_sizes
from slth.rendering.formatting import (
    count,
    escape,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    setting,
    span,
)

NO_PRICES = "This run priced no construction."
TARGETS = {"points": "the network on points", "images": "the network on images"}
WORDS = {  # arms as the prose names them
    "single_weight": "one unit a weight",
    "rss_dense": "RSS in dense layers",
    "rss_convolution": "RSS in convolutions",
    "ell_plus_one": r"RSS with $\ell+1$ layers",
    "structured_convolution-entry": "blocks with single entries",
    "structured_convolution-kernel": "blocks with kernels",
    "structured_convolution-filter": "blocks with filters",
    "neuron_removal": "neuron removal",
    "equivariant": "equivariant coefficients",
    "binary_polynomial": "binary counting",
    "binary_polylog": "binary digits",
}

RSS = (*tuple(WORDS)[1:7], "equivariant")  # arms whose problems are random subset sums


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
        "PriceOrder": _order(table, level),
        "PriceGranularity": _granularity(table, level),
        "PriceNeurons": _neurons(table),
        "PriceWidths": _widths(cells),
        **_sizes(price_sizes.summaries(sizes)),
    }


def _only(price: pd.DataFrame, column: str) -> float:
    return float(price[column].iloc[0]) if column in price.columns and len(price) else np.nan


def _replicates(table: pd.DataFrame) -> np.ndarray:
    return table.groupby(["target", "arm", "size"]).size().to_numpy(float)


def _where(part: pd.DataFrame) -> str:
    name, target = str(part["arm"].iloc[0]), str(part["target"].iloc[0])
    return f"{WORDS[name]} on {TARGETS[target].split()[-1]}"


def _rate(rate: data.Rate) -> str:
    if not np.isfinite(rate.low):
        return fixed(rate.mean)
    return f"{fixed(rate.mean)} ({fixed(rate.low)} to {fixed(rate.high)})"


def _targets(table: pd.DataFrame) -> str:
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        plain = here[here["construction"] != "equivariant"]
        if plain.empty:
            continue
        weights = float(plain["target_parameters"].iloc[0])
        scale = float(plain["target_scale"].iloc[0])
        sizes = sorted(set(here.loc[here["arm"] != data.UNBLOCKED, "d"].astype(int)))
        d = listing(f"${size}$" for size in sizes)
        parts.append(
            f"{TARGETS[str(target)]} has {integer(weights)} weights, its largest output seen is "
            f"{number(scale)}, and its subset problems have $d$ = {d}"
        )
    return sentence("; ".join(parts)) if parts else NO_PRICES


def _refusals(price: pd.DataFrame) -> str:
    rows = data.refused(price)
    if rows.empty:
        return "No construction of this run refuses its target."
    parts = [
        f"{WORDS[row['arm']]} cannot take {TARGETS[row['target']]} "
        f"(\\emph{{{escape(_reason(row['reason']))}}})"
        for row in rows.to_dict("records")
    ]
    return sentence("; ".join(parts))


def _method(table: pd.DataFrame) -> str:
    counts = table.loc[table["arm"] != data.UNBLOCKED, "method"].value_counts()
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
    return words.removeprefix("target: ").split(";")[0]


def _power(cells: list[pd.DataFrame]) -> str:
    """The constructions whose theorem has n ~ 1/eps: one halving a doubling."""
    parts, inside = [], 0
    for part in cells:
        rate = data.per_doubling(part)
        if part["arm"].iloc[0] in data.POWER and np.isfinite(rate.low):
            parts.append(f"{_rate(rate)} for {_where(part)}")
            inside += rate.low <= 1 <= rate.high
    if not parts:
        return "This run has no construction of which the theorem asks a width of order $1/\\eps$."
    which = {0: "none", len(parts): "all" if len(parts) > 1 else "it"}.get(inside, f"{inside}")
    verb = "holds" if len(parts) == 1 or inside == 1 else "hold"
    words = (
        f"{which} of the intervals {verb} the one halving"
        if len(parts) > 1
        else (f"the interval {'holds' if inside else 'does not hold'} the one halving")
    )
    return sentence(
        f"where a width of order $1/\\eps$ is asked for, the error is halved {listing(parts)} "
        f"times when the source doubles; {words} that the theorems predict"
    )


def _logarithm(cells: list[pd.DataFrame]) -> str:
    """The rest: which law fits, and halvings a candidate against 1/d and what exists."""
    fits: dict[str, list[str]] = {}
    shown, inside = [], 0
    for part in cells:
        if part["arm"].iloc[0] in (*data.POWER, data.UNBLOCKED):
            continue
        better = data.law(part)
        if better:
            fits.setdefault(better, []).append(_where(part))
        rate, wanted = data.per_candidate(part), data.expected_per_candidate(part)
        if np.isfinite(rate.low) and np.isfinite(wanted):
            shown.append((_where(part), rate, wanted))
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
        f"{_where(part)} ({percent(float(last['proved'].mean()), 0)})"
        for part in cells
        if part["arm"].iloc[0] in RSS
        and (last := part[part["size"] == part["size"].max()])["proved"].mean() < 1
    ]
    if not found:
        return "all subset sums were solved to a proof that no subset is better"
    return (
        "at the largest $n$ not all subset sums were solved to a proof that no subset is better, "
        f"so that the rate is one of search, not of existence, for {listing(found)}, in brackets "
        "the share of proofs"
    )


def _order(table: pd.DataFrame, level: float) -> str:
    """Overparameterisation at an equal sup-norm error, cheapest first."""
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        found = {
            arm: data.middle(_at(here[here["arm"] == arm], level))[0] for arm in data.arms(here)
        }
        reached = sorted((v, k) for k, v in found.items() if np.isfinite(v))
        missed = [WORDS[k] for k, v in found.items() if not np.isfinite(v)]
        if reached:
            words = f"on {TARGETS[str(target)]} " + listing(
                f"{WORDS[k]} {number(v)}" for v, k in reached
            )
            if missed:
                words += f" ({listing(missed)} did not get there)"
            parts.append(words)
    if not parts:
        return "No construction of this run reaches the error at which sizes are compared."
    return sentence(
        f"for a certified error of {setting(level)} of the target's size the median numbers of "
        f"source weights a target weight are {'; '.join(parts)}"
    )


def _granularity(table: pd.DataFrame, level: float) -> str:
    """What coarser structure costs: the ratio of sizes at equal error to that of entries."""
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        base = data.middle(_at(here[here["arm"] == "structured_convolution-entry"], level))[0]
        for kind in ("kernel", "filter"):
            part = here[here["arm"] == f"structured_convolution-{kind}"]
            top = data.middle(_at(part, level))[0]
            if np.isfinite(top) and np.isfinite(base):
                d = integer(float(part["d"].max()))
                parts.append((top / base, f"{number(top / base)} for {kind}s of dimension {d} on "
                              f"{TARGETS[str(target)].split()[-1]}"))  # fmt: skip
    if not parts:
        return "Granularities cannot be compared at that error in this run."
    dearer = sum(ratio > 1 for ratio, _ in parts)
    words = "structure costs" if dearer == len(parts) else "the cost of structure is"
    return sentence(
        f"against single entries of the same random networks, {words} a factor of "
        f"{listing(text for _, text in parts)}"
    )


def _neurons(table: pd.DataFrame) -> str:
    """Without blocks: the sampled error at the largest source, and whether it falls at all."""
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        mine = here[here["arm"] == data.UNBLOCKED]
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
            words += f", and {trend} ({_rate(rate)} halvings a doubling)"
        parts.append(words)
    return sentence("; ".join(parts)) if parts else "This run removed no neuron without blocks."


def _widths(cells: list[pd.DataFrame]) -> str:
    """Measured against predicted n at which every subset problem is within the tolerance."""
    ratios = []
    for part in cells:
        wanted, found = float(part["predicted_n"].iloc[0]), measured_width(part)
        if np.isfinite(wanted) and np.isfinite(found) and part["digits"].max() == 0:
            ratios.append((found / wanted, _where(part)))
    if not ratios:
        return "No predicted width can be set beside a measured one in this run."
    low, high = min(ratios), max(ratios)
    words = (
        f"the measured over the predicted width is {fixed(low[0])} to {fixed(high[0])} in the "
        f"{count(len(ratios), 'sweep')} that reach the tolerance and have a prediction"
    )
    missed = [
        _where(part)
        for part in cells
        if np.isfinite(float(part["predicted_n"].iloc[0])) and np.isinf(measured_width(part))
    ]
    if len(ratios) > 1:
        words += f"; least for {low[1]}, largest for {high[1]}"
    if missed:
        words += f"; the tolerance is not reached by {listing(missed)}"
    return sentence(words)


def measured_width(part: pd.DataFrame) -> float:
    """Median n at which a random network's worst problem is within the tolerance; inf: never.

    NaN where the smallest n of the sweep already is: the crossing is not seen.
    """
    found = data.crossing(part, float(part["tolerance"].iloc[0]), "worst_error", "n")
    median = data.middle(found)[0]
    return np.nan if median <= float(part["n"].min()) else median


def _at(part: pd.DataFrame, level: float) -> np.ndarray:
    return data.crossing(part, level, "error", "overparameterisation")


def _sizes(table: pd.DataFrame) -> dict[str, str]:
    known = table[np.isfinite(table["measured"].astype(float))] if len(table) else table
    return {
        "PriceSizesEps": listing(
            f"{setting(float(part['eps'].iloc[0]))} at $d = {d:g}$"
            for d, part in table.groupby("d")
        ),
        "PriceSizesProblems": span(table["problems"].to_numpy(float)),
        "PriceSizesWidth": _sizes_width(known),
        "PriceSizesCost": _sizes_cost(known),
    }


def _sizes_width(known: pd.DataFrame) -> str:
    parts = []
    for d, part in known.groupby("d", sort=True):
        ratio = (part["found"] / part["threshold"]).to_numpy(float)
        parts.append(f"{span(ratio, 'fixed')} at $d = {d:g}$")
    if not parts:
        return "This run built no ticket of one subset size that crosses the tolerance."
    return sentence(
        f"measured over predicted $n$ is {listing(parts)}, over the fractions that were tried"
    )


def _sizes_cost(known: pd.DataFrame) -> str:
    """From the densest to the sparsest ticket: kept weights against source weights."""
    parts = []
    for d, part in known.groupby("d", sort=True):
        dense, sparse = part.loc[part["fraction"].idxmax()], part.loc[part["fraction"].idxmin()]
        if dense["fraction"] == sparse["fraction"]:
            continue
        wider = float(sparse["measured"] / dense["measured"])
        fewer = float(dense["kept_fraction"] / sparse["kept_fraction"])
        verdict = (
            "fewer weights are kept in all" if fewer > wider else "no fewer weights are kept in all"
        )
        parts.append(
            f"at $d = {d:g}$ a kept fraction smaller by {number(fewer)} takes a random network "
            f"larger by {number(wider)}, so that {verdict}"
        )
    return sentence("; ".join(parts)) if parts else ""
