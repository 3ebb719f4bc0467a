"""Summaries of the sandwich's rows that its figures, tables and sentences share."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from slth.checks import FloatArray
from slth.studies.printing.formatting import fixed, number

PEERS = {  # column → name in print, from loose to tight
    "crown": r"CROWN on $f-g$",
    "closed_form": "closed form",
    "differential": "differential",
    "zonotope": "zonotope",
    "upper": "ours",
    "upper_split": "ours, split",
}
COLUMNS = ("part", "arm", "n", "depth", "eps", "replicate", "lower", "data_error", "theorem")
NUMBERS = (
    "probes",
    "boxes",
    "splitting_seconds",
    "asked_eps",
    "asked_eps_seconds",
    "violated",
    "inside",
    "exact",
    "width",
    "kernel",
    "held_out",
    *PEERS,
)
ROUNDING = 1e-12  # relative: bounds of equal value computed in different orders
DEEPER, SPLIT, SLOPE = 1.5, 1.1, 0.02  # ratios that are tight, without and with splitting; a slope
_LINEAR = 1e-2  # distances up to which the second order does not show in a slope


def rows(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """Rows of one part, every column there, unknown where it was absent."""
    absent = {key: np.nan for key in (*COLUMNS, *NUMBERS) if key not in frame.columns}
    full = frame.assign(**absent)
    found = full[full["part"] == part].reset_index(drop=True)
    return found.astype(dict.fromkeys((*NUMBERS, "n", "depth", "eps", "lower"), float))


def ratios(table: pd.DataFrame, column: str = "upper") -> FloatArray:
    """Bound over lower bound, where the lower bound is not 0."""
    values = (table[column] / table["lower"].where(table["lower"] > 0)).to_numpy(float)
    return values[np.isfinite(values)]


def middle(values: FloatArray) -> float:
    """The median; unknown for none."""
    return float(np.median(values)) if values.size else float("nan")


def short(value: float) -> str:
    """A ratio: two decimals below 100, else two digits."""
    return fixed(value, 2) if value < 100 else number(value)


def slopes(pairs: pd.DataFrame, column: str = "upper") -> FloatArray:
    """Slope of log bound against log eps, a network each, over distances of at most 1e-2."""
    small = pairs[pairs["eps"] <= _LINEAR]
    found = []
    for _, group in (small if len(set(small["eps"])) > 1 else pairs).groupby("replicate"):
        positive = group[group[column] > 0]
        if positive["eps"].nunique() > 1:
            found.append(np.polyfit(np.log(positive["eps"]), np.log(positive[column]), 1)[0])
    return np.array(found, dtype=float)


def ordered(pairs: pd.DataFrame) -> int:
    """Pairs with closed form ≥ differential ≥ ours ≥ lower and ours ≤ CROWN, up to rounding."""
    wide = 1 + ROUNDING
    chain: Sequence[str] = ("closed_form", "differential", "upper", "lower")
    fine = pairs["crown"] * wide >= pairs["upper"]
    for loose, tight in itertools.pairwise(chain):
        fine &= pairs[loose] * wide >= pairs[tight]
    return int(fine.sum())
