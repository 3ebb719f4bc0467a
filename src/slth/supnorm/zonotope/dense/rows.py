"""Compiled: rows passed back through two dense networks, box by box, one row after the other.

The rule, the steps of the slopes and the slack are those of `slth.supnorm.zonotope.backward`; the
slopes' gradient comes from one pass forward at the input where the last line is largest.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import FLOOR, UNIT
from slth.supnorm.zonotope.dense.arrays import matrices, shift_sizes, shifted
from slth.supnorm.zonotope.dense.kinks import CHORD, WORTH, find_kinks, learn, through
from slth.supnorm.zonotope.dense.lines import HI_D, LO_D, F, G
from slth.supnorm.zonotope.dense.passes import sized
from slth.supnorm.zonotope.dense.products import add_row

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_RATE, _DECAY = 0.5, 0.75
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
    net: Any, back: FloatArray, row: FloatArray, spreads: FloatArray, kinks: FloatArray,
    slopes: FloatArray, tape: FloatArray, box: tuple[FloatArray, FloatArray],
    at: FloatArray, top: int,
) -> float:  # fmt: skip
    """Upper bound of row[0] · z_f + row[1] · z_g of layer ``top``.

    at: where the last line is largest, written.
    """
    value, slack = 0.0, 0.0
    for layer in range(top, -1, -1):
        first, n, m = net[2][layer], net[0][layer + 1], net[0][layer]
        rounded, part = 0.0, 0.0
        for h in range(2):
            for j in range(n):
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
    size, gain = 0.0, 0.0
    for i in range(len(at)):
        c = row[F, i] + row[G, i]
        at[i] = box[1][i] if c >= 0 else box[0][i]
        gain += c * at[i]
        size += (abs(row[F, i]) + abs(row[G, i])) * max(abs(box[0][i]), abs(box[1][i]))
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
    stop: tuple[float, float], steps: int, box: Any, at: FloatArray,
) -> float:  # fmt: skip
    """The least of ``found`` and the bounds of a row (2, n) over ``steps`` steps of its slopes.

    places: spreads, kinks, slopes and tape. stop: once the bound plus stop[0] is at most stop[1],
    no more is asked. box: lo and hi. at: (inputs,), written.
    """
    spreads, kinks, slopes, tape = places
    start(kinks, slopes)
    for step in range(steps + 1):
        value = pass_back(net, back, row, spreads, kinks, slopes, tape, box, at, top)
        if value < found:
            found = value
        if step == steps or (found + stop[0]) * (1 + 4 * UNIT) <= stop[1]:
            break
        move(net, kinks, tape, at, _RATE * _DECAY**step, slopes, top)
    return found


@_njit
def of_box(net: Any, ends: FloatArray, reach: FloatArray, top: int) -> Any:
    """Spreads, kinks of the layers below ``top``, and room for slopes and a tape, of one box.

    ends: (6, entries). reach: (inputs,), at least |x|.
    """
    entries = ends.shape[1]
    kinks = np.zeros((13, entries))
    for layer in range(top):
        here = slice(net[2][layer], net[2][layer + 1])
        find_kinks(ends[:, here], net[7][layer], kinks[:, here])
    spreads = find_spreads(net, ends, reach)
    return spreads, kinks, np.empty((3, entries)), np.empty((10, entries))


@_njit
def reached(lo: FloatArray, hi: FloatArray) -> FloatArray:
    """At least |x| of every input."""
    out = np.empty(len(lo))
    for i in range(len(lo)):
        out[i] = max(abs(lo[i]), abs(hi[i]))
    return out


@_njit
def bound_rows(
    net: Any, back: FloatArray, lo: FloatArray, hi: FloatArray, ends: FloatArray, added: FloatArray,
    level: float, steps: int,
) -> Any:  # fmt: skip
    """Bound |f − g| + added over boxes (B, inputs) by rows passed back where that is above level.

    back: W_f, W_g of all layers as (outputs, inputs), flat. ends: (B, 6, entries). added: (B,
    outputs). Returns bounds (B,) and an input of each box, (B, inputs).
    """
    boxes, last, top = len(lo), net[2][-2], len(net[0]) - 2
    bounds, points = np.zeros(boxes), lo.copy()
    for b in range(boxes):
        places = of_box(net, ends[b], reached(lo[b], hi[b]), top)
        for case in range(2 * (ends.shape[2] - last)):
            j, sign = case // 2, 1.0 - 2.0 * (case % 2)
            found = ends[b, HI_D, last + j] if sign > 0 else -ends[b, LO_D, last + j]
            limit = max(level, bounds[b])
            if (found + added[b, j]) * (1 + 4 * UNIT) > limit:
                row = np.zeros((2, ends.shape[2] - last))
                row[F, j], row[G, j] = sign, -sign
                found = bound_row(
                    net, back, row, top, places, found, (added[b, j], limit), steps,
                    (lo[b], hi[b]), points[b],
                )  # fmt: skip
            bounds[b] = max(bounds[b], (found + added[b, j]) * (1 + 4 * UNIT))
    return bounds, points


@_njit
def start(kinks: FloatArray, slopes: FloatArray) -> None:
    """DeepPoly's lower lines, and δ's lines where they leave less room."""
    for j in range(kinks.shape[1]):
        for h in range(2):
            # the chord's slope is above ½ where hi > −lo
            slopes[h, j] = 1.0 if kinks[4 * h + CHORD, j] > 0.5 else 0.0
        slopes[2, j] = kinks[WORTH, j]
