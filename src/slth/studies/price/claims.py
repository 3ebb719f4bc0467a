"""What the paper says about prices: rates, and sentences chosen by the data."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from slth.studies.price import data, wordings
from slth.studies.price.claims_widths import width_macros
from slth.studies.price.sizes_data import summaries
from slth.studies.price.wordings import Halving
from slth.studies.price.words import TARGETS, reason_words, short, where
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    MISSING,
    all_of,
    count,
    counts,
    escape,
    fixed,
    integer,
    listing,
    number,
    out_of,
    percent,
    setting,
    some_of,
    span,
)
from slth.studies.printing.summaries import first
from slth.studies.printing.wordings import (
    ROUTINES,
    Side,
    any_of,
    clause,
    count_of,
    sentence,
    share,
    side,
)

READS = {"price": "price", "sizes": "sizes"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about prices."""
    return price_macros(frames["price"], frames["sizes"])


def price_macros(price: pd.DataFrame, sizes: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about prices."""
    table = data.built(price)
    cells = [part for _, part in table.groupby(["target", "arm"], sort=False)]
    level = _given(price, "equal_error")
    return {
        "PriceTickets": count(len(table), "ticket"),
        "PriceReplicates": counts(
            table.groupby(["target", "arm", "size"]).size(), "random network"
        ),
        "PriceConfidence": percent(data.CONFIDENCE, 0),
        "PriceTolerance": setting(_given(price, "tolerance")),
        "PriceEqualError": setting(level),
        "PriceTargets": _targets(table),
        "PriceRefused": _refusals(price),
        "PriceMethod": _method(table),
        "PricePower": _power(cells),
        "PriceLogarithm": _logarithm(cells),
        "PriceNeurons": _neurons(table),
        **width_macros(table, cells, level, summaries(sizes)),
    }


def _given(price: pd.DataFrame, column: str) -> float:
    return first(price, column) if column in price.columns else np.nan


def _targets(table: pd.DataFrame) -> str:
    parts = []
    for target, here in table.groupby("target", sort=False):
        plain = here[here["construction"] != "equivariant"]
        if plain.empty:
            continue
        sums = here[data.blocked(here)]["d"].astype(int)
        words = wordings.TARGET.format(
            target=TARGETS[str(target)],
            weights=integer(first(plain, "target_parameters")),
            scale=number(first(plain, "target_scale")),
            d=", ".join(f"${size}$" for size in sorted(set(sums))) or MISSING,
        )
        parts.append(words)
    return sentence(any_of(parts), wordings.TARGETS, targets="; ".join(parts))


def _refusals(price: pd.DataFrame) -> str:
    refusals = [
        wordings.REFUSAL.format(
            arm=titles.arm(row["arm"], "words"),
            target=TARGETS[row["target"]],
            reason=escape(reason_words(row["reason"])),
        )
        for row in data.refused(price).to_dict("records")
    ]
    return sentence(any_of(refusals), wordings.REFUSALS, refusals="; ".join(refusals))


def _method(table: pd.DataFrame) -> str:
    found = table.loc[data.blocked(table), "method"].value_counts()
    routines = listing(
        f"{ROUTINES[str(name)]} in {integer(int(times))}"
        for name, times in sorted(found.items(), key=lambda item: str(item[0]))
    )
    return sentence(
        count_of(table.loc[data.blocked(table), "method"].dropna()),
        wordings.METHOD,
        routine="".join(ROUTINES[str(name)] for name in list(found.index)[:1]),
        routines=routines,
        tickets=integer(int(found.sum())),
    )


def halving(tellable: int, inside: int) -> Halving:
    """How many of the intervals that can tell hold the one halving per doubling."""
    if not tellable:
        return Halving.UNKNOWN
    if tellable == 1:
        return Halving.HOLDS if inside else Halving.FAILS
    if inside == tellable:
        return Halving.ALL
    return Halving.ONE_OF if inside == 1 else Halving.OTHERS


def _power(cells: list[pd.DataFrame]) -> str:
    """The constructions whose theorem has n ~ 1/eps: one halving per doubling."""
    named = [(where(part), data.per_doubling(part)) for part in cells if data.rate(part) == "power"]
    rates = [(name, rate) for name, rate in named if np.isfinite(rate.low)]
    wide = [name for name, rate in rates if rate.high - rate.low > 1]
    tellable = [rate for _, rate in rates if rate.high - rate.low <= 1]
    inside = sum(rate.low <= 1 <= rate.high for rate in tellable)
    intervals = count(len(tellable), "interval")
    verdict = halving(len(tellable), inside)
    return sentence(
        any_of(rates),
        wordings.POWER,
        rates=span([rate.mean for _, rate in rates], "fixed"),
        sweeps=count(len(rates), "sweep"),
        wide=clause(any_of(wide), wordings.WIDE, wide=listing(wide)),
        predicted=clause(
            verdict,
            wordings.HALVING,
            inside=some_of(inside, len(tellable)),
            intervals=intervals,
            confidence=percent(data.CONFIDENCE, 0),
        ),
    )


def _logarithm(cells: list[pd.DataFrame]) -> str:
    """The rest: which law fits, and halvings per candidate against 1/d and what exists."""
    rest = [part for part in cells if data.rate(part) not in ("power", "unknown")]
    places = list(_predicted_rates(rest))
    return sentence(
        any_of(places),
        wordings.LOGARITHM,
        fits=_fits(rest),
        candidates=_candidates(places),
        searched=_searched(cells),
    )


def _fits(cells: list[pd.DataFrame]) -> str:
    laws = [(data.law(part), where(part)) for part in cells]
    power = [name for law, name in laws if law == "power"]
    exponential = sum(law == "exponential" for law, _ in laws)
    total = sum(law in ("power", "exponential") for law, _ in laws)
    return clause(
        share(exponential, total),
        wordings.FITS,
        exponential=out_of(exponential, total, "sweep"),
        every=all_of(total, "sweep"),
        power=clause(any_of(power), wordings.POWER_FITS, names=listing(power)),
    )


def _predicted_rates(cells: list[pd.DataFrame]) -> Iterator[tuple[str, Side]]:
    """Every sweep with an interval and a prediction: its name, the interval's place against it."""
    for part in cells:
        rate, wanted = data.per_candidate(part), data.expected_per_candidate(part)
        if np.isfinite(rate.low) and np.isfinite(wanted):
            yield where(part), side(rate.low, rate.high, wanted)


def _candidates(places: list[tuple[str, Side]]) -> str:
    names = {one: [name for name, place in places if place is one] for one in Side}
    below, above = names[Side.BELOW], names[Side.ABOVE]
    return wordings.CANDIDATES.format(
        inside=out_of(len(names[Side.AROUND]), len(places), "sweep"),
        below=clause(any_of(below), wordings.BELOW, names=listing(below)),
        above=clause(any_of(above), wordings.ABOVE, names=listing(above)),
        confidence=percent(data.CONFIDENCE, 0),
    )


def _searched(cells: list[pd.DataFrame]) -> str:
    """Sweeps whose largest n were not solved to a proof: there a rate is one of search."""
    names = [
        f"{where(part)} ({percent(float(last['proved'].mean()), 0)})"
        for part in cells
        if titles.arm(part["arm"].iloc[0], "random_sums", False)
        and (last := part[part["size"] == part["size"].max()])["proved"].mean() < 1
    ]
    return sentence(any_of(names), wordings.SEARCHED, names=listing(names))


def _neurons(table: pd.DataFrame) -> str:
    """Without blocks: the sampled error at the largest source, and whether it falls at all."""
    parts = []
    for target, mine in table[~data.blocked(table)].groupby("target", sort=False):
        rate = data.per_doubling(mine)
        last = mine[mine["size"] == mine["size"].max()]
        words = sentence(
            side(rate.low, rate.high, 0),
            wordings.TREND,
            target=short(target),
            error=number(float(last["error"].median())),
            weights=number(float(last["overparameterisation"].median())),
            rate=fixed(rate.mean),
            low=fixed(rate.low),
            high=fixed(rate.high),
            confidence=percent(data.CONFIDENCE, 0),
        )
        parts.append(words)
    return sentence(any_of(parts), wordings.NEURONS, targets=" ".join(parts))
