"""Compiled: the lines of `slth.supnorm.zonotope.kinks` for one box, and one row at one layer.

Every rise is off by a few operations on the ends of its range and moved outward by as much.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import UNIT
from slth.supnorm.zonotope.dense.lines import HI_D, HI_F, HI_G, LO_D, LO_F, LO_G, F, G

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_NORMAL = 2.0**-1022
# of kinks: whether open, the chord's slope and rise, largest |z|, of f, then of g; then of δ
OPEN, CHORD, RISE, LARGEST = 0, 1, 2, 3
ABOVE, OVER, BELOW, UNDER, WORTH = 8, 9, 10, 11, 12
# of a tape: slope and rise of f's line, of g's and of the pair's; coefficients of σ(z_f), σ(z_g);
# what may be split off, and of whom
LINE_F, RISE_F, LINE_G, RISE_G, LINE_D, RISE_D, REST_F, REST_G, COMMON, WHOSE = range(10)


@_njit
def find_kinks(ends: FloatArray, relu: bool, out: FloatArray) -> None:
    """The lines of a layer, (13, n), written over zeros; ends: (6, n)."""
    for j in range(ends.shape[1]):
        one_side(ends[LO_F, j], ends[HI_F, j], relu, out, 0, j)
        one_side(ends[LO_G, j], ends[HI_G, j], relu, out, 4, j)
        lo, hi = ends[LO_D, j], ends[HI_D, j]
        room = 8 * UNIT * (abs(lo) + abs(hi)) + _NORMAL
        above, below = (1.0, 0.0) if lo >= 0 else (0.0, 1.0)
        if lo < 0 < hi:
            above = hi / (hi - lo)
            below = min(-lo / (hi - lo), 1.0)
        out[ABOVE, j], out[BELOW, j] = above, below
        out[OVER, j] = max(max(hi, 0.0) - above * hi, max(lo, 0.0) - above * lo) + room
        out[UNDER, j] = min(min(hi, 0.0) - below * hi, min(lo, 0.0) - below * lo) - room
        apart = 0.5 * (max(hi, 0.0) - min(lo, 0.0))
        if out[OPEN, j] > 0 and out[4 + OPEN, j] > 0 and apart < out[RISE, j] + out[4 + RISE, j]:
            out[WORTH, j] = 1.0


@_njit
def one_side(lo: float, hi: float, relu: bool, out: FloatArray, first: int, j: int) -> None:
    """A ReLU over [lo, hi], in the rows from ``first`` on."""
    out[first + LARGEST, j] = max(abs(lo), abs(hi))
    if not relu or lo >= 0:
        out[first + CHORD, j] = 1.0
    elif hi > 0:
        slope = hi / (hi - lo)
        out[first + OPEN, j], out[first + CHORD, j] = 1.0, slope
        out[first + RISE, j] = max(-slope * lo, (1 - slope) * hi) * (1 + 8 * UNIT) + _NORMAL


@_njit
def through(
    row: FloatArray, kinks: FloatArray, slopes: FloatArray, tape: FloatArray
) -> tuple[float, float, float]:
    """A row (2, n) of σ(z_f), σ(z_g) becomes one of z_f, z_g that is no less, in place.

    kinks: (13, n). slopes: (3, n), of the lower lines of f and g, and w. tape: (10, n), written.
    Returns the shift, Σ|terms| of it and of the coefficients times what they stand before, and that
    of the pair's lines.
    """
    shift, size, apart = 0.0, 0.0, 0.0
    for j in range(row.shape[1]):
        a, b = row[F, j], row[G, j]
        size += abs(a) * (kinks[LARGEST, j] + kinks[RISE, j])
        size += abs(b) * (kinks[4 + LARGEST, j] + kinks[4 + RISE, j])
        common, whose = 0.0, 0.0
        if kinks[OPEN, j] > 0 and kinks[4 + OPEN, j] > 0 and a * b < 0:
            common, whose = (a, 1.0) if abs(a) <= abs(b) else (-b, 2.0)
        c = common * slopes[2, j]
        apart += abs(c) * (abs(kinks[OVER, j]) + abs(kinks[UNDER, j]))
        upper = common > 0
        line_d = kinks[ABOVE, j] if upper else kinks[BELOW, j]
        rise_d = kinks[OVER, j] if upper else kinks[UNDER, j]
        rest_f, rest_g = a - c, b + c
        line_f, rise_f = kinks[CHORD, j], kinks[RISE, j]
        if rest_f <= 0:
            line_f, rise_f = slopes[F, j] if kinks[OPEN, j] > 0 else line_f, 0.0
        line_g, rise_g = kinks[4 + CHORD, j], kinks[4 + RISE, j]
        if rest_g <= 0:
            line_g, rise_g = slopes[G, j] if kinks[4 + OPEN, j] > 0 else line_g, 0.0
        shift += rest_f * rise_f + rest_g * rise_g + c * rise_d
        row[F, j] = rest_f * line_f + c * line_d
        row[G, j] = rest_g * line_g - c * line_d
        tape[LINE_F, j], tape[RISE_F, j] = line_f, rise_f
        tape[LINE_G, j], tape[RISE_G, j] = line_g, rise_g
        tape[LINE_D, j], tape[RISE_D, j] = line_d, rise_d
        tape[REST_F, j], tape[REST_G, j] = rest_f, rest_g
        tape[COMMON, j], tape[WHOSE, j] = common, whose
    return shift, size, apart


@_njit
def learn(
    z: FloatArray, kinks: FloatArray, tape: FloatArray, rate: float, slopes: FloatArray
) -> FloatArray:
    """What the lines of the tape make of z (2, n); moves the slopes against the bound's gradient.

    At the input where the last line is largest the bound's derivative by a coefficient is the value
    of what stands behind it there, lines in place of ReLUs.
    """
    out = np.empty(z.shape)
    for j in range(z.shape[1]):
        f = tape[LINE_F, j] * z[F, j] + tape[RISE_F, j]
        g = tape[LINE_G, j] * z[G, j] + tape[RISE_G, j]
        out[F, j], out[G, j] = f, g
        if tape[WHOSE, j] > 0:
            more = tape[LINE_D, j] * (z[F, j] - z[G, j]) + tape[RISE_D, j] - f + g
            if tape[WHOSE, j] == 1.0:
                out[F, j] += slopes[2, j] * more
            else:
                out[G, j] -= slopes[2, j] * more
            slopes[2, j] = min(1.0, max(0.0, slopes[2, j] - rate * np.sign(tape[COMMON, j] * more)))
        for h in range(2):
            if kinks[4 * h + OPEN, j] > 0 and tape[REST_F + h, j] < 0:
                step = rate * np.sign(tape[REST_F + h, j] * z[h, j])
                slopes[h, j] = min(1.0, max(0.0, slopes[h, j] - step))
    return out
