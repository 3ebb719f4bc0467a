"""Confidence intervals for the figures the project reports."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta, binom

from slth import checks


def clopper_pearson(hits: int, trials: int, confidence: float = 0.99) -> tuple[float, float]:
    """Exact interval of a binomial probability that covers it with at least ``confidence``.

    Raises ValueError unless 0 <= hits <= trials, trials >= 1, 0 < confidence < 1.
    Source: Clopper & Pearson, Biometrika 26 (1934).
    """
    trials = checks.integer("trials", trials, low=1)
    hits = checks.integer("hits", hits, low=0, high=trials)
    if not 0 < checks.real("confidence", confidence) < 1:
        raise ValueError(f"confidence: got {confidence}, takes a number in (0, 1)")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, trials - hits + 1))
    high = 1.0 if hits == trials else float(beta.ppf(1 - tail, hits + 1, trials - hits))
    return low, high


def quantile_interval(
    values: ArrayLike, share: float = 0.5, confidence: float = 0.99
) -> tuple[float, float]:
    """Interval of the ``share``-quantile of a law from independent draws, whatever the law.

    The order statistics between which the quantile falls with at least ``confidence``: their ranks
    are binomial. -inf or inf on a side where the draws are too few. Raises ValueError unless there
    is a draw, 0 < share < 1 and 0 < confidence < 1. Source: David & Nagaraja, Order Statistics.
    """
    draws = np.sort(checks.array("values", values, (1,), "(N,)"))
    for name, value in (("share", share), ("confidence", confidence)):
        if not 0 < checks.real(name, value) < 1:
            raise ValueError(f"{name}: got {value}, takes a number in (0, 1)")
    tail, trials = (1 - confidence) / 2, len(draws)
    first = int(binom.ppf(tail, trials, share))  # P(count below the quantile < first) <= tail
    last = int(binom.isf(tail, trials, share)) + 1
    low = float(draws[first - 1]) if first >= 1 else -np.inf
    high = float(draws[last - 1]) if last <= trials else np.inf
    return low, high
