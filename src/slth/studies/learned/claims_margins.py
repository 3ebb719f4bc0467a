"""What the margins over null controls show: sentences chosen by the data."""

from collections.abc import Sequence

import pandas as pd

from slth.studies.learned import masks as data
from slth.studies.learned.margins import TOGETHER, Margin, above_together, margins
from slth.studies.printing.formatting import (
    MISSING,
    count,
    fixed,
    integer,
    listing,
    percent,
    sentence,
)

LIU = r"\citep{liu2019rethinking}"
FRANKLE = r"\citep{frankle2019lottery}"


def margin_macros(table: pd.DataFrame) -> dict[str, str]:
    """Macros of the margins; ``table`` is complete (`masks_learned.masks`)."""
    found = margins(table)
    late, early = ([m for m in found if m.early == when] for when in (False, True))
    return {
        "MasksSeeds": _seeds(table),
        "MasksEarlyTime": _time(table),
        "MasksMargins": _margins(late),
        "MasksEarly": _early(early),
        "MasksTrainedFilters": _trained_filters(late, early),
        "MasksTogether": _together(found),
    }


def _seeds(table: pd.DataFrame) -> str:
    """Random networks of each granularity, from fewest to most; one number where they agree."""
    pruned = table[table["arm"] != "dense"]
    each = pruned.groupby(["granularity", "arm"])["replicate"].nunique()
    counts = {u: _range(each.loc[[u]].tolist()) for u in data.granularities(table)}
    if len(set(counts.values())) < 2:
        return next(iter(counts.values()), MISSING)
    return listing(f"{number} ({unit}s)" for unit, number in counts.items())


def _range(counts: Sequence[int]) -> str:
    low, high = (integer(end(counts)) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def _time(table: pd.DataFrame) -> str:
    """When trained weights are measured early."""
    if table.empty or not {"epochs", "early_epoch"} <= set(table.columns):
        return "early in their last training"
    first = table.iloc[0]
    done, of = int(first["early_epoch"]), int(first["epochs"])
    which = "the first" if done == 1 else integer(done)
    return f"after {which} of the {count(of, 'epoch')} of their last training"


def _margins(late: Sequence[Margin]) -> str:
    if not late:
        return "The margins over the controls have no interval in this run: one random network."
    rest = [m for m in late if m.low <= 0]
    parts = [
        f"{_share(sum(m.low > 0 for m in of), len(of))} with {unit}s"
        for unit in dict.fromkeys(m.unit for m in late)
        if (of := [m for m in late if m.unit == unit])
    ]
    words = sentence(
        "the interval of the margin over the control lies above zero in "
        f"{_share(len(late) - len(rest), len(late))} cases of a method, a granularity and a "
        f"control: {listing(parts)}"
    )
    return words + _exceptions(rest)


def _exceptions(rest: Sequence[Margin]) -> str:
    """Whose interval holds zero, and whose lies below it."""
    words = ""
    for verb, of in (
        ("holds zero", [m for m in rest if m.high >= 0]),
        ("lies below zero", [m for m in rest if m.high < 0]),
    ):
        who: dict[str, list[str]] = {}
        for m in of:
            who.setdefault(f"{data.name_of(m.arm)} with {m.unit}s", []).append(
                data.CONTROLS[m.kind]
            )
        if who:
            words += f" It {verb} for "
            words += "; ".join(f"{name} ({listing(kinds)})" for name, kinds in who.items()) + "."
    return words


def _early(early: Sequence[Margin]) -> str:
    if not early:
        return ""
    above = sum(m.low > 0 for m in early)
    words = sentence(
        f"early in the last training, it lies above zero in {_share(above, len(early))} cases of "
        "trained weights"
    )
    return words + _exceptions([m for m in early if m.low <= 0])


def _trained_filters(late: Sequence[Margin], early: Sequence[Margin]) -> str:
    """Head start or lasting gain: what is left at the end of the margins of trained filters."""
    end = [m for m in late if m.trained and m.unit == "filter"]
    if not end:
        return ""
    start = [m for m in early if m.unit == "filter"]
    words = f"the margins of trained filters are {_span(end)} points at the end of training"
    if start:
        words += f", and {_span(start)} early in it"
    words = sentence(words)
    shrunk = start and _mean(start) > 2 * max(_mean(end), 0.0)
    if start and all(m.low > 0 for m in start) and shrunk:
        words += (
            " A ticket of filters has a head start, as tickets of single weights have "
            f"{FRANKLE}, of which training leaves little."
        )
    if any(m.low <= 0 for m in end):
        words += (
            " That nothing certain is left in some cases at the end agrees with the finding that "
            "the shape of the pruned network counts for filters, not its inherited weights "
            f"{LIU}."
        )
    elif all(m.low > 0 for m in end):
        words += (
            " Inherited filters are thus worth something here, where training is short; after "
            f"long training of large networks no such gain was found {LIU}."
        )
    return words


def _together(found: Sequence[Margin]) -> str:
    if not found:
        return ""
    return sentence(
        f"these are {count(len(found), 'interval')} at {percent(data.CONFIDENCE, 0)} each; at "
        f"{percent(TOGETHER, 0)} for all statements at once, by Holm's procedure, "
        f"{_share(above_together(found), len(found))} margins are positive"
    )


def _share(some: int, total: int) -> str:
    """All 18, none of the 18, 7 of the 18."""
    if some == total:
        return f"all {integer(total)}"
    return f"{integer(some) if some else 'none'} of the {integer(total)}"


def _span(of: Sequence[Margin]) -> str:
    low, high = (fixed(100 * end(m.mean for m in of), 1) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def _mean(of: Sequence[Margin]) -> float:
    return sum(m.mean for m in of) / len(of)
