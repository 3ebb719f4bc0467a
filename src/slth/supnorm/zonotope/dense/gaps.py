"""Compiled: what open phases add to the bound of a row, which says where to fix one.

At an input where the row's line is largest the line less the row is the sum of what the lines of
all ReLUs are above them there (Bunel et al., JMLR 2020, branch on such scores); a tenth of the
most that each may be above over its range is added, since lines are often exact at one input.
A guide: no bound depends on it.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.zonotope.dense.arrays import matrices, shifted
from slth.supnorm.zonotope.dense.kinks import (
    COMMON,
    LINE_D,
    LINE_F,
    OPEN,
    REST_F,
    RISE_D,
    RISE_F,
)
from slth.supnorm.zonotope.dense.lines import LO_D, LO_F, D, F, G
from slth.supnorm.zonotope.dense.products import add_row

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_RANGE = 0.1  # share of what lines may be above ReLUs over their ranges


@_njit
def above(line: float, rise: float, z: float, value: float, lo: float, hi: float) -> float:
    """How far a line is off a ReLU, or a difference of two, whose value at z is given."""
    return abs(line * z + rise - value) + _RANGE * max(-lo * line, hi * (1 - line))


@_njit
def add_gaps(
    net: Any, places: Any, ends: FloatArray, at: FloatArray, top: int, share: float, out: FloatArray
) -> FloatArray:
    """Add ``share`` times what open phases add to the last row passed back to out (2, entries).

    Returns the sizes of the coefficients of stable neurons that are read with the other sign at
    the input ``at``, (2, entries); 0 elsewhere.
    """
    kinks, slopes, tape = places[1], places[2], places[3]
    broken, z, gap = np.zeros(out.shape), np.empty((2, len(at))), 0.0
    for i in range(len(at)):
        z[F, i], z[G, i] = at[i], at[i]
    for layer in range(top):
        first, kernels, read = net[2][layer], matrices(net, 3, layer), shifted(net, layer)
        for h in range(2):
            add_row(z[h], kernels[h], read[h])
        z = read
        if not net[7][layer]:
            continue
        for j in range(net[0][layer + 1]):
            k, apart = first + j, z[F, j] - z[G, j]
            if kinks[OPEN, k] > 0 and kinks[4 + OPEN, k] > 0:
                value = max(z[F, j], 0.0) - max(z[G, j], 0.0)
                gap = above(
                    tape[LINE_D, k], tape[RISE_D, k], apart, value, ends[LO_D, k], ends[LO_D + 1, k]
                )
                gap *= share * abs(tape[COMMON, k] * slopes[D, k])
                out[F, k] += gap
                out[G, k] += gap
            for h in range(2):
                line, rise = tape[LINE_F + 2 * h, k], tape[RISE_F + 2 * h, k]
                lo, hi = ends[LO_F + 2 * h, k], ends[LO_F + 2 * h + 1, k]
                size, value = abs(tape[REST_F + h, k]), max(z[h, j], 0.0)
                if kinks[4 * h + OPEN, k] > 0:
                    out[h, k] += share * size * above(line, rise, z[h, j], value, lo, hi)
                elif line * z[h, j] != value:
                    broken[h, k] = size
                z[h, j] = value
    return broken
