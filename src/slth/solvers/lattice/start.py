"""A first subset: from the empty one, the best single change while one helps."""

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels.compiled import njit


@njit(cache=True, nogil=True)
def descend(X: FloatArray, z: FloatArray, size: int, limit: int) -> BoolArray:
    """Flip a candidate, or exchange two at a fixed size ≥ 0, while that lowers the sup norm.

    limit: changes tried, about. Returns (n,) bool.
    """
    n, d = X.shape
    keep = np.zeros(n, dtype=np.bool_)
    gap = -z
    for i in range(max(size, 0)):
        keep[i] = True
        gap = gap + X[i]
    error = _largest(gap)
    tried = 0
    while tried < limit:
        best, out, into = error, -1, -1
        for i in range(n):
            if size >= 0 and not keep[i]:
                continue
            for k in range(n if size >= 0 else 1):
                if size >= 0 and keep[k]:
                    continue
                tried += 1
                trial = 0.0
                for j in range(d):
                    change = -X[i, j] if keep[i] else X[i, j]
                    trial = max(trial, abs(gap[j] + change + (X[k, j] if size >= 0 else 0.0)))
                if trial < best:
                    best, out, into = trial, i, k
        if out < 0:
            break
        gap = gap - X[out] if keep[out] else gap + X[out]
        keep[out] = not keep[out]
        if size >= 0:
            gap = gap + X[into]
            keep[into] = True
        error = best
    return keep


@njit(cache=True, nogil=True)
def _largest(gap: FloatArray) -> float:
    worst = 0.0
    for value in gap:
        worst = max(worst, abs(value))
    return worst
