"""Block reduction: the shortest vector of each block of consecutive rows comes first in it.

Source: Schnorr and Euchner 1994, doi:10.1007/BF01581144; a block is searched under a linear bound
on the partial norms (Gama, Nguyen and Regev 2010), by a limited number of nodes.
"""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.lattice.reduction import DELTA, Rows, lll, size_reduce, swap

SHORTER = 0.99  # a new first vector is worth its insertion below this share of the old square
FIRST_SHARE = 0.2  # of the squared norm allowed to the first level, rising to 1


@njit(cache=True, nogil=True)
def bkz(basis: Rows, size: int, tours: int, nodes: int, halt: Flag) -> None:
    """Reduce in blocks of ``size`` rows; nodes: the most for one block."""
    B = basis.B
    N = len(B)
    u = np.zeros(size + 1)
    for _ in range(tours):
        changed = False
        for low in range(N - 1):
            if stopped(halt):
                return
            high = min(low + size, N)
            if _shorter(basis, low, high, u, nodes):
                changed = True
                _insert(B, u, low, high)
                last = min(high + 1, N)
                lll(basis, low, last, DELTA, 1 << 40, halt)
                for k in range(last, N):
                    size_reduce(basis, k)
        lll(basis, 0, N, DELTA, 1 << 40, halt)
        if not changed:
            return


@njit(cache=True, nogil=True)
def _shorter(basis: Rows, low: int, high: int, best_u: FloatArray, limit: int) -> bool:
    """Find the coefficients of a vector of the projected block shorter than its first; or False."""
    c, mu = basis.c, basis.mu
    n = high - low
    sums = np.zeros((n + 1, n))
    fresh = np.arange(n + 1)
    u, centre, width, norm = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n + 1)
    share = np.empty(n)
    for i in range(n):
        share[n - 1 - i] = min(1.0, FIRST_SHARE + (i + 1.0) / n)
    best, found, last, k = SHORTER * c[low], False, 0, 0
    u[0] = 1.0
    for _ in range(limit):
        a = u[k] - centre[k]
        here = norm[k + 1] + a * a * c[low + k]
        if here <= best * share[k]:
            norm[k] = here
            if k > 0:
                k -= 1
                fresh[k] = max(fresh[k], fresh[k + 1])
                for i in range(fresh[k + 1], k, -1):
                    sums[i, k] = (sums[i + 1, k] if i + 1 < n else 0.0) + u[i] * mu[
                        low + i, low + k
                    ]
                centre[k] = -sums[k + 1, k]
                u[k] = np.rint(centre[k])
                width[k] = 1.0
                continue
            if here > 1e-12 * c[low]:
                best, found = 0.9999999 * here, True
                for i in range(n):
                    best_u[i] = u[i]
        else:
            k += 1
            if k == n:
                break
            fresh[k] = k
        if k >= last:
            last = k
            u[k] += 1.0
        else:
            u[k] += -width[k] if u[k] > centre[k] else width[k]
            width[k] += 1.0
    return found


@njit(cache=True, nogil=True)
def _insert(B: FloatArray, u: FloatArray, low: int, high: int) -> None:
    """Make Σ u_i B[low + i] row ``low`` by unimodular steps; u is primitive, and is used up."""
    for i in range(high - low - 1, 0, -1):
        while u[i] != 0.0:
            times = np.rint(u[i - 1] / u[i])
            u[i - 1] -= times * u[i]
            for j in range(B.shape[1]):
                B[low + i, j] += times * B[low + i - 1, j]
            u[i], u[i - 1] = u[i - 1], u[i]
            swap(B, low + i, low + i - 1)
