"""Errors of a variant over those of the base case with the same seed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from slth.intervals import t_interval

CONFIDENCE = 0.95  # of the t-intervals of the logarithms of ratios
BASE = "base"
NAMES = {  # variant → in print, and what its construction changes
    BASE: ("base case", "the theorem's setting"),
    "stride": ("stride two", "nothing"),
    "valid": ("valid padding", "nothing"),
    "pooling": ("average pooling", "nothing: pooling is copied"),
    "residual": ("residual block", "nothing: the skip is copied"),
    "uniform": ("uniform weights", "the law of the candidates"),
    "leaky_relu": ("leaky ReLU", r"targets over $1+b$; both signs in every layer"),
    "tanh": ("tanh", r"scales $r$, $1/r$; no sign split"),
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
    kinds = (
        "error_bound" if column == "upper" and not bracketed_all(frame, variant) else column,
    ) * 2
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
    mean, low, high = np.exp(t_interval(logs, CONFIDENCE)).tolist()
    return Ratio(mean, low, high, values)


def variants(frame: pd.DataFrame) -> list[str]:
    """The base and the variants of a table, in the order of `NAMES`."""
    found = set(frame["variant"]) if len(frame) else set()
    return [name for name in NAMES if name in found]


def bracketed_all(frame: pd.DataFrame, variant: str) -> bool:
    """Whether every ticket of a variant has a bracket."""
    return bool(frame.loc[frame["variant"] == variant, "bracketed"].all())
