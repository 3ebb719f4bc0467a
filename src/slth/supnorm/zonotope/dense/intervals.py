"""Compiled: ranges behind a layer by intervals alone, of one box.

For what ReLUs give, σ(x_f), σ(x_g) and their difference, in c ± r:
    W_f c_f ± |W_f| r_f, the same of g, W_f c_δ + E c_g ± (|W_f| r_δ + |E| r_g) and
    W_g c_δ + E c_f ± (|W_g| r_δ + |E| r_f), whose ranges of δ are met.
Rounding as in `slth.supnorm.zonotope.dense.passes`, with sizes |c| + r.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import FLOOR, UNIT
from slth.supnorm.zonotope.dense.lines import HI_D, HI_F, HI_G, LO_D, LO_F, LO_G, D, F, G
from slth.supnorm.zonotope.dense.products import add_row

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def rise(hi_f: float, hi_d: float, near: float, room: float) -> float:
    """Largest σ(x_f) − σ(x_g) at x_g = near, as `differential.relu_pair`; room: for rounding."""
    p, n = max(near, 0.0), max(-near, 0.0)
    return max(min((hi_f - p) + room, (hi_d - n) + room), -p)


@_njit
def put(lo: float, hi: float, h: int, j: int, middle: FloatArray, radius: FloatArray) -> None:
    """A range as its middle and radius."""
    c = 0.5 * lo + 0.5 * hi
    middle[h, j], radius[h, j] = c, max(hi - c, c - lo) * (1 + 4 * UNIT)


@_njit
def read_ranges(ends: FloatArray, relu: bool) -> tuple[FloatArray, FloatArray]:
    """Middles and radii, (3, n) each, of what ReLUs give that read numbers in ``ends``, (6, n)."""
    n = ends.shape[1]
    middle, radius = np.empty((3, n)), np.empty((3, n))
    for j in range(n):
        lf, uf, lg = ends[LO_F, j], ends[HI_F, j], ends[LO_G, j]
        ug, ld, ud = ends[HI_G, j], ends[LO_D, j], ends[HI_D, j]
        size = abs(lf) + abs(uf) + abs(lg) + abs(ug) + abs(ld) + abs(ud)
        room = 8 * UNIT * size + FLOOR
        if relu:
            # the nearest to 0 that x_g, and x_f, may be at the largest and least δ
            near = min(max(0.0, max(lg, (lf - ud) - room)), min(ug, (uf - ld) + room))
            high = rise(uf, ud, near, room)
            near = min(max(0.0, max(lf, (lg + ld) - room)), min(uf, (ug + ud) + room))
            ld, ud = -rise(ug, -ld, near, room), high
            lf, uf, lg, ug = max(lf, 0.0), max(uf, 0.0), max(lg, 0.0), max(ug, 0.0)
        put(lf, uf, F, j, middle, radius)
        put(lg, ug, G, j, middle, radius)
        put(ld, ud, D, j, middle, radius)
    return middle, radius


@_njit
def meet_intervals(
    kernels: tuple[FloatArray, FloatArray, FloatArray],
    sizes: tuple[FloatArray, FloatArray, FloatArray], shift: FloatArray, gamma: float,
    before: tuple[FloatArray, FloatArray], ends: FloatArray,
) -> None:  # fmt: skip
    """Meet ``ends``, (6, n'), behind a layer with the intervals of ``before`` passed through it."""
    middle, wide = before[0], before[1]
    for h in range(3):
        for j in range(middle.shape[1]):
            wide[h, j] += gamma * (abs(middle[h, j]) + wide[h, j])
    n = ends.shape[1]
    c, r = np.empty(n), np.empty(n)
    for case in range(4):
        h, of = min(case, D), case % 2  # f, g, δ by W_f, δ by W_g
        for j in range(n):
            c[j], r[j] = shift[h, j], gamma * abs(shift[h, j])
        add_row(middle[h], kernels[of], c)
        add_row(wide[h], sizes[of], r)
        if h == D:
            add_row(middle[1 - of], kernels[2], c)
            add_row(wide[1 - of], sizes[2], r)
        for j in range(n):
            room = r[j] * (1 + gamma) + 4 * UNIT * abs(c[j]) + FLOOR
            ends[2 * h, j] = max(ends[2 * h, j], c[j] - room)
            ends[2 * h + 1, j] = min(ends[2 * h + 1, j], c[j] + room)
