"""Radii of the k-list's model, compiled: what a merge that keeps a share of the pairs reaches.

Shares are given by their log2. `tables` tabulates the two distributions of a sum's length once a
dimension; between the entries r is linear in log P, below the first one P = c·r^d.
"""

import functools
import math

import numpy as np
from scipy import special

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

ENTRIES = 4000
SHORTEST = 1e-4  # of the tabulated lengths
BALL_P, BALL_R, GAUSS_P, GAUSS_R = range(4)  # rows of a table
LEAST_KEPT = 0.05  # of the close pairs in a cell, whatever the cuts: the model ends there


@functools.lru_cache(maxsize=64)
def tables(d: int) -> FloatArray:
    """(4, ENTRIES): log2 P and r, for ‖U − U'‖ ≤ r in the unit ball and for ‖N(0, I_d)‖ ≤ r.

    U, U' uniform: P = r^d I_{1−r²/4}(a, ½) + I_{r²/4}(a, a), a = (d + 1)/2 (Hammersley 1950).
    """
    r = np.geomspace(SHORTEST, 2.0, ENTRIES)
    half = (d + 1) / 2
    near = special.betainc(half, 0.5, np.clip(1 - r**2 / 4, 0, 1))
    far = special.betainc(half, half, r**2 / 4)
    s = math.sqrt(d) * np.geomspace(SHORTEST, 1.0 + 12.0 / math.sqrt(d), ENTRIES)
    log_gauss_tail = _log_gauss_start(d, s)
    with np.errstate(divide="ignore"):
        ball = np.logaddexp2(d * np.log2(r) + np.log2(near), np.log2(far))
        gauss = np.log2(special.gammainc(d / 2, s * s / 2))
    gauss = np.where(gauss > -900, gauss, log_gauss_tail)
    return np.stack([np.maximum.accumulate(ball), r, np.maximum.accumulate(gauss), s])


def _log_gauss_start(d: int, r: FloatArray) -> FloatArray:
    """log2 of P(‖N(0, I_d)‖ ≤ r) for small r: the first term of its series."""
    start: FloatArray = (d * np.log(r) - d / 2 * math.log(2) - math.lgamma(d / 2 + 1)) / math.log(2)
    return start


@njit(cache=True, nogil=True)
def _radius(d: int, log_share: float, log_p: FloatArray, r: FloatArray) -> float:
    if log_share <= log_p[0]:
        return r[0] * 2.0 ** ((log_share - log_p[0]) / d)
    low, high = 0, len(r) - 1
    if log_share >= log_p[high]:
        return r[high]
    while high - low > 1:
        middle = (low + high) // 2
        if log_p[middle] <= log_share:
            low = middle
        else:
            high = middle
    part = (log_share - log_p[low]) / (log_p[high] - log_p[low])
    return r[low] + part * (r[high] - r[low])


@njit(cache=True, nogil=True)
def ball_radius(d: int, log_share: float, table: FloatArray) -> float:
    """Radius r with P(‖U − U'‖ ≤ r) = 2^log_share for U, U' uniform in the unit d-ball."""
    return _radius(d, log_share, table[BALL_P], table[BALL_R])


@njit(cache=True, nogil=True)
def gauss_radius(d: int, log_share: float, table: FloatArray) -> float:
    """Radius r with P(‖N(0, I_d)‖ ≤ r) = 2^log_share; inf for all of them."""
    if log_share >= 0:
        return math.inf
    return _radius(d, log_share, table[GAUSS_P], table[GAUSS_R])


@njit(cache=True, nogil=True)
def log_recall(d: int, bits: float, ratio: float) -> float:
    """log2 κ: each direction cuts 2^b − 1 times, each cut parts a pair with atan(ratio)/π."""
    cut = math.atan(ratio) / math.pi
    low = bits // d
    extra = bits - d * low
    ways = 2.0**low
    fewer = math.log2(max(1 - (ways - 1) * cut, LEAST_KEPT))
    if extra == 0:
        return d * fewer
    return (d - extra) * fewer + extra * math.log2(max(1 - (2 * ways - 1) * cut, LEAST_KEPT))
