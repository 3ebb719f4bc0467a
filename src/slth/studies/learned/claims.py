"""What the paper says about learned masks: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.learned import masks as data
from slth.studies.learned import wordings
from slth.studies.learned.claims_longer import longer_macros
from slth.studies.learned.claims_margins import margin_macros, margins_in_short
from slth.studies.learned.published import PRINTED, Line, comparisons
from slth.studies.learned.wordings import Best, Figures, Fit, Verdict
from slth.studies.printing.formatting import (
    MISSING,
    all_of,
    arm_name,
    counts,
    escape,
    integer,
    listing,
    number,
    out_of,
    percent,
    setting,
    span,
)
from slth.studies.printing.wordings import any_of, clause, count_of, sentence, share

SHOWN = 5e-4  # half of the last digit of a kept fraction in print
GIVEN = ("published figures",)  # numbers that the run takes over
READS = {  # table: kind
    "learned": "learned masks",
    "learned_longer": "longer trainings",
    "routes": "learned routes",
}
BORROWS = {"tickets": {"tickets": "measured tickets", "blocks": "solved blocks"}}


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about learned masks."""
    learned = frames["learned"]
    longer = longer_macros(learned, frames["learned_longer"])
    return longer | learned_macros(frames["tickets"], frames["blocks"], learned, frames["routes"])


def learned_macros(
    tickets: pd.DataFrame,
    blocks: pd.DataFrame,
    learned: pd.DataFrame,
    routes: pd.DataFrame,
) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about learned masks."""
    table, found = data.masks(learned), data.routes(routes)
    both = found
    if not found.empty:
        full = data.borrowed_tickets(tickets)
        solved = data.borrowed_blocks(blocks)
        both = pd.concat([data.constructed(full, solved, found), found], ignore_index=True)
    return {
        "MasksSetting": _setting(table),
        "MasksKept": _kept(table),
        "MasksHeldOut": span(table["held_out"]),
        "MasksConfidence": percent(data.CONFIDENCE, 0),
        "MasksBest": _best(table),
        "MasksAbstract": _abstract(table),
        "MasksUnits": _units(table),
        **margin_macros(table),
        "RoutesSeeds": counts(found.groupby(["arm", "n", "route"]).size(), "random network"),
        "RoutesSizes": _route_sizes(found),
        "RoutesAccuracy": _route_accuracy(both),
        "RoutesError": _route_error(both),
        "RoutesWidth": _route_width(both),
        "PublishedVerdict": _published(table),
    }


def _data_set(table: pd.DataFrame) -> str:
    return "".join(escape(PRINTED.get(str(name), name)) for name in table["data"][:1])


def _setting(table: pd.DataFrame) -> str:
    asked = table.loc[table["arm"] != "dense", "asked"].astype(float)
    channels = "".join(map(str, table["channels"][:1]))
    return sentence(
        any_of(table),
        wordings.SETTING,
        channels=listing(channels.split("-")),
        weights=integer(float(table["source_weights"].max())),
        data=_data_set(table),
        least=setting(100 * float(asked.min())),
        most=setting(100 * float(asked.max())),
    )


def fit(kept: pd.Series) -> Fit:
    """Whether masks of whole filters keep what is asked; ``kept``: fractions, by those asked."""
    if kept.empty:
        return Fit.NOTHING
    asked = kept.index.to_numpy(float)
    return Fit.FULL if np.allclose(kept, asked, rtol=0, atol=SHOWN) else Fit.SHORT


def _kept(table: pd.DataFrame) -> str:
    """What masks of whole filters keep, where it is farthest from what is asked."""
    found = data.kept(table)
    kept = found[found.index.get_level_values("granularity") == "filter"].droplevel("granularity")
    asked = kept.index.to_numpy(float)
    worst = int(np.argmax(np.abs(kept.to_numpy() / asked - 1))) if len(kept) else 0
    return sentence(
        fit(kept),
        wordings.FIT,
        asked="".join(_percentage(value) for value in asked[worst : worst + 1]),
        kept="".join(percent(value) for value in kept.iloc[worst : worst + 1]),
    )


def _percentage(asked: float) -> str:
    return rf"{setting(100 * asked)}\,\%"


def best(table: pd.DataFrame) -> dict[str, tuple[float, str, float]]:
    """Median accuracy, arm and fraction asked for of the best untrained mask, by granularity."""
    found = {}
    for unit in data.granularities(table):
        rows = table[(table["granularity"] == unit) & table["arm"].isin(data.UNTRAINED)]
        medians = rows.groupby(["arm", "asked"])["accuracy"].median().astype(float)
        if len(medians):
            arm, asked = medians.index[int(medians.to_numpy().argmax())]
            found[unit] = (float(medians.max()), str(arm), float(asked))
    return found


def _abstract(table: pd.DataFrame) -> str:
    """The best masks of untrained weights, the dense network, and the margins over controls."""
    found, dense = best(table), data.dense_accuracy(table)
    verdict = (Best.NOTHING, Best.ONE_KIND, Best.BOTH)[len(found)]
    parts = [
        sentence(
            verdict,
            wordings.ABSTRACT,
            units="".join(wordings.UNITS[unit] for unit in list(found)[:1]),
            reached="".join(percent(accuracy) for accuracy, *_ in list(found.values())[:1]),
            filters="".join(percent(accuracy) for accuracy, *_ in list(found.values())[1:]),
        ),
        sentence(any_of([dense] * (dense > 0)), wordings.ABSTRACT_DENSE, accuracy=percent(dense)),
        margins_in_short(table),
    ]
    return " ".join(filter(None, parts))


def _best(table: pd.DataFrame) -> str:
    """The best untrained mask of each granularity beside the dense network."""
    kept = data.kept(table)
    accuracies = [
        f"{percent(top)} with {unit}s ({data.name_of(arm)}, {percent(kept[unit, asked])} kept)"
        for unit, (top, arm, asked) in best(table).items()
    ]
    dense = data.dense_accuracy(table)
    reached = clause(any_of([dense] * (dense > 0)), wordings.DENSE, accuracy=percent(dense))
    shown = listing(accuracies)
    return sentence(any_of(accuracies), wordings.BEST, accuracies=shown, dense=reached)


def _units(table: pd.DataFrame) -> str:
    """Edges against filters for masks of untrained weights, where as much is asked for."""
    rows = table[table["arm"].isin(data.UNTRAINED)]
    medians = rows.groupby(["arm", "asked", "granularity"])["accuracy"].median().astype(float)
    pairs = medians.unstack("granularity").reindex(columns=["edge", "filter"]).dropna()
    gap = pairs["edge"] - pairs["filter"]
    ahead = int((gap > 0).sum())
    return sentence(
        share(ahead, len(pairs)),
        wordings.AHEAD,
        ahead=out_of(ahead, len(pairs), "pair"),
        every=all_of(len(pairs), "pair"),
        widest=_points(gap.max()),
    )


def _route_sizes(found: pd.DataFrame) -> str:
    sizes = sorted(set(found["n"].astype(float)))
    shown = "".join(setting(n) for n in sizes[:1])
    return clause(count_of(sizes), wordings.ROUTE_SIZES, n=shown)


def _route_accuracy(both: pd.DataFrame) -> str:
    parts = []
    for arm, rows in both.groupby("arm", sort=False) if len(both) else ():
        n = rows["n"].max()
        last = rows[rows["n"] == n].groupby("route")["accuracy"]
        medians = last.agg(lambda values: values.astype(float).median())
        shown = listing(
            f"{percent(float(medians[route]))} ({label})"
            for route, label in data.ROUTE_NAMES.items()
            if route in medians
        )
        parts.append(f"in {arm_name(str(arm))} at $n = {n:g}$ the medians are {shown}")
    return sentence(any_of(parts), wordings.ROUTES, arms="; ".join(parts))


def _route_error(both: pd.DataFrame) -> str:
    """Upper bound of the constructed ticket against lower bounds of the other routes."""
    if both.empty:
        return ""
    ends = both.groupby(["arm", "n", "route"])[["lower", "upper"]].median().astype(float)
    ratios = []
    for (arm, n, route), row in zip(ends.index, ends.to_dict("records"), strict=True):
        mine = (arm, n, "constructed")
        if route != "constructed" and mine in ends.index and np.isfinite(row["lower"]):
            ratios.append(
                (row["lower"] > ends.loc[mine, "upper"], row["lower"] / ends.loc[mine, "upper"])
            )
    better = sum(exceeds for exceeds, _ in ratios)
    return sentence(
        share(better, len(ratios)),
        wordings.ROUTE_ERROR,
        better=out_of(better, len(ratios), "comparison"),
        every=all_of(len(ratios), "comparison"),
        worst=number(max([0.0, *(ratio for _, ratio in ratios)])),
    )


def _route_width(both: pd.DataFrame) -> str:
    """How each route's median error moves from the smallest to the largest n."""
    parts = []
    for arm, rows in both.groupby("arm", sort=False) if len(both) else ():
        n = sorted(set(rows["n"]))
        factors = _factors(rows, [n[0], n[-1]]) if len(n) > 1 else []
        if factors:
            parts.append(
                f"from $n = {n[0]:g}$ to $n = {n[-1]:g}$ the median upper bound falls by a "
                f"factor of {listing(factors)} in {arm_name(str(arm))}"
            )
    return sentence(any_of(parts), wordings.ROUTE_WIDTH, arms="; ".join(parts))


