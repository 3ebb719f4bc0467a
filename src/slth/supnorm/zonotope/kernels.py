"""Compiled passes over the rows of forms: sums of sizes, and the rows behind a ReLU.

Every entry is computed by the same few float64 operations as its formula says, products may be
fused with sums; `slth.supnorm.zonotope.relu` has the formulas and accounts for the rounding.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def column_sizes(rows: FloatArray, first: int, end: int) -> FloatArray:
    """Σ |rows[b, k, j]| over first ≤ k < end, one after the other: (B, N)."""
    boxes, _, entries = rows.shape
    out = np.zeros((boxes, entries))
    for b in range(boxes):
        for k in range(first, end):
            for j in range(entries):
                out[b, j] += abs(rows[b, k, j])
    return out


@_njit
def scaled(
    rows: FloatArray, slope: FloatArray, shift: FloatArray, half: FloatArray, at: Any
) -> FloatArray:
    """Rows slope · x, shift added to the constant, then half of neuron at[b, i] alone in row i."""
    boxes, count, entries = rows.shape
    out = np.zeros((boxes, count + at.shape[1], entries))
    for b in range(boxes):
        for k in range(count):
            for j in range(entries):
                out[b, k, j] = slope[b, j] * rows[b, k, j]
        for j in range(entries):
            out[b, 0, j] += shift[b, j]
        for i in range(at.shape[1]):
            out[b, count + i, at[b, i]] = half[b, at[b, i]]
    return out


@_njit
def combined(
    delta: FloatArray,
    f: FloatArray,
    g: FloatArray,
    counts: tuple[int, int, int],
    slopes: tuple[FloatArray, FloatArray, FloatArray],
    shift: FloatArray,
    halves: tuple[FloatArray, FloatArray, FloatArray],
    ats: Any,
) -> FloatArray:
    """Rows slope δ + by_f x_f + by_g x_g + shift and those of new symbols, kind by kind.

    counts: shared rows, and symbols of f and of g before. halves, ats: of the new symbols of f, g
    and pairs, as in `scaled`.
    """
    shared, own_f, own_g = counts
    slope, by_f, by_g = slopes
    boxes, count, entries = delta.shape
    new_f, new_g, new_d = ats[0].shape[1], ats[1].shape[1], ats[2].shape[1]
    out = np.zeros((boxes, count + new_f + new_g + new_d, entries))
    for b in range(boxes):
        for k in range(count):
            to = k
            if k >= shared + own_f:
                to += new_f
            if k >= shared + own_f + own_g:
                to += new_g
            for j in range(entries):
                out[b, to, j] = slope[b, j] * delta[b, k, j]
        for k in range(shared + own_f):
            for j in range(entries):
                out[b, k, j] += by_f[b, j] * f[b, k, j]
        for k in range(shared + own_g):
            to = k if k < shared else k + own_f + new_f
            for j in range(entries):
                out[b, to, j] += by_g[b, j] * g[b, k, j]
        for j in range(entries):
            out[b, 0, j] += shift[b, j]
        start = shared + own_f
        for i in range(new_f):
            out[b, start + i, ats[0][b, i]] = halves[0][b, ats[0][b, i]]
        start += new_f + own_g
        for i in range(new_g):
            out[b, start + i, ats[1][b, i]] = halves[1][b, ats[1][b, i]]
        start = count + new_f + new_g
        for i in range(new_d):
            out[b, start + i, ats[2][b, i]] = halves[2][b, ats[2][b, i]]
    return out
