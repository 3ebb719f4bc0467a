"""Errors of many subsets, bit for bit as `Instance.error` forms one."""

import numpy as np
from numba import types

from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers.kernels.compiled import njit


def _view(item: types.Type, ndim: int) -> types.Array:
    """Any strides, writable or not: one compiled function for every array."""
    return types.Array(item, ndim, "A", readonly=True)


VIEWS = types.void(
    _view(types.float64, 3),
    _view(types.float64, 2),
    _view(types.boolean, 2),
    types.float64[::1],
)


def batch_error(X: FloatArray, Z: FloatArray, keep: BoolArray) -> FloatArray:
    """‖Σ_keep X_i − z‖_∞ of each instance: X (B, n, d), Z (B, d), keep (B, n); returns (B,).

    Every sum is taken in index order. Nothing is copied: an error costs n·d additions.
    """
    error = np.empty(len(X))
    _fill(X, Z, keep, error)
    for b in np.flatnonzero(~np.isfinite(error)):  # a sum on the way may have overflowed
        error[b] = Instance(X[b], Z[b]).error(keep[b])
    return error


@njit(VIEWS, cache=True, nogil=True)
def _fill(X: FloatArray, Z: FloatArray, keep: BoolArray, error: FloatArray) -> None:
    B, n, d = X.shape
    totals = np.empty(d)
    for b in range(B):
        if d == 1:  # adding 0 for what is not kept changes no bit, and branches on nothing
            total = 0.0
            for i in range(n):
                total += X[b, i, 0] if keep[b, i] else 0.0
            error[b] = abs(total - Z[b, 0])
            continue
        totals[:] = 0.0
        for i in range(n):
            if keep[b, i]:
                for j in range(d):
                    totals[j] += X[b, i, j]
        worst = 0.0
        for j in range(d):
            gap = abs(totals[j] - Z[b, j])
            if gap > worst or gap != gap:  # an overflow to inf − inf stays visible
                worst = gap
        error[b] = worst
