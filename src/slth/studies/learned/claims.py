"""What the paper says about learned masks: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.learned import masks as data
from slth.studies.learned.claims_margins import margin_macros
from slth.studies.learned.published import PRINTED, comparisons
from slth.studies.printing.formatting import (
    MISSING,
    arm_name,
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

NO_MASKS = "This run learned no mask."
NO_ROUTES = "This run pruned no random network of the tickets by learning."


GIVEN = ("published figures",)  # numbers that the run takes over
READS = {"learned": "learned masks", "routes": "learned routes"}  # table: kind
BORROWS = {"tickets": {"tickets": "measured tickets", "blocks": "solved blocks"}}


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about learned masks."""
    return learned_macros(frames["tickets"], frames["blocks"], frames["learned"], frames["routes"])


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
        "MasksHeldOut": span(table["held_out"].to_numpy(float)),
        "MasksConfidence": percent(data.CONFIDENCE, 0),
        "MasksBest": _best(table),
        "MasksUnits": _units(table),
        **margin_macros(table),
        "RoutesSeeds": span(found.groupby(["arm", "n", "route"]).size().to_numpy(float)),
        "RoutesAccuracy": _route_accuracy(both),
        "RoutesError": _route_error(both),
        "RoutesWidth": _route_width(both),
        "PublishedVerdict": _published(table),
    }


def _setting(table: pd.DataFrame) -> str:
    if table.empty:
        return NO_MASKS
    first = table.iloc[0]
    channels = listing(str(first["channels"]).split("-"))
    asked = table.loc[table["arm"] != "dense", "asked"].astype(float)
    return sentence(
        f"the random networks have hidden convolutions of {channels} channels and a readout, "
        f"{integer(float(table['source_weights'].max()))} weights, all under the mask, on "
        f"{escape(PRINTED.get(str(first['data']), first['data']))}; "
        rf"{setting(100 * float(asked.min()))}\,\% to {setting(100 * float(asked.max()))}\,\% of "
        "the weights are kept"
    )


def _best(table: pd.DataFrame) -> str:
    """The best untrained mask of each granularity beside the dense network."""
    parts = []
    for unit in data.granularities(table):
        rows = table[(table["granularity"] == unit) & table["arm"].isin(data.UNTRAINED)]
        if rows.empty:
            continue
        medians = rows.groupby(["arm", "asked"])["accuracy"].median().astype(float)
        place, top = int(medians.to_numpy().argmax()), medians.max()
        arm, asked = medians.index[place]
        parts.append(
            f"{percent(float(top))} with {unit}s ({data.name_of(arm)}, "
            rf"{setting(100 * float(asked))}\,\% kept)"
        )
    if not parts:
        return NO_MASKS
    words = f"without training a weight, the best median accuracy is {listing(parts)}"
    dense = data.dense_accuracy(table)
    return sentence(words + (f"; trained networks reach {percent(dense)}" if dense > 0 else ""))


def _units(table: pd.DataFrame) -> str:
    """Edges against filters for masks of untrained weights, at the same kept fraction."""
    rows = table[table["arm"].isin(data.UNTRAINED)]
    medians = rows.groupby(["arm", "asked", "granularity"])["accuracy"].median().astype(float)
    pairs = medians.unstack("granularity")
    if not {"edge", "filter"} <= set(pairs.columns):
        return ""
    pairs = pairs[["edge", "filter"]].dropna()
    if pairs.empty:
        return ""
    ahead = int((pairs["edge"] > pairs["filter"]).sum())
    widest = _points((pairs["edge"] - pairs["filter"]).max())
    where = "all" if ahead == len(pairs) else f"{integer(ahead)} of"
    return sentence(
        f"in {where} {count(len(pairs), 'pair')} of equal method and fraction kept, masks of "
        "single weights are more accurate than masks of whole filters, of which there are "
        f"far fewer to choose from; the largest gap is {widest} points"
    )


