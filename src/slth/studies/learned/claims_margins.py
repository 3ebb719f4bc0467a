"""What the margins over null controls show: sentences chosen by the data."""

from collections.abc import Sequence

import pandas as pd

from slth.studies.learned import masks as data
from slth.studies.learned import wordings
from slth.studies.learned.margins import TOGETHER, Margin, above_together, margins
from slth.studies.learned.wordings import Left, Start
from slth.studies.printing.formatting import (
    all_of,
    count,
    integer,
    listing,
    out_of,
    percent,
    span,
)
from slth.studies.printing.wordings import Data, any_of, clause, count_of, sentence, share


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
    counts = {unit: span(each.loc[[unit]]) for unit in data.granularities(table)}
    named = listing(f"{number} ({unit}s)" for unit, number in counts.items())
    different = set(counts.values())
    return clause(
        count_of(different), wordings.SEEDS, count=min(different, default=""), counts=named
    )


def _time(table: pd.DataFrame) -> str:
    """When trained weights are measured early."""
    if table.empty or not {"epochs", "early_epoch"} <= set(table.columns):
        return clause(Data.NONE, wordings.EPOCHS)
    done, epochs = (int(table[key].iloc[0]) for key in ("early_epoch", "epochs"))
    which = "the first" if done == 1 else integer(done)
    when = f"{which} of the {count(epochs, 'epoch')}" if epochs > 1 else all_of(epochs, "epoch")
    return clause(Data.SOME, wordings.EPOCHS, epochs=when)


def _margins(late: Sequence[Margin]) -> str:
    units = [
        f"{_positive([m for m in late if m.unit == unit])} with {unit}s"
        for unit in dict.fromkeys(m.unit for m in late)
    ]
    return sentence(
        any_of(late),
        wordings.MARGINS,
        above=_positive(late),
        units=listing(units),
        **_exceptions(late),
    )


def margins_in_short(table: pd.DataFrame) -> str:
    """How many margins at the end of training are certainly positive, for the abstract."""
    late = [m for m in margins(table) if not m.early]
    above = sum(m.low > 0 for m in late)
    return sentence(
        share(above, len(late)),
        wordings.ABSTRACT_MARGINS,
        above=out_of(above, len(late), "case"),
        every=all_of(len(late), "case"),
    )


def _early(early: Sequence[Margin]) -> str:
    fields = _exceptions(early)
    return sentence(any_of(early), wordings.EARLY, above=_positive(early), **fields)


def _exceptions(of: Sequence[Margin]) -> dict[str, str]:
    """Whose interval holds zero, and whose lies below it."""
    holds, below = (
        _names([m for m in of if m.low <= 0 and (m.high < 0) is under]) for under in (False, True)
    )
    return {
        "holds": clause(any_of(holds), wordings.HOLDS, names=holds),
        "below": clause(any_of(below), wordings.BELOW, names=below),
    }


def _names(of: Sequence[Margin]) -> str:
    """Methods and granularities, with their controls."""
    kinds: dict[str, list[str]] = {}
    for m in of:
        name = f"{data.name_of(m.arm)} with {m.unit}s"
        kinds.setdefault(name, []).append(data.CONTROLS[m.kind])
    return "; ".join(f"{name} ({listing(controls)})" for name, controls in kinds.items())


def start(early: Sequence[Margin], end: Sequence[Margin]) -> Start:
    """Whether trained filters gain early what training then takes away by more than half."""
    shrunk = early and _mean(early) > 2 * max(_mean(end), 0.0)
    return Start.HEAD_START if shrunk and all(m.low > 0 for m in early) else Start.LASTING


def left(end: Sequence[Margin]) -> Left:
    """Whether a gain of trained filters is certain in all cases at the end."""
    return Left.UNCERTAIN if any(m.low <= 0 for m in end) else Left.CERTAIN


def _trained_filters(late: Sequence[Margin], early: Sequence[Margin]) -> str:
    """Head start or lasting gain: what is left at the end of the margins of trained filters."""
    end = [m for m in late if m.trained and m.unit == "filter"]
    first = [m for m in early if m.unit == "filter"] if end else []
    return sentence(
        any_of(end),
        wordings.FILTERS,
        end=_span(end),
        early=clause(any_of(first), wordings.FILTERS_EARLY, start=_span(first)),
        start=clause(start(first, end), wordings.START),
        left=clause(left(end), wordings.LEFT),
    )


def _together(found: Sequence[Margin]) -> str:
    return sentence(
        any_of(found),
        wordings.TOGETHER,
        intervals=count(len(found), "interval"),
        confidence=percent(data.CONFIDENCE, 0),
        together=percent(TOGETHER, 0),
        above=_share(above_together(found), len(found)),
    )


def _positive(of: Sequence[Margin]) -> str:
    return _share(sum(m.low > 0 for m in of), len(of))


def _share(some: int, total: int) -> str:
    fields = {"some": integer(some), "total": integer(total)}
    return clause(share(some, total), wordings.SHARE, **fields)


def _span(of: Sequence[Margin]) -> str:
    return span((100 * m.mean for m in of), "fixed", 1)


def _mean(of: Sequence[Margin]) -> float:
    return sum(m.mean for m in of) / len(of)
