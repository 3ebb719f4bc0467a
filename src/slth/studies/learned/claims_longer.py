"""Whether learning for longer still raises the accuracy: sentences chosen by the data."""

import numpy as np
import pandas as pd

from slth.intervals import Interval
from slth.studies.learned import masks as data
from slth.studies.learned import wordings
from slth.studies.learned.longer_gains import LEVEL, epochs_of, last, lengths, together
from slth.studies.learned.wordings import Longer
from slth.studies.printing.formatting import (
    counts,
    fixed,
    integer,
    listing,
    percent,
    setting,
    span,
)
from slth.studies.printing.wordings import any_of, clause, sentence


def longer_macros(learned: pd.DataFrame, longer: pd.DataFrame) -> dict[str, str]:
    """Macros of the longer trainings."""
    found = lengths(learned, longer)
    return {
        "MasksLongerSetting": _setting(found, longer),
        "MasksLonger": _last(found),
        "MasksLongerGain": _whole(found),
        "MasksLongerLevel": percent(LEVEL, 0),
    }


def _setting(found: pd.DataFrame, longer: pd.DataFrame) -> str:
    networks = found.groupby(level="arm").size()
    return sentence(
        any_of(found),
        wordings.LONGER_SETTING,
        networks=counts(networks, "random network"),
        units="".join(f"{unit}s" for unit in longer.get("granularity", pd.Series())[:1]),
        kept="".join(setting(100 * float(value)) for value in longer.get("asked", [])[:1]),
        epochs=listing(integer(epochs) for epochs in epochs_of(found)[1:]),
    )


def verdict(gaps: dict[str, Interval]) -> Longer:
    """For how many methods the interval of the last step lies above zero."""
    if not gaps:
        return Longer.NOTHING
    if not all(np.isfinite(gap.low) for gap in gaps.values()):
        return Longer.UNKNOWN
    rises = sum(gap.low > 0 for gap in gaps.values())
    return Longer.ALL if rises == len(gaps) else Longer.SOME if rises else Longer.NONE


def _last(found: pd.DataFrame) -> str:
    gaps = last(found)
    before, after = [integer(each) for each in epochs_of(found)[-2:]] or ["", ""]
    means = span((100 * gap.mean for gap in gaps.values()), "fixed", 1)
    mean = together(found)
    return sentence(
        verdict(gaps),
        wordings.LONGER,
        before=before,
        after=after,
        names=listing(data.name_of(arm) for arm, gap in gaps.items() if gap.low > 0),
        means=means,
        all=clause(any_of([mean] * (mean is not None)), wordings.LONGER_MEAN, **_ends(mean)),
    )


def _ends(mean: Interval | None) -> dict[str, str]:
    values = (np.nan,) * 3 if mean is None else tuple(mean)[:3]
    return {
        key: fixed(100 * value, 1)
        for key, value in zip(("mean", "low", "high"), values, strict=True)
    }


def _whole(found: pd.DataFrame) -> str:
    """What the longest training gains over that of the masks."""
    epochs, means = epochs_of(found), found.groupby(level="arm").mean()
    ends = [(row[0], row[-1]) for row in means.to_numpy(float)] if len(epochs) > 1 else []
    gains = [100 * (end - start) for start, end in ends]
    return sentence(
        any_of(gains),
        wordings.LONGER_GAIN,
        least=fixed(min(gains, default=np.nan), 1),
        most=fixed(max(gains, default=np.nan), 1),
        first=integer(min(epochs, default=0)),
        last=integer(max(epochs, default=0)),
    )
