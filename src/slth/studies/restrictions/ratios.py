"""Errors of a variant over those of the base case with the same seed."""

from collections.abc import Mapping
from typing import NamedTuple
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import t as student
from slth.studies.printing import style
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
)

CONFIDENCE = 0.95  # of the t-intervals of the logarithms of ratios
BASE = "base"
NAMES = {  # variant → in print, and what its construction changes
    BASE: ("base case", "the theorem's setting"),
    "stride": ("stride two", "nothing"),
    "valid": ("valid padding", "nothing"),
    "pooling": ("average pooling", "nothing: pooling is copied"),
    "residual": ("residual block", "nothing: the skip is copied"),
    "uniform": ("uniform weights", "the law of the candidates"),
    "leaky_relu": ("leaky ReLU", r"targets over $1+\alpha$; $S^-$ everywhere"),
    "tanh": ("tanh", r"scales $s$, $1/s$; no sign split"),
}


class Ratio(NamedTuple):
    """Geometric mean of ratios over replicates, its interval (NaN for one), each of them."""

    mean: float
    low: float
    high: float
    values: np.ndarray


def ratio(frame: pd.DataFrame, variant: str, column: str) -> Ratio:
    """What a variant has of ``column``, over what the base has with the same seed.

    "relative" is the largest error over the largest target output, at the same inputs. "upper" of a
    variant without a bracket is a closed form and is set against the base's closed form. The
    interval is a t-interval of the mean logarithm.
    """
    kinds = ("error_bound" if column == "upper" and not _bracketed(frame, variant) else column,) * 2
    wide = frame.assign(relative=frame["seen"] / frame["size"])
    ours, base = (
        wide[wide["variant"] == name].set_index("replicate")[kind].astype(float)
        for name, kind in zip((variant, BASE), kinds, strict=True)
    )
    values = (ours / base).dropna().to_numpy(float)
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return Ratio(np.nan, np.nan, np.nan, values)
    logs = np.log(values)
    half = np.nan
    if len(logs) > 1:
        spread = float(logs.std(ddof=1)) / np.sqrt(len(logs))
        half = float(student.ppf((1 + CONFIDENCE) / 2, len(logs) - 1)) * spread
    centre = float(logs.mean())
    low, high = (float(np.exp(centre + sign * half)) for sign in (-1, 1))
    return Ratio(float(np.exp(centre)), low, high, values)


def variants(frame: pd.DataFrame) -> list[str]:
    """The base and the variants of a table, in the order of `NAMES`."""
    found = set(frame["variant"]) if len(frame) else set()
    return [name for name in NAMES if name in found]


def _bracketed(frame: pd.DataFrame, variant: str) -> bool:
    return bool(frame.loc[frame["variant"] == variant, "bracketed"].all())
