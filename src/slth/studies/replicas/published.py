"""Figures published for one dimension, and what this run's tables say beside them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from slth.intervals import t_interval

CONFIDENCE = 0.95  # of the t-intervals over random networks

# da Cunha, Natale, Viennot, ICLR 2022, recomputed from their cached data: max over tensors of
# max|p − p′| / max|p| of the tensor; n → (MNIST, Fashion)
LENET = {15: (1.8e-2, 5.1e-1), 20: (7.3e-4, 2.6e-3), 30: (7.7e-6, 2.2e-5)}

# Burkholz, NeurIPS 2022, recomputed from her cached statistics of 10⁵ trials:
# (factors, n, eps) → share of targets U[-1, 1] that are missed
FAILURES = {(1, 15, 0.01): 0.00404, (2, 15, 0.01): 0.0355}

DENSE_COLUMNS = ["coefficients", "asked", "n", "replicate", "eps", "problems", "hits", "work"]
LENET_COLUMNS = ["n", "sample", "weights", "tensor_error", "max_relative_error", "output_error"]
LENET_COLUMNS += ["output_scale"]
FAILURE_COLUMNS = ["factors", "n", "eps", "trials", "failures", "rate", "low", "high"]


@dataclass(frozen=True)
class Spread:
    """A statistic over random networks or draws: its mean with a t-interval, its quantiles."""

    count: int
    mean: float
    low: float
    high: float
    median: float
    least: float
    most: float


def spread(values: pd.Series) -> Spread:
    """Summarise; the interval of the mean is unknown for fewer than two values."""
    x = values.astype(float).dropna().to_numpy(float)
    if not len(x):
        return Spread(0, *[np.nan] * 6)
    ends = float(np.median(x)), float(x.min()), float(x.max())
    return Spread(len(x), *t_interval(x, CONFIDENCE), *ends)


def table(name: str, frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return ``frame``, or an empty table of these columns; ValueError naming missing ones."""
    if frame.empty:
        return pd.DataFrame(columns=columns)
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: lacks the columns {', '.join(missing)}")
    return frame.reset_index(drop=True)


def dense(frames: object) -> pd.DataFrame:
    """Rows of the dense tickets."""
    return table("replicas_dense", frames["replicas_dense"], DENSE_COLUMNS)  # type: ignore[index]


def lenet(frames: object) -> pd.DataFrame:
    """Rows of LeNet-5's imitations."""
    return table("replicas_lenet", frames["replicas_lenet"], LENET_COLUMNS)  # type: ignore[index]


def failures(frames: object) -> pd.DataFrame:
    """Rows of the rates of failure."""
    name = "replicas_failures"
    return table(name, frames[name], FAILURE_COLUMNS)  # type: ignore[index]


def coverage(samples: int) -> float:
    """P(a further draw falls between the least and the most of ``samples``) = (m − 1)/(m + 1)."""
    return (samples - 1) / (samples + 1) if samples else np.nan


def published_rate(row: pd.Series) -> float:
    """The published rate of failure for this row's factors, n and eps; unknown for others."""
    for (factors, n, eps), rate in FAILURES.items():
        if row["factors"] == factors and row["n"] == n and np.isclose(row["eps"], eps):
            return rate
    return np.nan
