"""The second-moment method by its exact sums: R_k against k, and the overlaps behind it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from slth.studies.atlas.solve import TARGET
from slth.theory.first_moment import annealed_threshold
from slth.theory.published import becchetti_size
from slth.theory.quenched import quenched_n_star
from slth.theory.second_moment import (
    existence_certificate,
    log_gains,
    log_overlaps,
    second_moment_ratio,
)

RATIOS = ["d", "eps", "n", "k", "ratio", "best", "n_star"]
SUFFICIENT = ["d", "eps", "annealed", "n_star", "certified", "k", "ratio", "becchetti"]
OVERLAPS = ["d", "eps", "n", "k", "overlap", "plain", "weighted"]


def certificates(dimensions: Iterable[int], eps: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For each d the smallest n that is certified at eps: R_k for every k, and overlaps at best k.

    Normal candidates, target ½ in every coordinate. plain: law of |S ∩ S'| of two uniform
    k-subsets; weighted: the share each overlap has in E[Z_k²].
    """
    ratios, overlaps = [], []
    for d in dimensions:
        n, best, _ = existence_certificate(d, eps, TARGET)
        for k in range(1, n + 1):
            ratio = second_moment_ratio(n, k, d, eps, TARGET)
            ratios.append((d, eps, n, k, ratio, k == best, quenched_n_star(d, eps)))
        plain = log_overlaps(n, best)
        weighted = plain + d * log_gains(best, eps, (TARGET,))[:, 0]
        weighted -= logsumexp(weighted)
        for j in range(best + 1):
            overlaps.append((d, eps, n, best, j, np.exp(plain[j]), np.exp(weighted[j])))
    return pd.DataFrame(ratios, columns=RATIOS), pd.DataFrame(overlaps, columns=OVERLAPS)


def sufficient_sizes(dimensions: Iterable[int], tolerances: Iterable[float]) -> pd.DataFrame:
    """Sizes that theorems and formulas ask for at (d, eps), normal candidates, one row each.

    annealed: E[Z] = 1. n_star: a typical λ of 1, not even odds. certified: second moment,
    target ½ in every coordinate, probability one third at least, by subsets of size k. becchetti:
    all targets, with constant 1, which is a unit. None of them is sampled.
    """
    rows = []
    for d in dimensions:
        for eps in tolerances:
            n, k, ratio = existence_certificate(d, eps, TARGET)
            sizes = (annealed_threshold(d, eps), quenched_n_star(d, eps), n, k, ratio)
            rows.append((d, eps, *sizes, becchetti_size(d, eps)))
    return pd.DataFrame(rows, columns=SUFFICIENT)