def _factors(rows: pd.DataFrame, sizes: list[float]) -> list[str]:
    """Median upper bound at the first over the second size, by route."""
    factors = []
    for route, label in data.ROUTE_NAMES.items():
        medians = rows[rows["route"] == route].groupby("n")["upper"].median().astype(float)
        first, last = medians.reindex(sizes).to_numpy(float)
        if np.isfinite([first, last]).all() and last > 0:
            factors.append(f"{number(float(first / last))} ({label})")
    return factors


def figures(table: pd.DataFrame, same: list[Line]) -> Figures:
    """Whether published figures are about this run's data; ``same``: those that are."""
    if same:
        return Figures.SAME_DATA
    return Figures.OTHER_DATA if len(table) else Figures.NOTHING


def _published(table: pd.DataFrame) -> str:
    lines = comparisons(table)
    same = [line for line in lines if line.same and line.verdict is not Verdict.UNKNOWN]
    held = sum(line.verdict in (Verdict.REPRODUCED, Verdict.SAME_KIND) for line in same)
    of_kind = sum(line.verdict is not Verdict.OTHER_DATA for line in lines)
    of_the_kind = sum(line.verdict is Verdict.SAME_KIND for line in lines)
    return sentence(
        figures(table, same),
        wordings.FIGURES,
        data=_data_set(table),
        kind=out_of(of_the_kind, of_kind, "claim"),
        held=out_of(held, len(same), "published figure"),
    )


def _points(value: float) -> str:
    return setting(round(100 * float(value), 1)) if np.isfinite(value) else MISSING
