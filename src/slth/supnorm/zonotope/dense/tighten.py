"""Compiled: ranges of what open ReLUs read, narrowed by rows passed back, layer by layer."""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.zonotope.dense.lines import D, F, G, make_consistent
from slth.supnorm.zonotope.dense.rows import bound_row, of_box, reached

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def tighten(
    net: Any, back: FloatArray, lo: FloatArray, hi: FloatArray, ends: FloatArray, steps: int,
    layers: int,
) -> None:  # fmt: skip
    """Meet ranges (6, entries) of the first ``layers`` layers over one box with those of rows.

    ends: met in place. A row each for either end of z_f where f's phase is open, of z_g where g's
    is, and of δ where one of them is; at the outputs of δ alone.
    """
    depth, at = len(net[0]) - 1, lo.copy()
    none = np.empty(0, np.int64), np.empty(0), np.empty((0, len(lo))), np.empty(0)
    for top in range(1, layers):
        first, n = net[2][top], net[0][top + 1]
        here = ends[:, first : first + n]
        places = of_box(net, ends, reached(lo, hi), top)
        for j in range(n):
            is_open = opened(here, j, net[7][top], top + 1 == depth)
            for case in range(6):
                h, sign = case // 2, 1.0 - 2.0 * (case % 2)
                if not is_open[h]:
                    continue
                row = np.zeros((2, n))
                if h != G:
                    row[F, j] = sign
                if h != F:
                    row[G, j] = -sign if h == D else sign
                end = 2 * h + 1 if sign > 0 else 2 * h
                found = bound_row(
                    net, back, row, top, places, sign * here[end, j], (0.0, -np.inf), steps,
                    (lo, hi), at, none,
                )  # fmt: skip
                here[end, j] = sign * found
        make_consistent(here)


@_njit
def tighten_boxes(
    net: Any, back: FloatArray, lo: FloatArray, hi: FloatArray, ends: FloatArray, steps: int
) -> None:
    """The same of all but the outputs, for boxes (B, inputs) with ranges (B, 6, entries)."""
    for b in range(len(lo)):
        tighten(net, back, lo[b], hi[b], ends[b], steps, len(net[0]) - 2)


@_njit
def opened(ends: FloatArray, j: int, relu: bool, last: bool) -> tuple[bool, bool, bool]:
    """Whether the ranges of z_f, of z_g and of δ of a neuron count for what comes after it."""
    if last:
        return False, False, True
    if not relu:
        return True, True, True
    f = ends[2 * F, j] < 0 < ends[2 * F + 1, j]
    g = ends[2 * G, j] < 0 < ends[2 * G + 1, j]
    return f, g, f or g
