"""Compiled: ranges of what a layer of ReLUs reads, and the lines about them, of one box.

`slth.supnorm.zonotope.ranges` and `slth.supnorm.zonotope.relu` have the formulas. Rounding here is
relative: an end that a few operations on sizes s found moves outward by γ (Σ s) + `FLOOR`.
"""

from typing import Any

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import FLOOR, UNIT

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_NORMAL = 2.0**-1022
F, G, D = 0, 1, 2  # of centres, errors, radii
LO_F, HI_F, LO_G, HI_G, LO_D, HI_D = range(6)  # of ends
# of lines: σ(x_f) = SLOPE_F x_f + HALF_F + HALF_F ε, and σ(x_f) − σ(x_g) =
# SLOPE δ + BY_F x_f + BY_G x_g + SHIFT + NEW_F ε_f + NEW_G ε_g + NEW_D ε_δ
SLOPE_F, SLOPE_G, HALF_F, HALF_G, SLOPE, BY_F, BY_G, SHIFT, NEW_F, NEW_G, NEW_D = range(11)


@_njit
def find_ends(
    centre: FloatArray, radius: FloatArray, apart: FloatArray, relative: float, ends: FloatArray
) -> None:
    """Ranges of x_f, x_g and δ from their forms, that of δ met with x_f less x_g.

    centre, radius: (3, n), radii at least those of the forms. apart: (n,), at least that of f's
    form less g's. relative: γ of more than 8 operations. ends: (6, n), written.
    """
    for j in range(centre.shape[1]):
        for h in range(3):
            c, r = centre[h, j], radius[h, j]
            room = relative * (abs(c) + r) + FLOOR
            ends[2 * h, j], ends[2 * h + 1, j] = (c - r) - room, (c + r) + room
        c, r = centre[F, j] - centre[G, j], apart[j]
        room = relative * (abs(c) + r) + FLOOR
        ends[LO_D, j] = max(ends[LO_D, j], (c - r) - room)
        ends[HI_D, j] = min(ends[HI_D, j], (c + r) + room)


@_njit
def meet(ends: FloatArray, other: FloatArray) -> None:
    """The ranges met with others of the same numbers, (6, n) both."""
    for h in range(3):
        for j in range(ends.shape[1]):
            ends[2 * h, j] = max(ends[2 * h, j], other[2 * h, j])
            ends[2 * h + 1, j] = min(ends[2 * h + 1, j], other[2 * h + 1, j])


@_njit
def make_consistent(ends: FloatArray) -> None:
    """The ranges narrowed by δ = x_f − x_g, x_f = x_g + δ and x_g = x_f − δ.

    Every end is one difference of two others, off by u times their sizes, and so is its move.
    """
    for j in range(ends.shape[1]):
        lf, uf, lg = ends[LO_F, j], ends[HI_F, j], ends[LO_G, j]
        ug, ld, ud = ends[HI_G, j], ends[LO_D, j], ends[HI_D, j]
        room = 8 * UNIT * (abs(lf) + abs(uf) + abs(lg) + abs(ug) + abs(ld) + abs(ud)) + FLOOR
        ld, ud = max(ld, (lf - ug) - room), min(ud, (uf - lg) + room)
        lf, uf = max(lf, (lg + ld) - room), min(uf, (ug + ud) + room)
        lg, ug = max(lg, (lf - ud) - room), min(ug, (uf - ld) + room)
        ends[LO_F, j], ends[HI_F, j] = lf, uf
        ends[LO_G, j], ends[HI_G, j] = lg, ug
        ends[LO_D, j], ends[HI_D, j] = ld, ud


@_njit
def chord(lo: float, hi: float) -> tuple[float, float]:
    """Slope and half of the strip about the ReLU over [lo, hi], half rounded up."""
    if hi <= 0:
        return 0.0, 0.0
    if lo >= 0:
        return 1.0, 0.0
    slope = hi / (hi - lo)
    top = max(-slope * lo, (1 - slope) * hi)  # at most three roundings
    return slope, 0.5 * top * (1 + 8 * UNIT) + _NORMAL


@_njit
def find_lines(ends: FloatArray, radius: FloatArray, relu: bool, lines: FloatArray) -> None:
    """The lines of every pair, (11, n), written over zeros; identity where ``relu`` is not."""
    for j in range(ends.shape[1]):
        if not relu:
            lines[SLOPE_F, j], lines[SLOPE_G, j], lines[SLOPE, j] = 1.0, 1.0, 1.0
            continue
        of_f, half_f = chord(ends[LO_F, j], ends[HI_F, j])
        of_g, half_g = chord(ends[LO_G, j], ends[HI_G, j])
        lines[SLOPE_F, j], lines[HALF_F, j] = of_f, half_f
        lines[SLOPE_G, j], lines[HALF_G, j] = of_g, half_g
        half = 0.5 * max(abs(ends[LO_D, j]), abs(ends[HI_D, j])) + _NORMAL
        gap = of_f - of_g
        both = half_f > 0 and half_g > 0
        if both and half < half_f + half_g + abs(gap) * min(radius[F, j], radius[G, j]):
            lines[SLOPE, j], lines[NEW_D, j] = 0.5, half * (1 + 2 * UNIT)
            continue
        lines[SHIFT, j] = half_f - half_g
        lines[NEW_F, j], lines[NEW_G, j] = half_f, -half_g
        if radius[F, j] < radius[G, j]:
            lines[SLOPE, j], lines[BY_F, j] = of_g, gap
        else:
            lines[SLOPE, j], lines[BY_G, j] = of_f, gap
