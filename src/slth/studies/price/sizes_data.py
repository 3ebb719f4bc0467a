"""Summaries of the tickets whose subsets all have one size."""

import numpy as np
import pandas as pd

from slth.intervals import jackknife

COLUMNS = [
    *("d", "fraction", "eps", "threshold", "found", "measured", "error", "predicted"),
    *("kept_fraction", "problems"),
]


def summaries(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return a row a (d, fraction) with what half of the problems within eps take.

    n: where the pooled hit rate crosses one half between neighbouring n, linearly; NaN where it
    does not. measured, predicted: the same and `threshold` as overparameterisation, which is
    proportional to n. error: jackknife of measured, over the random networks.
    kept_fraction: of the tickets, interpolated at n (at the threshold if NaN).
    """
    if sizes.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = []
    for (d, fraction), part in sizes.groupby(["d", "fraction"], sort=True):
        threshold = float(part["threshold"].iloc[0])
        found, kept = crossing(part), part.groupby("n")["kept_fraction"].median()
        per_n = float((part["overparameterisation"] / part["n"]).iloc[0])
        place = found if np.isfinite(found) else threshold
        rows.append(
            {
                "d": d,
                "fraction": fraction,
                "eps": float(part["eps"].iloc[0]),
                "threshold": threshold,
                "found": found,
                "measured": found * per_n,
                "error": jackknife_error(part) * per_n,
                "predicted": threshold * per_n,
                "kept_fraction": float(np.interp(place, kept.index, kept)),
                "problems": int(part["problems"].sum()),
            }
        )
    return pd.DataFrame(rows)


def crossing(part: pd.DataFrame) -> float:
    """Return n at which the pooled hit rate of a fraction last rises through one half, or NaN."""
    pooled = part.groupby("n", sort=True)[["hits", "problems"]].sum()
    n = pooled.index.to_numpy(float)
    rate = (pooled["hits"] / pooled["problems"]).to_numpy(float)
    for i in range(len(n) - 1, 0, -1):
        if rate[i - 1] < 0.5 <= rate[i]:
            return float(
                n[i - 1] + (0.5 - rate[i - 1]) / (rate[i] - rate[i - 1]) * (n[i] - n[i - 1])
            )
    return np.nan


def jackknife_error(part: pd.DataFrame) -> float:
    """Return the standard error of `crossing`, leaving out one random network at a time."""
    names = part["replicate"].unique()
    return jackknife(lambda i: crossing(part[part["replicate"] != names[i]]), len(names))
