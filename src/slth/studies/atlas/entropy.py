"""The entropy law of subsets of one size, from least errors: its slope and its offset."""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from slth.checks import FloatArray
from slth.ensembles import lookup
from slth.theory.sized import best_error_of_size, log_subsets

GROUPS = 10  # of replicates, each with medians and a fit of its own: their means are independent
FEWEST = 5  # replicates in a group


def entropy_points(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row an (ensemble, d, n, k): log2 C(n, k), and the bits that its least errors took.

    bits = log2 C(n, k) + d log2(eps*_k / median), which the law eps*_k says is log2 C(n, k): mean
    over GROUPS groups of replicates, with Student's interval. Sizes are left out where a group has
    no median, because half of its errors are beyond what was searched.
    """
    out = [
        key | {"log_subsets": size, "trials": trials} | _mean("bits", size + beyond, confidence)
        for key, size, trials, beyond in _sized(rows)
    ]
    return pd.DataFrame(out)


def entropy_fit(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """One row an (ensemble, d): slope of bits on log2 C(n, k), 1 by the law, and the mean offset.

    A line through all sizes of all n is fitted within each group; the interval is Student's over
    the groups, so that sizes of one instance, which depend on each other, cannot narrow it. offset:
    mean of bits - log2 C(n, k). Fewer than three sizes: no row.
    """
    out = []
    table = pd.DataFrame(_sized(rows), columns=["key", "size", "trials", "beyond"])
    if table.empty:
        return table
    table = table.assign(
        **{name: [key[name] for key in table["key"]] for name in ("ensemble", "d")}
    )
    for (ensemble, d), part in table.groupby(["ensemble", "d"], sort=False):
        x, beyond = part["size"].to_numpy(float), np.stack(part["beyond"].to_list())
        if len(x) < 3:
            continue
        slopes = 1 + np.polyfit(x, beyond, 1)[0]
        out.append(
            {"ensemble": ensemble, "d": d, "points": len(x)}
            | _mean("slope", slopes, confidence)
            | _mean("offset", beyond.mean(axis=0), confidence)
        )
    return pd.DataFrame(out)


def _sized(rows: pd.DataFrame) -> list[tuple[dict[str, Any], float, int, FloatArray]]:
    """Key, log2 C(n, k), trials and d log2(eps*_k / median) of each group, size by size."""
    out: list[tuple[dict[str, Any], float, int, FloatArray]] = []
    if rows.empty:
        return out
    for values, part in rows.groupby(["ensemble", "d", "n", "k"], sort=True):
        key = dict(zip(["ensemble", "d", "n", "k"], values, strict=True))
        ensemble, (d, n, k) = str(values[0]), (int(str(value)) for value in values[1:])
        errors = part.sort_values("replicate")["error"].to_numpy(float)
        if len(errors) < GROUPS * FEWEST or k == n:
            continue
        medians = np.array([np.median(group) for group in np.array_split(errors, GROUPS)])
        if not np.isfinite(medians).all() or (medians <= 0).any():
            continue
        law = best_error_of_size(n, k, d, lookup(ensemble, d))
        beyond = d * np.log2(law / medians)
        out.append((key, log_subsets(n, k) / math.log(2), len(errors), beyond))
    return out


def _mean(name: str, values: FloatArray, confidence: float) -> dict[str, float]:
    middle, half = float(values.mean()), student.isf((1 - confidence) / 2, len(values) - 1)
    half *= float(values.std(ddof=1)) / math.sqrt(len(values))
    return {name: middle, f"{name}_low": middle - half, f"{name}_high": middle + half}
