"""Second moment: how much overlapping subsets depend, and a certificate that a solution exists."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, logsumexp

from slth import checks
from slth.checks import FloatArray
from slth.theory import arguments
from slth.theory.crossing import first_n, peak
from slth.theory.first_moment import fixed_point
from slth.theory.sums import distinct
from slth.theory.windows import log_normal_window

FOOT = 1.33  # the best k is about this many n/√d
OUTWARD = 1e-9  # added to ln R_k: a thousand times its rounding and quadrature error


def second_moment_ratio(n: int, k: int, d: int, eps: float, z: ArrayLike) -> float:
    """R_k = E[Z_k²] / E[Z_k]² for normal candidates, Z_k the number of k-subsets within eps of z.

    P(Z_k >= 1) >= 1 / R_k. Computed to about 1e-12 and rounded outward, by the factor 1 + 1e-9, so
    that 1 / R_k is a lower bound of the probability. Two k-subsets overlap in a hypergeometric
    number j of candidates; in one coordinate their sums are bivariate normal with correlation j/k,
    and the rectangle probability is ∫ [window of N(w, k - j)]² dN(0, j)(w), to relative accuracy
    1e-12. z: (d,) or a scalar for every coordinate. inf beyond 1.8e308. Cost: O(k) rectangles a
    distinct |z_j|. Source: the method of da Cunha, d'Amore, Natale 2023; the numbers are derived;
    checked against Monte Carlo in tests.

    >>> ratio = slth.theory.second_moment_ratio(n=16, k=6, d=2, eps=0.1, z=0.5)
    >>> round(ratio, 3), round(1 / ratio, 3)  # a hit has at least this probability
    (1.39, 0.719)
    """
    d, n = arguments.size("d", d, low=1), arguments.size("n", n, low=1)
    k = arguments.size("k", k, low=1, high=n)
    eps, target = checks.positive("eps", eps), arguments.target(z, d)
    values, counts = distinct(target)
    gains = log_gains(k, eps, tuple(values)) @ counts
    logarithm = float(logsumexp(log_overlaps(n, k) + gains))
    return math.exp(logarithm + OUTWARD) if logarithm < 709 else math.inf


def existence_certificate(
    d: int, eps: float, z: ArrayLike = 0.5, ratio: float = 3.0
) -> tuple[int, int, float]:
    """Smallest n with R_k <= ``ratio`` for some k: P(a subset within eps of z exists) >= 1/ratio.

    Returns (n, k, R_k) with the best k, R_k rounded outward as by `second_moment_ratio`.
    Normal candidates; z: (d,) or a scalar, default ½ in every coordinate (the origin needs up to 2
    fewer, a corner of the cube up to 5 more). Found by growth from n* and bisection in n with the k
    at the foot of R_k; at n - 1 all k are tried. Cost: O(n²) rectangles, .5 s at n = 300, 3 s at n
    = 700. Source: derived; checked against Monte Carlo in tests.

    >>> n, k, ratio = slth.theory.existence_certificate(d=1, eps=0.1)
    >>> n, k, round(ratio, 2)
    (5, 2, 2.91)
    """
    d, eps = arguments.size("d", d, low=1), checks.positive("eps", eps)
    target, limit = arguments.target(z, d), checks.positive("ratio", ratio)
    if limit <= 1:
        raise ValueError(f"ratio: got {ratio!r}, takes a number > 1")
    values, counts = distinct(target)

    @functools.cache
    def log_ratio(n: int, k: int) -> float:
        gains = log_gains(k, eps, tuple(values)) @ counts
        return float(logsumexp(log_overlaps(n, k) + gains)) + OUTWARD

    def best(n: int) -> int:
        return peak(lambda k: -log_ratio(n, k), round(FOOT * n / math.sqrt(d)), 1, n)

    def certified(n: int) -> bool:
        return log_ratio(n, best(n)) <= goal

    goal = math.log(limit)
    n = first_n(certified, max(1, math.ceil(fixed_point(d, eps, math.pi * math.e / 2))))
    k = best(n)
    while n > 1:
        fewer = min(range(1, n), key=lambda k: log_ratio(n - 1, k))
        if log_ratio(n - 1, fewer) > goal:
            break
        n, k = n - 1, fewer
    return n, k, math.exp(log_ratio(n, k))


def log_overlaps(n: int, k: int) -> FloatArray:
    """Log P(two uniform k-subsets of [n] share j), j = 0..k, shape (k + 1,)."""
    j = np.arange(k + 1)
    possible = n - 2 * k + j >= 0
    rest = np.where(possible, n - 2 * k + j, 0)
    total = 2 * gammaln(k + 1) + 2 * gammaln(n - k + 1) - gammaln(n + 1)
    logs = total - gammaln(j + 1) - 2 * gammaln(k - j + 1) - gammaln(rest + 1)
    return np.where(possible, logs, -np.inf)


@functools.lru_cache(maxsize=4096)
def log_gains(k: int, eps: float, values: tuple[float, ...]) -> FloatArray:
    """Log [P(both sums within eps of z) / P(one is)²], overlaps j = 0..k, shape (k + 1, values)."""
    z: FloatArray = np.array(values)
    single = log_normal_window(z / math.sqrt(k), eps / math.sqrt(k))
    out = np.zeros((k + 1, len(z)))
    out[1:k] = np.stack([_log_both(k, eps, point) for point in values], axis=1)
    out[1:] -= 2 * single
    out[k] += single
    return out


def _log_both(k: int, eps: float, z: float) -> FloatArray:
    """Log P(both sums within eps of z) in one coordinate, overlaps j = 1..k-1, shape (k - 1,)."""
    # the integrand is within eps of a normal of mean 2 j z/(k+j), variance j (k-j)/(k+j)
    j = np.arange(1.0, k)[:, None]
    width = np.sqrt(j * (k - j) / (k + j))
    reach = 9 * width + eps
    points = math.ceil(float((reach / width).max(initial=1)) / 0.4)
    step = reach / points
    w = 2 * j * z / (k + j) + step * np.arange(-points, points + 1)
    root = np.sqrt(k - j)
    logs = 2 * log_normal_window((z - w) / root, eps / root) - 0.5 * w * w / j
    return logsumexp(logs, axis=1) + np.log(step / np.sqrt(2 * np.pi * j))[:, 0]
