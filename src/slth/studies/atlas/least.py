"""Least errors: their medians with intervals, the predictions there, and the fit of the threshold.

The least error of an instance answers for all tolerances at once: some subset is within eps if and
only if it is at most eps. Its median over instances of n candidates is the eps for which n is
n_50(d, eps), so one search an instance places the threshold, with no design to adapt.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta, chi2, norm

from slth.checks import FloatArray
from slth.ensembles import lookup
from slth.intervals import quantile_interval
from slth.progress import track
from slth.theory.quenched import success_probability
from slth.theory.refined import refined_probability

POINT = ["ensemble", "d", "n"]
SAMPLES = 2048  # of the refined prediction: its standard error is at most 0.011
REFERENCE = "normal"  # the ensemble that shifts are measured from
FIT = ["a", "b", "c"]


def least_points(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row per grid point: median least error, order-statistic interval, predictions, shift.

    Instances that a solver left unproved are counted and left out. prediction, refined: the eps at
    which each formula says ½. shift: candidates more than normal ones need for the same median,
    d log2(median / normal median), with its interval (normal, from both standard errors).
    """
    groups = list(rows.groupby(POINT, sort=False))
    points = track(groups, len(groups), "atlas: least errors")
    table = pd.DataFrame([_least_point(part, confidence) for _, part in points])
    return _with_shifts(table, confidence) if len(table) else table


def median_error(values: FloatArray) -> float:
    """Standard error of the sample median: the exact bootstrap of Maritz & Jarrett 1978."""
    ordered, n = np.sort(values), len(values)
    edges = beta.cdf(np.arange(n + 1) / n, 0.5 * (n + 1), 0.5 * (n + 1))
    weights = np.diff(edges)
    mean = float(weights @ ordered)
    return math.sqrt(max(float(weights @ ordered**2) - mean**2, 0.0))


def fit_threshold(points: pd.DataFrame, largest: float, confidence: float) -> pd.DataFrame:
    """Fit n_50 = A d log2(1/eps) + B d log2 n + C d to each ensemble: observed, and as predicted.

    Least squares in log2(1/eps) = (n/d - B log2 n - C)/A, where the noise is, weighted by the
    standard errors of the medians; A, B, C by the delta method. Points with a *predicted* median
    over ``largest`` are left out, whatever was observed: the law is one for small eps. Fewer than
    five points, or one dimension, where the terms are nearly collinear: no row. chi2 and
    p: goodness of fit of the observed; where chi2 exceeds its degrees of freedom the intervals are
    widened by the root of the ratio (Birge). The predicted medians are fitted with the same weights
    and have no interval.
    """
    out = []
    if points.empty:
        return pd.DataFrame()
    for ensemble, part in points.groupby("ensemble", sort=False):
        part = part[(part["prediction"] <= largest) & (part["log_se"] > 0)]
        if len(part) < 5 or part["d"].nunique() < 2:
            continue
        for source in ("median", "prediction"):
            fitted = part.assign(fitted=part[source])
            out.append(
                {"ensemble": ensemble, "source": source}
                | _fit(fitted, confidence, noisy=source != "prediction")
            )
    return pd.DataFrame(out)


def _least_point(rows: pd.DataFrame, confidence: float) -> dict[str, Any]:
    ensemble, d, n = str(rows["ensemble"].iloc[0]), int(rows["d"].iloc[0]), int(rows["n"].iloc[0])
    errors = rows.loc[rows["proved"], "error"].to_numpy(float)
    point = {"ensemble": ensemble, "d": d, "n": n, "trials": len(errors)}
    point["unproved"] = len(rows) - len(errors)
    point["sigma"] = lookup(ensemble, d).std
    names = ["median", "low", "high", "q10", "q90", "log_se", "prediction", "refined"]
    if len(errors) < 2 or errors.min() <= 0:  # an exact hit on a lattice has no logarithm
        return point | dict.fromkeys(names, np.nan) | {"inside": False, "refined_inside": False}
    low, high = quantile_interval(errors, 0.5, confidence)
    q10, q25, median, q75, q90 = np.quantile(errors, [0.1, 0.25, 0.5, 0.75, 0.9])
    slope = 0.5 / max(math.log2(q75 / q25), 1e-9)
    predicted = half_tolerance(lambda eps: success_probability(ensemble, n, d, eps), median, slope)
    refined = half_tolerance(
        lambda eps: refined_probability(ensemble, n, d, eps, samples=SAMPLES), median, slope
    )
    values = [median, low, high, q10, q90, median_error(np.log2(errors)), predicted, refined]
    return (
        point
        | dict(zip(names, map(float, values), strict=True))
        | {"inside": low <= predicted <= high, "refined_inside": low <= refined <= high}
    )


def half_tolerance(chance: Callable[[float], float], start: float, slope: float) -> float:
    """The eps with chance(eps) = ½: two secant steps in log2 eps, the first with the data's slope.

    To about 1 % of eps: the chance is nearly linear over its middle half.
    """
    x0 = math.log2(start)
    p0 = chance(start)
    x1 = x0 + float(np.clip((0.5 - p0) / slope, -2, 2))
    p1 = chance(2.0**x1)
    if abs(p1 - p0) < 1e-6:
        return float(2.0**x1)
    x2 = x1 + float(np.clip((0.5 - p1) * (x1 - x0) / (p1 - p0), -2, 2))
    return float(2.0**x2)


def _with_shifts(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    own = table[table["ensemble"] == REFERENCE].set_index(["d", "n"])[["median", "log_se"]]
    other = own.reindex(pd.MultiIndex.from_frame(table[["d", "n"]]))
    ratio = np.log2(table["median"].to_numpy() / other["median"].to_numpy())
    both = np.hypot(table["log_se"].to_numpy(), other["log_se"].to_numpy())
    half = norm.isf((1 - confidence) / 2) * both
    d = table["d"].to_numpy()
    return table.assign(
        shift=d * ratio, shift_low=d * (ratio - half), shift_high=d * (ratio + half)
    )


def _fit(part: pd.DataFrame, confidence: float, noisy: bool) -> dict[str, Any]:
    """A, B, C of the medians ``fitted``; intervals and goodness of fit where they are noisy."""
    n, d = part["n"].to_numpy(float), part["d"].to_numpy(float)
    design = np.column_stack([n / d, np.log2(n), np.ones(len(n))])
    root = design / part["log_se"].to_numpy()[:, None]
    response = -np.log2(part["fitted"].to_numpy()) / part["log_se"].to_numpy()
    found = np.linalg.lstsq(root, response)[0]
    covariance = np.linalg.pinv(root.T @ root)
    a, b, c = found  # log2(1/eps) = a n/d + b log2 n + c
    values = np.array([1 / a, -b / a, -c / a])
    jacobian = np.array([[-1 / a**2, 0, 0], [b / a**2, -1 / a, 0], [c / a**2, 0, -1 / a]])
    misfit, freedom = float(((response - root @ found) ** 2).sum()), len(n) - 3
    widen = max(1.0, misfit / freedom)
    spread = np.sqrt(np.diag(jacobian @ covariance @ jacobian.T) * widen)
    half = norm.isf((1 - confidence) / 2) * spread
    row: dict[str, Any] = {"points": len(n)}
    for name, value, size in zip(FIT, values, half, strict=True):
        low, high = (value - size, value + size) if noisy else (np.nan, np.nan)
        row |= {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
    fit = {"chi2": misfit, "freedom": freedom, "p": float(chi2.sf(misfit, freedom))}
    return row | (fit if noisy else dict.fromkeys(fit, np.nan))
