"""What the abstract says of the bracket, in a run of nothing stronger."""

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    all_of,
    count,
    integer,
    out_of,
)
from slth.studies.printing.wordings import count_of, sentence, share
from slth.studies.sandwich import data, wordings
from slth.studies.sandwich.wordings import Sound


def sound(pairs: pd.DataFrame) -> Sound:
    """Whether any input tried exceeds its bound."""
    if pairs.empty:
        return Sound.NOTHING
    return Sound.VIOLATED if int(pairs["violated"].sum()) else Sound.SOUND


def abstract(pairs: pd.DataFrame, small: pd.DataFrame) -> str:
    """Return whether the bounds of random pairs hold, and how far apart their ends are.

    small: the pairs solved exactly.
    """
    inside = int(small["inside"].sum())
    middles = [data.middle(data.ratios(part)) for _, part in pairs.groupby("depth", sort=True)]
    ends = [middle for middle in middles if np.isfinite(middle)]
    parts = [
        sentence(
            sound(pairs),
            wordings.ABSTRACT,
            probes=integer(pairs["probes"].sum()),
            above=count(int(pairs["violated"].sum()), "pair"),
        ),
        sentence(
            share(inside, len(small)),
            wordings.ABSTRACT_EXACT,
            inside=out_of(inside, len(small), "small pair"),
            every=all_of(len(small), "small pair"),
        ),
        sentence(
            count_of(ends),
            wordings.ABSTRACT_ENDS,
            first="".join(map(data.short, ends[:1])),
            last="".join(map(data.short, ends[-1:])),
        ),
    ]
    return " ".join(filter(None, parts))
