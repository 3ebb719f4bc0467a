"""Second moment given the total of the candidates: subsets of one size, centred at their mean."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from slth import checks
from slth.checks import FloatArray
from slth.theory import arguments
from slth.theory.second_moment import OUTWARD, log_overlaps
from slth.theory.squares import log_square
from slth.theory.sums import distinct
from slth.theory.windows import log_normal_window

MAX_N = 20_000  # of a centred ratio, whose overlaps are all summed
DEGREE = 12  # of the polynomials in y² that stand for logarithms of ratios
BLOCK = 1024  # offsets at a time
PROBES = 17  # places where a polynomial is compared with its logarithm


def centred_second_moment_ratio(
    n: int, d: int, eps: float, y: ArrayLike, k: int | None = None
) -> float:
    """R(y) = E[Z_k² | T] / E[Z_k | T]² for normal candidates, where z − k T/n = y.

    T = Σ X_i. The sum of a k-subset is k T/n + W with W independent of T, of variance
    α(1 − α) n a coordinate, α = k/n; two with j members in common have correlation
    ρ_j = (n j − k²) / (k (n − k)). So R(y) = Σ_j P(overlap j) Π_i r(ρ_j, y_i), r = P(both W within
    eps of y_i) / P(one is)², and P(a hit | T) >= 1 / R(y): P(a hit) >= E[1 / R(z − k T/n)], which
    is `centred_certificate`. k: n/2 unless said, (n − 1)/2 for odd n. y: (d,) or a scalar for
    every coordinate. Computed to about 1e-11 and rounded outward, by 1 + 1e-9; inf beyond 1.8e308.
    2 <= n <= 20000. Cost: k/2 integrals of 50 windows a distinct |y_i|, 2 ms at n = 200. Source:
    derived; checked against enumeration in tests.

    >>> ratio = slth.theory.centred_second_moment_ratio
    >>> [round(ratio(n=48, d=8, eps=0.1, y=y), 2) for y in (0.0, 3.0)]
    [1.89, 9.3]
    """
    d, n = arguments.size("d", d, low=1), arguments.size("n", n, low=2, high=MAX_N)
    k = members(n, k)
    eps, offset = checks.positive("eps", eps), arguments.target(y, d, "y")
    values, counts = distinct(offset)
    spread = math.sqrt(k * (n - k) / n)
    overlaps, rho = correlations(n, k)
    m, h = values / spread, eps / spread
    with np.errstate(all="ignore"):
        gains = log_square(rho[:, None], m, h) - 2 * log_normal_window(m, h)
        logarithm = float(logsumexp(overlaps + gains @ counts))
    return math.exp(logarithm + OUTWARD) if logarithm < 709 else math.inf  # inf for NaN too


def members(n: int, k: int | None) -> int:
    """Return a subset size in [1, n − 1], half of n unless said."""
    return n // 2 if k is None else arguments.size("k", k, low=1, high=n - 1)


def correlations(n: int, k: int) -> tuple[FloatArray, FloatArray]:
    """Log P(two k-subsets share j) and ρ_j, each for all possible j in increasing order."""
    j = np.arange(max(0, 2 * k - n), k + 1)
    rho = (n * j - k * k) / (k * (n - k))
    rho[-1] = 1.0
    return log_overlaps(n, k)[j], rho


def log_ratios(n: int, k: int, eps: float, offsets: FloatArray) -> FloatArray:
    """Upper bounds of ln R of many offsets at once, (draws, d) → (draws,), tight to about 1e-9.

    inf where float64 does not hold the squares of the offsets, or eps.
    ln r(ρ_j, y) is nearly linear in y²: for each j a polynomial through Chebyshev nodes stands
    for it, and twice its largest error found between the nodes is added. At ρ = −1, complements,
    a term is 0 where some |y_i| > eps, and elsewhere at most that of ρ = 1: r(ρ) is a series in ρ
    with coefficients >= 0 (Mehler). Cost: O(draws (d + k) + 50 k) times the degree.
    """
    with np.errstate(all="ignore"):
        bounds = _log_ratios(n, k, eps, offsets)
    return np.where(np.isnan(bounds), np.inf, bounds) + OUTWARD


def _log_ratios(n: int, k: int, eps: float, offsets: FloatArray) -> FloatArray:
    spread = math.sqrt(k * (n - k) / n)
    squares, h = (offsets / spread) ** 2, eps / spread
    top = float(squares.max()) + 1e-12
    overlaps, rho = correlations(n, k)
    none = (np.abs(offsets) > eps).any(axis=1) & (rho[0] <= -1)
    rho[0] = abs(rho[0]) if rho[0] <= -1 else rho[0]

    def gains(x: FloatArray) -> FloatArray:
        m = np.sqrt(0.5 * top * (1 + x))
        return log_square(rho[:, None], m, h) - 2 * log_normal_window(m, h)

    angles = np.pi * (np.arange(DEGREE) + 0.5) / DEGREE
    series = gains(np.cos(angles)) @ np.cos(np.outer(angles, np.arange(DEGREE))) * 2 / DEGREE
    series[:, 0] *= 0.5
    probes = np.linspace(-1, 1, PROBES)
    found = series @ np.polynomial.chebyshev.chebvander(probes, DEGREE - 1).T
    error = np.abs(found - gains(probes)).max(axis=1)
    overlaps = overlaps + offsets.shape[1] * 2 * error
    moments = _power_sums(2 * squares / top - 1)
    bounds = np.empty(len(offsets))
    for i in range(0, len(offsets), BLOCK):
        logs = overlaps + moments[i : i + BLOCK] @ series.T
        logs[none[i : i + BLOCK], 0] = -np.inf
        bounds[i : i + BLOCK] = logsumexp(logs, axis=1)
    return bounds


def _power_sums(x: FloatArray) -> FloatArray:
    """Σ_i T_q(x_i) of each row, q < DEGREE: (draws, d) → (draws, DEGREE)."""
    last, now = np.ones_like(x), x
    sums = [last.sum(axis=1)]
    for _ in range(DEGREE - 1):
        sums.append(now.sum(axis=1))
        last, now = now, 2 * x * now - last
    return np.stack(sums, axis=1)
