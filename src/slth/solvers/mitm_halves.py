"""Half sums of d >= 2 without storing them: two quarter lists from which any block is generated.

Schroeppel and Shamir 1981: {u + v} is listed in slabs of coordinate 0 with memory 2^(n/4).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from slth.checks import FloatArray


class Half(NamedTuple):
    """Two quarter lists, each sorted by coordinate 0; the half is {u + v}.

    u, v: (q, d) sums; u_mask, v_mask: (q,) int64, bit i = candidate i.
    """

    u: FloatArray
    u_mask: np.ndarray
    v: FloatArray
    v_mask: np.ndarray


class Block(NamedTuple):
    """The rows with low0 ≤ row_0 < high0 and low1 ≤ row_1 < high1."""

    low0: float
    high0: float
    low1: float
    high1: float


@njit(cache=True, nogil=True)
def quarter(
    X: FloatArray, first: int, base: FloatArray, sign: float
) -> tuple[FloatArray, np.ndarray]:
    """All base + sign·Σ_S X_i, sorted by coordinate 0, equal rows once (lowest mask).

    X: (m, d), candidates first..first+m−1 of the instance, which the masks refer to.
    """
    m, d = X.shape
    rows = np.empty((1 << m, d))
    rows[0] = base
    for i in range(m):
        size = 1 << i
        for k in range(size):
            for j in range(d):
                rows[size + k, j] = rows[k, j] + sign * X[i, j]
    order = np.argsort(rows[:, 0], kind="mergesort")
    if _has_ties(rows, order):
        order = np.arange(1 << m)
        for j in range(d - 1, -1, -1):
            order = order[np.argsort(rows[order, j], kind="mergesort")]
    kept = 0
    for k in range(order.size):
        if kept == 0 or not np.array_equal(rows[order[k]], rows[order[kept - 1]]):
            order[kept] = order[k]
            kept += 1
    return rows[order[:kept]], order[:kept] << first


@njit(cache=True, nogil=True)
def _has_ties(rows: FloatArray, order: np.ndarray) -> bool:
    first = rows[order, 0]
    return bool((first[1:] == first[:-1]).any())


@njit(cache=True, nogil=True)
def fill(half: Half, block: Block, skip: int, rows: FloatArray, masks: np.ndarray) -> int:
    """Write the rows of the block, from the skip-th on, as many as fit; return how many.

    As u_0 grows, the interval of v with low0 ≤ u_0 + v_0 < high0 moves down: two pointers.
    """
    room, d = rows.shape
    u, u_mask, v, v_mask = half
    low0, high0, low1, high1 = block
    first = last = v.shape[0]
    seen = filled = 0
    for i in range(u.shape[0]):
        while first > 0 and u[i, 0] + v[first - 1, 0] >= low0:
            first -= 1
        while last > 0 and u[i, 0] + v[last - 1, 0] >= high0:
            last -= 1
        for k in range(first, last):
            inside = u[i, 1] + v[k, 1]
            if inside < low1 or inside >= high1:
                continue
            seen += 1
            if seen <= skip:
                continue
            if filled == room:
                return filled
            for j in range(d):
                rows[filled, j] = u[i, j] + v[k, j]
            masks[filled] = u_mask[i] | v_mask[k]
            filled += 1
    return filled


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
