"""Second moment over subsets of every size: why the method needs one size (see second_moment)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, logsumexp

from slth import checks
from slth.checks import FloatArray
from slth.theory import arguments
from slth.theory._nodes import legendre
from slth.theory.first_moment import log_expected_hits
from slth.theory.sums import distinct
from slth.theory.windows import log_normal_window

MAX_N = 200  # 700 000 rectangles
_X, _X_WEIGHTS = legendre(64)


def free_second_moment_ratio(n: int, d: int, eps: float, z: ArrayLike) -> float:
    """E[Z²] / E[Z]² for normal candidates, Z the number of subsets of any size within eps of z.

    P(Z >= 1) >= 1 / ratio. Two subsets share i candidates and have a and b of their own:
    E[Z²] = Σ n! / (i! a! b! (n-i-a-b)!) p(i, a, b), with p the product over coordinates of
    ∫ window of N(w, a) · window of N(w, b) dN(0, i)(w), to relative accuracy 1e-10. Tends to
    (4/3)^{d/2} times a factor of z. z: (d,), or a scalar for every coordinate. inf beyond 1.8e308.
    n <= 200. Cost: n³/12 rectangles a distinct |z_j|, 0.1 s at n = 40. Source: derived; checked
    against enumeration in tests.

    >>> ratio = slth.theory.free_second_moment_ratio(n=16, d=2, eps=0.1, z=0.5)
    >>> round(ratio, 3), round(1 / ratio, 3)  # a hit has at least this probability
    (1.419, 0.705)
    """
    n, d = arguments.size("n", n, low=1, high=MAX_N), arguments.size("d", d, low=1)
    eps, target = checks.positive("eps", eps), arguments.target(z, d)
    values, counts = distinct(target)
    first = log_expected_hits("normal", n, d, eps, target)
    factorials = gammaln(np.arange(n + 1) + 1.0)
    terms = []
    for a in range(n + 1):
        for b in range(a, n - a + 1):
            i = np.arange(n - a - b + 1)
            both = np.stack([_log_both(i, a, b, eps, z_j) for z_j in values], axis=1) @ counts
            ways = factorials[n] - factorials[i] - factorials[a] - factorials[b]
            ways -= factorials[n - a - b - i]
            terms.append(ways + both + (math.log(2) if a < b else 0.0))
    logarithm = float(logsumexp(np.concatenate(terms))) - 2 * first
    return math.exp(logarithm) if logarithm < 709 else math.inf


def _log_both(i: np.ndarray, a: int, b: int, eps: float, z: float) -> FloatArray:
    """Log p of one coordinate for shared counts i = 0, 1, ... and own counts a <= b."""
    out = np.empty(len(i))
    out[0] = _log_single(a, eps, z) + _log_single(b, eps, z)
    shared = np.arange(1.0, len(i))[:, None]
    if not len(shared):
        return out
    if a:
        variance = 1 / (1 / shared + 1 / a + 1 / b)
        width = np.sqrt(variance)
        reach = 9 * width + eps
        points = math.ceil(float((reach / width).max()) / 0.4)
        step = reach / points
        w = variance * z * (1 / a + 1 / b) + step * np.arange(-points, points + 1)
        logs = _log_window(z - w, a, eps) + _log_window(z - w, b, eps)
        weights = np.log(step)
    else:  # one subset holds the other: its sum is w itself, |w - z| <= eps
        w = z + eps * _X[None, :]
        logs = np.log(eps * _X_WEIGHTS) + (_log_window(z - w, b, eps) if b else 0.0)
        weights = np.zeros(1)
    logs = logs - 0.5 * w * w / shared
    out[1:] = logsumexp(logs, axis=1) + (weights - 0.5 * np.log(2 * np.pi * shared))[:, 0]
    return out


def _log_single(k: int, eps: float, z: float) -> float:
    if k:
        return float(log_normal_window(z / math.sqrt(k), eps / math.sqrt(k)))
    return 0.0 if z <= eps else -math.inf


def _log_window(offset: FloatArray, k: int, eps: float) -> FloatArray:
    return log_normal_window(offset / math.sqrt(k), eps / math.sqrt(k))
