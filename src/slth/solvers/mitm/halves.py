"""Half sums of d >= 2 without storing them: two quarter lists from which any slab is generated.

Schroeppel and Shamir 1981: {u + v} is listed in slabs of coordinate 0 with memory 2^(n/4).
"""

from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.ordering import stable_order


class Half(NamedTuple):
    """Two quarter lists, each sorted by coordinate 0; the half is {u + v}.

    u, v: (q, D) sums; u_mask, v_mask: (q,) int64, bit i = candidate i (bit 63 is the sign); u0, v0:
    (q,) coordinate 0 by itself.
    """

    u: FloatArray
    u_mask: np.ndarray
    v: FloatArray
    v_mask: np.ndarray
    u0: FloatArray
    v0: FloatArray


def half(X: FloatArray, sign: float, cut: tuple[int, int, int]) -> Half:
    """The sums sign·Σ_S X_i over S ⊆ [cut[0], cut[2]), in two lists parted at cut[1]."""
    first, middle, last = cut
    u, u_mask = _quarter(X[first:middle], first, sign)
    v, v_mask = _quarter(X[middle:last], middle, sign)
    return _half(u, u_mask, v, v_mask)


def moved(lists: Half, z: FloatArray) -> Half:
    """The half {z + u + v}; rounded addition is monotone, so the lists stay sorted."""
    return _half(lists.u + z, *lists[1:4])


def bounded(lists: Half, size: int) -> Half:
    """Only the sums of at most ``size`` candidates of each list; the last column counts them."""
    u, v = np.abs(lists.u[:, -1]) <= size, np.abs(lists.v[:, -1]) <= size
    return _half(lists.u[u], lists.u_mask[u], lists.v[v], lists.v_mask[v])


def _half(u: FloatArray, u_mask: np.ndarray, v: FloatArray, v_mask: np.ndarray) -> Half:
    return Half(u, u_mask, v, v_mask, u[:, 0].copy(), v[:, 0].copy())


@njit(cache=True, nogil=True)
def _quarter(X: FloatArray, first: int, sign: float) -> tuple[FloatArray, np.ndarray]:
    """All sign·Σ_S X_i, sorted by coordinate 0, equal rows once (lowest mask).

    X: (m, D), candidates first..first+m−1 of the instance, which the masks refer to.
    """
    m, d = X.shape
    rows = np.zeros((1 << m, d))
    for i in range(m):
        size = 1 << i
        for k in range(size):
            for j in range(d):
                rows[size + k, j] = rows[k, j] + sign * X[i, j]
    keys, order = np.empty(1 << m), np.empty(1 << m, dtype=np.int64)
    for k in range(order.size):
        order[k] = k
    # by coordinate 0; where that ties by all, the last first; equal rows stay by mask
    ties = False
    for turn in range(d + 1):
        if turn > 0 and not ties:
            break
        j = (d - turn) % d
        for k in range(order.size):
            keys[k] = rows[order[k], j]
        moved = stable_order(keys)
        for k in range(order.size):
            moved[k] = order[moved[k]]
        order = moved
        for k in range(1, order.size):
            ties = ties or rows[order[k], 0] == rows[order[k - 1], 0]
    kept = 0
    for k in range(order.size):
        differs = kept == 0
        for j in range(d):
            differs = differs or rows[order[k], j] != rows[order[kept - 1], j]
        if differs:
            order[kept] = order[k]
            kept += 1
    sums, masks = np.empty((kept, d)), np.empty(kept, dtype=np.int64)
    for k in range(kept):
        masks[k] = order[k] << first
        for j in range(d):
            sums[k, j] = rows[order[k], j]
    return sums, masks


@njit(cache=True, nogil=True)
def subset_error(X: FloatArray, z: FloatArray, mask: int) -> float:
    """‖Σ_mask X_i − z‖_∞, summed in index order."""
    n, d = X.shape
    largest = 0.0
    for j in range(d):
        total = 0.0
        for i in range(n):
            if (mask >> i) & 1:
                total += X[i, j]
        largest = max(largest, abs(total - z[j]))
    return largest
