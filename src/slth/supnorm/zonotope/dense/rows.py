"""Compiled: rows passed back through two dense networks, box by box, one row after the other.

The rule, the steps of the slopes and the slack are those of `slth.supnorm.zonotope.backward`; the
slopes' gradient comes from one pass forward at the input where the last line is largest.
In a part where phases are fixed, s z ≥ 0 with s = ±1, a row of z may have β s z, β ≥ 0, added on
its way: it is no less then. The float64 sum of a coefficient and β s is off the coefficient by a
number of the sign of s, which is such a multiplier itself: nothing is added to the slack.
Source: β-CROWN (Wang et al., NeurIPS 2021).
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import FLOOR, UNIT
from slth.supnorm.zonotope.dense.arrays import matrices, shift_sizes, shifted
from slth.supnorm.zonotope.dense.kinks import CHORD, WORTH, find_kinks, learn, through
from slth.supnorm.zonotope.dense.lines import F, G
from slth.supnorm.zonotope.dense.multipliers import hold
from slth.supnorm.zonotope.dense.passes import sized
from slth.supnorm.zonotope.dense.products import add_row

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_RATE, _DECAY = 0.5, 0.75
_REFINED = 2  # programs for the multipliers of fixed phases
_GAMMA_8 = 9 * UNIT  # at least γ_8


@_njit
def add_back(left: FloatArray, right: FloatArray, out: FloatArray) -> None:
    """Add left (m,) times right (m, n) to out (n,), rows of 0 left out."""
    for k in range(right.shape[0]):
        a = left[k]
        if a != 0:
            w = right[k]
            for j in range(out.shape[0]):
                out[j] += a * w[j]


@_njit
def find_spreads(net: Any, ends: FloatArray, reach: FloatArray) -> FloatArray:
    """At least what one output of every layer rounds by, of f and of g: (2, entries).

    reach: (inputs,), at least |x|.
    """
    out = np.empty((2, ends.shape[1]))
    size = np.empty((2, len(reach)))
    for j in range(len(reach)):
        size[F, j], size[G, j] = reach[j], reach[j]
    for layer in range(len(net[0]) - 1):
        gamma, first, n = net[6][layer], net[2][layer], net[0][layer + 1]
        sizes, found = matrices(net, 5, layer), sized(shift_sizes(net, layer)[:2], 1.0)
        for h in range(2):
            add_row(size[h], sizes[h], found[h])
        size = np.empty((2, n))
        for h in range(2):
            for j in range(n):
                out[h, first + j] = gamma * found[h, j] + FLOOR
                lo, hi = ends[2 * h, first + j], ends[2 * h + 1, first + j]
                size[h, j] = max(hi, 0.0) if net[7][layer] else max(abs(lo), abs(hi))
    return out


@_njit
def pass_back(
    net: Any, back: FloatArray, row: FloatArray, places: Any, top: int, line: FloatArray
) -> tuple[float, float, float]:
    """A line no less than row[0] · z_f + row[1] · z_g of layer ``top``, all over a part.

    places: of `of_box`. line: (inputs,), coefficients, written.
    Returns its constant, its slack and Σ|coefficients| times the largest |x|.
    """
    spreads, kinks, slopes, tape, held, reach = places
    value, slack = 0.0, 0.0
    for layer in range(top, -1, -1):
        first, n, m = net[2][layer], net[0][layer + 1], net[0][layer]
        rounded, part = 0.0, 0.0
        for h in range(2):
            for j in range(n):
                if layer < top:
                    row[h, j] += held[h, first + j]
                part += row[h, j] * net[4][h, first + j]
                rounded += abs(row[h, j]) * spreads[h, first + j]
        value += part
        slack += (2 + n / max(m, 1)) * rounded + _GAMMA_8 * abs(value)
        behind = np.zeros((2, m))
        for h in range(2):
            kernel = back[h, net[1][layer] : net[1][layer + 1]].reshape(n, m)
            add_back(row[h], kernel, behind[h])
        row = behind
        if layer > 0:
            here = slice(net[2][layer - 1], net[2][layer])
            shift, size, apart = through(row, kinks[:, here], slopes[:, here], tape[:, here])
            value += shift
            slack += (12 * m + 20) * UNIT * (2 * size + apart) + FLOOR
    size = 0.0
    for i in range(len(line)):
        line[i] = row[F, i] + row[G, i]
        size += (abs(row[F, i]) + abs(row[G, i])) * reach[i]
    return value, slack, size


@_njit
def largest(line: FloatArray, of: tuple[float, float, float], box: Any, at: FloatArray) -> float:
    """Upper bound of a line of `pass_back` over a box; where it is met is written to ``at``."""
    value, slack, size = of
    gain = 0.0
    for i in range(len(at)):
        at[i] = box[1][i] if line[i] >= 0 else box[0][i]
        gain += line[i] * at[i]
    slack += (4 * len(at) + 52) * UNIT * (4 * size + abs(value)) + FLOOR
    value += gain
    return (value + slack * (1 + 1e-9)) + 4 * UNIT * (abs(value) + slack)


@_njit
def move(
    net: Any, kinks: FloatArray, tape: FloatArray, at: FloatArray, rate: float, slopes: FloatArray,
    top: int,
) -> None:  # fmt: skip
    """One step of all slopes below layer ``top``."""
    read = np.empty((2, len(at)))
    for i in range(len(at)):
        read[F, i], read[G, i] = at[i], at[i]
    for layer in range(top):
        kernels, z = matrices(net, 3, layer), shifted(net, layer)[:2]
        add_row(read[F], kernels[F], z[F])
        add_row(read[G], kernels[G], z[G])
        here = slice(net[2][layer], net[2][layer + 1])
        read = learn(z, kinks[:, here], tape[:, here], rate, slopes[:, here])


@_njit
def bound_row(
    net: Any, back: FloatArray, row: FloatArray, top: int, places: Any, found: float,
    stop: tuple[float, float], steps: int, box: Any, at: FloatArray, cuts: Any,
) -> float:  # fmt: skip
    """The least of ``found`` and the bounds of a row (2, n) over ``steps`` steps of its slopes.

    places: of `of_box`. stop: once the bound plus stop[0] is at most stop[1], no more is asked.
    box: lo and hi. at: (inputs,), an input where the row's line is largest, written. cuts: lines of
    the phases that are fixed (`multipliers`); where there are any, their multipliers are found in
    place of slopes, which stay as they start.
    """
    kinks, slopes, tape, held = places[1], places[2], places[3], places[4]
    start(kinks, slopes, held)
    line, corner = np.empty(len(at)), np.empty(len(at))
    count = len(cuts[1])
    last = steps if count == 0 else _REFINED
    for step in range(last + 1):
        of = pass_back(net, back, row, places, top, line)
        value = largest(line, of, box, corner)
        if step == 0 or count == 0:
            for i in range(len(at)):
                at[i] = corner[i]
        if value < found:
            found = value
        if step == last or (found + stop[0]) * (1 + 4 * UNIT) <= stop[1]:
            break
        if count > 0:
            hold(line, of[0], cuts, box, stop[1] - stop[0], held, at)
        else:
            move(net, kinks, tape, at, _RATE * _DECAY**step, slopes, top)
    return found


@_njit
def of_box(net: Any, ends: FloatArray, reach: FloatArray, top: int) -> Any:
    """What rows of a box use: spreads, kinks, slopes, a tape, signed multipliers, and ``reach``.

    ends: (6, entries). reach: (inputs,), at least |x|.
    """
    entries = ends.shape[1]
    kinks = np.zeros((13, entries))
    for layer in range(top):
        here = slice(net[2][layer], net[2][layer + 1])
        find_kinks(ends[:, here], net[7][layer], kinks[:, here])
    spreads = find_spreads(net, ends, reach)
    held = np.zeros((2, entries))
    return spreads, kinks, np.empty((3, entries)), np.empty((10, entries)), held, reach


@_njit
def reached(lo: FloatArray, hi: FloatArray) -> FloatArray:
    """At least |x| of every input."""
    out = np.empty(len(lo))
    for i in range(len(lo)):
        out[i] = max(abs(lo[i]), abs(hi[i]))
    return out


@_njit
def start(kinks: FloatArray, slopes: FloatArray, held: FloatArray) -> None:
    """DeepPoly's lower lines, δ's lines where they leave less room, and no multipliers."""
    for j in range(kinks.shape[1]):
        for h in range(2):
            held[h, j] = 0.0
            # the chord's slope is above ½ where hi > −lo
            slopes[h, j] = 1.0 if kinks[4 * h + CHORD, j] > 0.5 else 0.0
        slopes[2, j] = kinks[WORTH, j]
