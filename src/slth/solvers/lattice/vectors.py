"""Inner loops over rows of float64: sums in any order, and sums in twice the precision.

``ANY_ORDER`` lets the compiler sum in any order and fuse products into sums. Bounds on the rounding
of a sum that hold for every order, as those of `slack` do, hold for it; it assumes nothing about
nan, inf or the sign of zero.
"""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

ANY_ORDER = {"reassoc", "contract", "nsz"}
SPLITTER = 2.0**27 + 1  # Dekker 1971
LANES = 8  # rows are padded with zeros to a multiple of it: two vectors of AVX2


def padded(width: int) -> int:
    """The width of a row with its padding."""
    return -(-width // LANES) * LANES


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def dot(a: FloatArray, b: FloatArray) -> float:
    """Σ a_j b_j."""
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def add(factor: float, a: FloatArray, b: FloatArray) -> None:
    """Set b to b + factor·a."""
    for j in range(a.size):
        b[j] += factor * a[j]


@njit(cache=True, nogil=True)
def _two_product(a: float, b: float) -> tuple[float, float]:
    """a·b as a sum of two floats (Dekker 1971, Veltkamp's splitting)."""
    product = a * b
    high = SPLITTER * a
    a_high = high - (high - a)
    a_low = a - a_high
    high = SPLITTER * b
    b_high = high - (high - b)
    b_low = b - b_high
    low = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, low


@njit(cache=True, nogil=True)
def combinations(U: FloatArray, X: FloatArray, base: FloatArray, scale: float) -> FloatArray:
    """(base + U X)·scale, shape (N, d), as if summed in twice the precision and rounded twice.

    U: (N, n) integers in float64; X: (n, d); base: (d,). The sum is off by at most 2^-53 of itself
    and (n + 1)²·2^-106·Σ|U||X| (Ogita, Rump and Oishi 2005, doi:10.1137/030601818, Dot2).
    """
    N, n = U.shape
    d = X.shape[1]
    out = np.empty((N, d))
    for i in range(N):
        for j in range(d):
            total, rest = base[j], 0.0
            for k in range(n):
                if U[i, k] != 0.0:
                    product, low = _two_product(U[i, k], X[k, j])
                    new = total + product
                    shift = new - total
                    rest += ((total - (new - shift)) + (product - shift)) + low
                    total = new
            out[i, j] = (total + rest) * scale
    return out