def _route_accuracy(both: pd.DataFrame) -> str:
    if both.empty:
        return NO_ROUTES
    parts = []
    for arm in dict.fromkeys(both["arm"]):
        n = both.loc[both["arm"] == arm, "n"].max()
        last = both[(both["arm"] == arm) & (both["n"] == n)]
        shown = [
            f"{percent(float(rows['accuracy'].astype(float).median()))} ({label})"
            for route, label in data.ROUTE_NAMES.items()
            if not (rows := last[last["route"] == route]).empty
        ]
        parts.append(f"in {arm_name(str(arm))} at $n = {n:g}$ the medians are {listing(shown)}")
    return sentence("; ".join(parts))


def _route_error(both: pd.DataFrame) -> str:
    """Upper bound of the constructed ticket against lower bounds of the other routes."""
    if both.empty:
        return ""
    ends = both.groupby(["arm", "n", "route"])[["lower", "upper"]].median().astype(float)
    better, total, worst = 0, 0, 0.0
    for (arm, n, route), row in zip(ends.index, ends.to_dict("records"), strict=True):
        mine = (arm, n, "constructed")
        if route == "constructed" or mine not in ends.index or not np.isfinite(row["lower"]):
            continue
        total += 1
        better += row["lower"] > ends.loc[mine, "upper"]
        worst = max(worst, row["lower"] / ends.loc[mine, "upper"])
    if not total:
        return "No bracket of the sup-norm error is defined for the other routes in this run."
    which = "all" if better == total else f"{integer(better)} of"
    words = (
        f"in {which} {count(total, 'comparison')} of equal $n$ the median lower bound of the "
        "learned network exceeds the median upper bound of the constructed ticket"
    )
    if better:
        words += f", by a factor of up to {number(worst)}"
    return sentence(words)


def _route_width(both: pd.DataFrame) -> str:
    """How each route's median error moves from the smallest to the largest n."""
    parts = []
    for arm in dict.fromkeys(both["arm"]):
        rows = both[both["arm"] == arm]
        sizes = sorted(set(rows["n"]))
        if len(sizes) < 2:
            continue
        shown = []
        for route, label in data.ROUTE_NAMES.items():
            medians = rows[rows["route"] == route].groupby("n")["upper"].median().astype(float)
            ends = medians.reindex([sizes[0], sizes[-1]]).to_numpy(float)
            if np.isfinite(ends).all() and ends[1] > 0:
                shown.append(f"{number(ends[0] / ends[1])} ({label})")
        if shown:
            parts.append(
                f"from $n = {sizes[0]:g}$ to $n = {sizes[-1]:g}$ the median upper bound falls by a "
                f"factor of {listing(shown)} in {arm_name(str(arm))}"
            )
    return sentence("; ".join(parts)) if parts else ""


def _published(table: pd.DataFrame) -> str:
    lines = comparisons(table)
    same = [line for line in lines if line.same and line.verdict != "not measured"]
    kind = sum(line.verdict == "same in kind" for line in lines)
    if not same:
        data_set = next(iter(dict.fromkeys(table["data"])), None)
        if data_set is None:
            return "This run has nothing to set beside the published figures."
        of_kind = sum("comparable" not in line.verdict for line in lines)
        return sentence(
            f"this run saw {escape(PRINTED.get(str(data_set), data_set))}, which none of the "
            "published figures is about, so their sizes cannot be reproduced or refuted here; "
            f"of the {count(of_kind, 'claim')} about "
            f"kind rather than size, this run sees {integer(kind)}"
        )
    held = sum(line.verdict in ("reproduced", "same in kind") for line in same)
    return sentence(
        f"of the {count(len(same), 'published figure')} about this data set, {integer(held)} hold "
        "in this run"
    )


def _points(value: float) -> str:
    return setting(round(100 * float(value), 1)) if np.isfinite(value) else MISSING
