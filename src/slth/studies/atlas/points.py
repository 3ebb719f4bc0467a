"""Covering, sizes and search: one row per grid point, with intervals and the predictions there."""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.checks import FloatArray
from slth.ensembles import lookup
from slth.intervals import clopper_pearson, quantile_interval
from slth.progress import track
from slth.studies.atlas.least import median_error
from slth.studies.atlas.solve import TARGET
from slth.theory.conditional_union import covering_threshold
from slth.theory.covering import covering_error, union_bound
from slth.theory.free_second_moment import MAX_N, free_second_moment_ratio
from slth.theory.quenched import best_error, success_probability, threshold
from slth.theory.second_moment import second_moment_ratio
from slth.theory.sized import best_error_of_size, size_probability


def covering_points(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row an (ensemble, d, n): the eps that covers the cube in half the samples, and its price.

    median: of the upper end of the bracket of the covering radius; low: order-statistic interval of
    the lower end, high: of the upper end, so that the interval covers the true median. one: median
    least error for one target. price: candidates that all targets cost more than one at the same
    tolerance, d log2(median / one), with its interval. prediction: `covering_error`, where it
    holds; at eps = median: union, the n that the averaged union bound asks for, conditional, the n
    of the union bound given the total (`covering_threshold`), and n50, that of one target.
    """
    groups = list(rows.groupby(["ensemble", "d", "n"], sort=False))
    points = track(groups, len(groups), "atlas: covering")
    return pd.DataFrame([_covering_point(part, confidence) for _, part in points])


def size_points(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row an (ensemble, d, n, eps, k), k = 0 for all sizes together: rate and second moment.

    ratio: E[Z²]/E[Z]² of the counts of hits, with its delta-method interval; exact_ratio: from the
    formula (normal candidates; otherwise unknown). prediction: of the success rate.
    """
    out = []
    groups = list(rows.groupby(["ensemble", "d", "n", "eps"], sort=False))
    for _, part in track(groups, len(groups), "atlas: sizes"):
        counts = part.pivot(index="replicate", columns="k", values="hits").to_numpy()
        key = {name: part[name].iloc[0] for name in ("ensemble", "d", "n", "eps")}
        free = counts.sum(axis=1)
        columns = {0: free, **{k + 1: counts[:, k] for k in range(counts.shape[1])}}
        out += [_size_point(key, k, hits, confidence) for k, hits in columns.items()]
    return pd.DataFrame(out)


def search_points(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row an (ensemble, d, n, solver): median least error found, interval, work, eps*."""
    out = []
    for _, part in rows.groupby(["ensemble", "d", "n", "solver"], sort=False):
        first = part.iloc[0]
        ensemble, solver = str(first["ensemble"]), str(first["solver"])
        d, n = int(first["d"]), int(first["n"])
        errors = part["error"].to_numpy(float)
        low, high = quantile_interval(errors, 0.5, confidence)
        out.append(
            {
                "ensemble": ensemble,
                "d": d,
                "n": n,
                "solver": solver,
                "trials": len(part),
                "proved": int(part["proved"].sum()),
                "median": float(np.median(errors)),
                "least": float(errors.min()),
                "most": float(errors.max()),
                "low": low,
                "high": high,
                "work": float(part["work"].median()),
                "limit": best_error(n, d, ensemble),
            }
        )
    return pd.DataFrame(out)


def _covering_point(part: pd.DataFrame, confidence: float) -> dict[str, Any]:
    ensemble, d, n = str(part["ensemble"].iloc[0]), int(part["d"].iloc[0]), int(part["n"].iloc[0])
    radius, one = part["radius_high"].to_numpy(float), part["error"].to_numpy(float)
    independent = lookup(ensemble, d).independent
    median, single = float(np.median(radius)), float(np.median(one))
    both = math.hypot(median_error(np.log2(radius)), median_error(np.log2(one)))
    half = float(norm.isf((1 - confidence) / 2)) * both
    price = math.log2(median / single)
    return {
        "ensemble": ensemble,
        "d": d,
        "n": n,
        "trials": len(part),
        "median": median,
        "log_se": median_error(np.log2(radius)),
        "low": quantile_interval(part["radius_low"].to_numpy(float), 0.5, confidence)[0],
        "high": quantile_interval(radius, 0.5, confidence)[1],
        "one": single,
        "price": d * price,
        "price_low": d * (price - half),
        "price_high": d * (price + half),
        "prediction": covering_error(ensemble, n, d) if independent or d == 1 else np.nan,
    } | _sizes_at(ensemble, d, median)


def _sizes_at(ensemble: str, d: int, eps: float) -> dict[str, float]:
    """Predicted sizes at a tolerance: unknown where the empty subset serves every target."""
    if eps >= 1:
        return dict.fromkeys(("union", "conditional", "n50"), np.nan)
    asked = {"union": union_bound, "conditional": covering_threshold, "n50": threshold}
    return {name: size(ensemble, d, eps) for name, size in asked.items()}


def _size_point(key: dict[str, Any], k: int, hits: FloatArray, confidence: float) -> dict[str, Any]:
    ensemble, d, n, eps = str(key["ensemble"]), int(key["d"]), int(key["n"]), float(key["eps"])
    trials, found = len(hits), int((hits > 0).sum())
    low, high = clopper_pearson(found, trials, confidence)
    ratio, ratio_low, ratio_high = _ratio(hits.astype(float), confidence)
    exact = chance = best = np.nan
    if k == 0:
        chance, best = success_probability(ensemble, n, d, eps, TARGET), best_error(n, d, ensemble)
        if ensemble == "normal" and n <= MAX_N:
            exact = free_second_moment_ratio(n, d, eps, TARGET)
    elif k < n:
        chance = size_probability(ensemble, n, k, d, eps, TARGET)
        best = best_error_of_size(n, k, d, ensemble)
    if k and ensemble == "normal":
        exact = second_moment_ratio(n, k, d, eps, TARGET)
    return key | {
        "k": k,
        "trials": trials,
        "hits": found,
        "rate": found / trials,
        "low": low,
        "high": high,
        "prediction": chance,
        "mean_hits": float(hits.mean()),
        "best_error": best,
        "ratio": ratio,
        "ratio_low": ratio_low,
        "ratio_high": ratio_high,
        "exact_ratio": exact,
    }


def _ratio(hits: FloatArray, confidence: float) -> tuple[float, float, float]:
    """Mean of squares over squared mean, with a normal interval by the delta method."""
    first, second = float(hits.mean()), float((hits**2).mean())
    if first == 0:
        return np.nan, np.nan, np.nan
    influence = hits**2 / first**2 - 2 * second * hits / first**3
    half = float(norm.isf((1 - confidence) / 2) * influence.std() / math.sqrt(len(hits)))
    return second / first**2, second / first**2 - half, second / first**2 + half
