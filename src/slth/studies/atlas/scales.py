"""Normally-scaled normal against normal candidates, given the scales that were drawn.

A candidate is a_i b_i with b_i normal, so given a_1, ..., a_n the total of the candidates has
variance A = Σ a_i² in each coordinate, where that of normal ones has n. If the law of the least
error depends on the scales through A alone, an nsn instance is one of normal candidates of
standard deviation √(A/n).
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.checks import FloatArray
from slth.ensembles import Normal, nsn_factors
from slth.progress import track
from slth.studies.atlas.least import half_tolerance, median_error
from slth.theory.quenched import success_probability

NODES = 3  # of log σ, at which the predicted median is computed and interpolated


class ScaledNormal(Normal):
    """N(0, σ² I_d): the law that stands for nsn candidates with Σ a_i² = n σ²."""

    def __init__(self, std: float) -> None:
        self.std = std


def scale_points(rows: pd.DataFrame, least: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row a (d, n) with both ensembles: the shift of nsn in candidates, before and after.

    rows: the least errors; least: their points. raw: d log2(median of nsn / median of normal).
    given: the same of the errors over the median predicted for their own A = Σ a² (normal: for n),
    so what conditioning on A leaves. predicted: raw by the prediction, which averages over A;
    refined: by the refined one, which sees the candidates themselves. raw and given with intervals
    (normal, from the standard errors of both medians). spread: standard deviation of log2(A/n)/2,
    in candidates.
    """
    both = rows[rows["ensemble"].isin(["nsn", "normal"]) & rows["proved"]] if len(rows) else rows
    groups = list(both.groupby(["d", "n"], sort=True)) if len(both) else []
    out = []
    for (d, n), part in track(groups, len(groups), "atlas: scales"):
        own = dict(iter(part.groupby("ensemble", sort=False)))
        if len(own) == 2 and all(len(t) > 1 and (t["error"] > 0).all() for t in own.values()):
            said = least[(least["d"] == d) & (least["n"] == n)].set_index("ensemble")
            out.append(
                _point(int(str(d)), int(str(n)), own["nsn"], own["normal"], said, confidence)
            )
    return pd.DataFrame(out)


def _point(
    d: int,
    n: int,
    nsn: pd.DataFrame,
    normal: pd.DataFrame,
    said: pd.DataFrame,
    confidence: float,
) -> dict[str, Any]:
    """One row; said: the predictions of both ensembles here."""
    scaled, plain = (np.log2(table["error"].to_numpy(float)) for table in (nsn, normal))
    squares = [float(np.square(nsn_factors(n, d, int(seed))[0]).sum()) for seed in nsn["seed"]]
    sigma: FloatArray = np.sqrt(np.array(squares) / n)
    given = scaled - _predicted(d, n, sigma, float(np.median(scaled)))
    base = plain - math.log2(said["prediction"]["normal"])
    shifts = {
        name: d * math.log2(said[column]["nsn"] / said[column]["normal"])
        for name, column in (("predicted", "prediction"), ("refined", "refined"))
    }
    return (
        {"d": d, "n": n, "trials": len(nsn), "normal_trials": len(normal)}
        | _shift("raw", d, scaled, plain, confidence)
        | _shift("given", d, given, base, confidence)
        | shifts
        | {"spread": d * float(np.log2(sigma).std(ddof=1))}
    )


def _shift(
    name: str, d: int, ours: FloatArray, others: FloatArray, confidence: float
) -> dict[str, float]:
    """Difference of the medians of two samples of log2 errors, times d, with its interval."""
    shift = d * float(np.median(ours) - np.median(others))
    error = d * math.hypot(median_error(ours), median_error(others))
    half = float(norm.isf((1 - confidence) / 2)) * error
    return {name: shift, f"{name}_low": shift - half, f"{name}_high": shift + half}


def _predicted(d: int, n: int, sigma: FloatArray, start: float) -> FloatArray:
    """Log2 of the median least error predicted for normal candidates of these σ, (N,)."""
    logs = np.log2(sigma)
    low, high = float(logs.min()), float(logs.max())
    nodes = np.linspace(low, high, NODES) if high > low else np.array([low])
    middle = float(np.median(logs))
    values = []
    for node in nodes:
        law = ScaledNormal(2.0**node)

        def chance(eps: float, law: Normal = law) -> float:
            return success_probability(law, n, d, eps)

        values.append(math.log2(half_tolerance(chance, 2.0 ** (start + node - middle), 0.5)))
    return np.interp(logs, nodes, values)
