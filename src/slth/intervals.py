"""Every interval and test of the figures that the project reports.

scipy.stats is loaded where it is used: it takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth import checks
from slth.checks import BoolArray

__all__ = [
    "SIGNIFICANCE",
    "Interval",
    "Residuals",
    "clopper_pearson",
    "excess_of_misses",
    "grouped_rate",
    "holm",
    "jackknife",
    "lower_mean",
    "quantile_interval",
    "residuals",
    "t_interval",
    "t_test",
]

SIGNIFICANCE = 0.01  # of the tests that the paper reports


class Interval(NamedTuple):
    """An estimate with its interval, NaN where there is none."""

    mean: float
    low: float
    high: float


def clopper_pearson(hits: int, trials: int, confidence: float = 0.99) -> tuple[float, float]:
    """Exact interval of a binomial probability that covers it with at least ``confidence``.

    Raises ValueError unless 0 <= hits <= trials, trials >= 1, 0 < confidence < 1.
    Source: Clopper & Pearson, Biometrika 26 (1934).
    """
    trials = checks.integer("trials", trials, low=1)
    hits = checks.integer("hits", hits, low=0, high=trials)
    confidence = _share("confidence", confidence)
    from scipy.stats import beta

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
    share, confidence = _share("share", share), _share("confidence", confidence)
    from scipy.stats import binom

    tail, trials = (1 - confidence) / 2, len(draws)
    first = int(binom.ppf(tail, trials, share))  # P(count below the quantile < first) <= tail
    last = int(binom.isf(tail, trials, share)) + 1
    low = float(draws[first - 1]) if first >= 1 else -np.inf
    high = float(draws[last - 1]) if last <= trials else np.inf
    return low, high


def lower_mean(values: ArrayLike, confidence: float = 0.99) -> float:
    """Lower limit of the mean of a law on [0, 1], which holds with ``confidence`` whatever the law.

    The mean of independent draws less √(2 v ln(2/δ)/N) + 7 ln(2/δ)/(3 (N − 1)), v their variance,
    δ = 1 − confidence: an empirical Bernstein bound. May be negative. Raises ValueError unless
    there are two draws, all in [0, 1], and 0 < confidence < 1. Source: Maurer & Pontil, COLT 2009,
    theorem 4.
    """
    draws = checks.array("values", values, (1,), "(N,)")
    if len(draws) < 2 or draws.min() < 0 or draws.max() > 1:
        raise ValueError(f"values: got {len(draws)} draws, takes two or more in [0, 1]")
    order = float(np.log(2 / (1 - _share("confidence", confidence))))
    slack = np.sqrt(2 * draws.var(ddof=1) * order / len(draws))
    return float(draws.mean() - slack - 7 * order / (3 * (len(draws) - 1)))


def t_interval(values: NDArray[np.floating], confidence: float = 0.95) -> Interval:
    """Mean of independent values with its t-interval; without one where values are fewer than two.

    Source: Student, Biometrika 6 (1908).
    """
    if not len(values):
        return Interval(np.nan, np.nan, np.nan)
    mean = float(np.mean(values))
    if len(values) < 2:
        return Interval(mean, np.nan, np.nan)
    from scipy.stats import t as student

    half = float(student.ppf((1 + confidence) / 2, len(values) - 1) * _standard_error(values))
    return Interval(mean, mean - half, mean + half)


def t_test(values: NDArray[np.floating]) -> float:
    """Two-sided p of the hypothesis that independent values have mean zero."""
    from scipy.stats import t as student

    error = _standard_error(values)
    if error == 0:
        return float(np.mean(values) == 0)
    return float(2 * student.sf(abs(float(np.mean(values))) / error, len(values) - 1))


def holm(p: Sequence[float], level: float = SIGNIFICANCE) -> BoolArray:
    """Which of several hypotheses are rejected so that none is in error, but with P <= ``level``.

    The p-values, least first, against level / m, level / (m - 1), ... until one is larger.
    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    rejected = np.zeros(len(p), dtype=bool)
    for place, index in enumerate(np.argsort(np.asarray(p, dtype=float), kind="stable")):
        if not p[index] <= level / (len(p) - place):
            break
        rejected[index] = True
    return rejected


def jackknife(statistic: Callable[[int], float], count: int) -> float:
    """Standard error of a statistic from its values with one of ``count`` groups left out.

    statistic: of the index of the group left out. NaN where a value is, or with one group.
    Source: Efron & Stein, Annals of Statistics 9 (1981).
    """
    left = np.array([statistic(index) for index in range(count)])
    if count < 2 or not np.isfinite(left).all():
        return float("nan")
    return float(np.sqrt((count - 1) * ((left - left.mean()) ** 2).mean()))


def grouped_rate(hits: ArrayLike, totals: ArrayLike, confidence: float = 0.99) -> Interval:
    """Rate Σ hits / Σ totals of trials that depend on each other within a group, (G,) each.

    Jackknife over the groups, which are independent, with Student's quantile of G − 1, cut to
    [0, 1]. Without an interval for one group, or where all groups have the same rate. Source: Efron
    & Stein, Annals of Statistics 9 (1981).
    """
    found, of = (np.asarray(values, dtype=float) for values in (hits, totals))
    rate = float(found.sum() / of.sum()) if of.sum() > 0 else float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        error = jackknife(
            lambda i: float((found.sum() - found[i]) / (of.sum() - of[i])), len(found)
        )
    if not error > 0:
        return Interval(rate, np.nan, np.nan)
    from scipy.stats import t as student

    half = float(student.ppf((1 + confidence) / 2, len(found) - 1)) * error
    return Interval(rate, max(rate - half, 0.0), min(rate + half, 1.0))


class Residuals(NamedTuple):
    """Sum of squared standardised residuals of independent points, and its p-value."""

    chi2: float
    points: int
    p: float


def residuals(scores: ArrayLike) -> Residuals:
    """χ² of standardised residuals (N,), one a point, with nothing fitted: N degrees of freedom.

    Sharper than a count of intervals: many small deviations add up. Points without a score (NaN)
    are left out. p: P(χ²_N >= the sum) if the prediction were exact and the scores normal.
    """
    values = np.asarray(scores, dtype=float)
    values = values[np.isfinite(values)]
    if not len(values):
        return Residuals(float("nan"), 0, float("nan"))
    from scipy.stats import chi2

    total = float((values**2).sum())
    return Residuals(total, len(values), float(chi2.sf(total, len(values))))


def excess_of_misses(points: int, misses: int, confidence: float) -> float:
    """P(at least ``misses`` of ``points`` intervals miss) if every prediction were exact.

    Clopper-Pearson intervals miss with probability at most 1 - confidence: binomial upper tail,
    an upper bound on the p-value.
    """
    from scipy.stats import binom

    return float(binom.sf(misses - 1, points, 1 - confidence))


def _standard_error(values: NDArray[np.floating]) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _share(name: str, value: object) -> float:
    number = checks.real(name, value)
    if not 0 < number < 1:
        raise ValueError(f"{name}: got {checks.shown(value)}, takes a number in (0, 1)")
    return number


def __dir__() -> list[str]:
    return __all__
