"""Compiled: the matrices of a pair of dense networks, and what its float64 evaluation is off by.

A pair is a tuple: widths (L + 1,), where each layer's entries begin in the flat kernels (L + 1,),
and in all places behind a layer (L + 1,), kernels W_f, W_g, E of all layers (3, ·), biases b_f, b_g
and b_f − b_g (3, entries), sizes of the kernels, γ of every layer (L,), whether a ReLU follows
(L,), γ of sums over all rows, and sizes of the biases (3, entries). Inputs that have one value in
every box are part of the first biases, their products of the sizes: a dot product may be summed in
any order.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.zonotope.dense.passes import raised, sized
from slth.supnorm.zonotope.dense.products import add_row

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def matrices(net: Any, which: int, layer: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of f, of g and their difference, (inputs, outputs): 3 the kernels, 5 their sizes."""
    flat = net[3] if which == 3 else net[5]
    first, end, m, n = net[1][layer], net[1][layer + 1], net[0][layer], net[0][layer + 1]
    return (
        flat[0, first:end].reshape(m, n),
        flat[1, first:end].reshape(m, n),
        flat[2, first:end].reshape(m, n),
    )


@_njit
def shifted(net: Any, layer: int) -> FloatArray:
    """Biases of f, of g and their difference, (3, outputs)."""
    first = net[2][layer]
    out = np.empty((3, net[2][layer + 1] - first))
    for h in range(3):
        for j in range(out.shape[1]):
            out[h, j] = net[4][h, first + j]
    return out


@_njit
def shift_sizes(net: Any, layer: int) -> FloatArray:
    """At least Σ|terms| of the biases, as `shifted`."""
    return net[9][:, net[2][layer] : net[2][layer + 1]]


@_njit
def evaluated(net: Any, layer: int, error: FloatArray, size: FloatArray) -> FloatArray:
    """Bound |fl x_f − x_f| and |fl x_g − x_g| behind a layer, (2, n'), from what it reads.

    error: the same before it. size: at least |x_f| and |x_g|. The rule is that of
    `slth.supnorm.ranges.evaluation_error`.
    """
    gamma = net[6][layer]
    sizes, out = matrices(net, 5, layer), sized(shift_sizes(net, layer)[:2], gamma)
    for h in range(2):
        for j in range(error.shape[1]):
            error[h, j] += gamma * (size[h, j] + error[h, j])
    add_row(error[0], sizes[0], out[0])
    add_row(error[1], sizes[1], out[1])
    return raised(out, gamma)


@_njit
def read(
    net: Any, layer: int, error: FloatArray, ends: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Evaluation errors and sizes (2, n) behind the ReLUs of ``layer``.

    Where a ReLU reads at most 0, and so does its evaluation, nothing is carried on.
    """
    size = np.empty(error.shape)
    for h in range(2):
        for j in range(error.shape[1]):
            lo, hi = ends[2 * h, j], ends[2 * h + 1, j]
            size[h, j] = max(abs(lo), abs(hi))
            if net[7][layer]:
                size[h, j] = max(hi, 0.0)
                if hi + error[h, j] <= 0:  # no sum is rounded across 0
                    error[h, j] = 0.0
    return error, size
