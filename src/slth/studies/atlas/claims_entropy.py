"""Sentences on the entropy law of subsets of one size."""

import numpy as np
import pandas as pd

from slth.studies.atlas import wordings_laws
from slth.studies.atlas.claims_least import printed
from slth.studies.atlas.wordings_laws import Entropy
from slth.studies.printing.formatting import (
    fixed,
    integer,
    listing,
    out_of,
    span,
)
from slth.studies.printing.summaries import complete
from slth.studies.printing.wordings import sentence

MEDIAN = -np.log2(np.log(2))  # the law has λ = 1; half of the instances hit where λ = ln 2
SLOPES = ["ensemble", "d", "points", "slope", "slope_low", "slope_high"]
SLOPES += ["offset", "offset_low", "offset_high"]


def entropy_macros(entropy: pd.DataFrame, slopes: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the slope of the entropy law."""
    return {
        "AtlasEntropySizes": span(complete("atlas_entropy", entropy, ["n"])["n"]),
        "AtlasEntropy": _law(complete("atlas_slopes", slopes, SLOPES)),
    }


def _holds(slopes: pd.DataFrame, name: str, value: float) -> pd.Series:
    """Whether each interval holds a value."""
    return (slopes[f"{name}_low"] <= value) & (value <= slopes[f"{name}_high"])


def entropy_law(slopes: pd.DataFrame) -> Entropy:
    """Whether every interval of the slope holds that of the law, one."""
    if slopes.empty:
        return Entropy.NOTHING
    return Entropy.ALL_INSIDE if _holds(slopes, "slope", 1).all() else Entropy.SOME_OUTSIDE


def _law(slopes: pd.DataFrame) -> str:
    values = [
        wordings_laws.SLOPE.format(
            slope=fixed(row["slope"], 3),
            low=fixed(row["slope_low"], 3),
            high=fixed(row["slope_high"], 3),
            ensemble=printed(row["ensemble"]),
            d=row["d"],
            points=integer(row["points"]),
            offset=fixed(row["offset"]),
        )
        for row in slopes.to_dict("records")
    ]
    outside = slopes[~_holds(slopes, "slope", 1)].to_dict("records")
    return sentence(
        entropy_law(slopes),
        wordings_laws.ENTROPY,
        slopes=listing(values),
        outside=listing(
            wordings_laws.SLOPE_OUTSIDE.format(d=row["d"], ensemble=printed(row["ensemble"]))
            for row in outside
        ),
        median=MEDIAN,
        near=out_of(int(_holds(slopes, "offset", MEDIAN).sum()), len(slopes), "fit"),
    )
