"""Compiled: bounds of |f − g| over parts of the input box, by a row passed back for each end."""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import UNIT
from slth.supnorm.zonotope.dense.gaps import add_gaps
from slth.supnorm.zonotope.dense.lines import HI_D, LO_D, F, G
from slth.supnorm.zonotope.dense.rows import bound_row, of_box, pass_back, reached, start

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def bound_rows(
    net: Any, back: FloatArray, lo: FloatArray, hi: FloatArray, ends: FloatArray, added: FloatArray,
    phases: Any, level: float, steps: int,
) -> Any:  # fmt: skip
    """Bound |f − g| + added over parts (B, inputs) by rows passed back where that is above level.

    back: W_f, W_g of all layers as (outputs, inputs), flat. ends: (B, 6, entries). added: (B,
    outputs). phases: (B or 1, 2, entries), 1 where z ≥ 0 all over the part, −1 where z ≤ 0, else
    0. Returns bounds (B,), 0 of parts without an input, an input of each box, (B, inputs), and
    what open phases add to the worst row there, (B, 2, entries).
    """
    boxes, last, top = len(lo), net[2][-2], len(net[0]) - 2
    bounds, points, at = np.zeros(boxes), lo.copy(), np.empty(lo.shape[1])
    gaps = np.zeros((boxes, 2, ends.shape[2]))
    for b in range(boxes):
        if empty(ends[b]):
            continue
        places = of_box(net, ends[b], reached(lo[b], hi[b]), top)
        cuts = find_cuts(net, back, places, phases[min(b, len(phases) - 1)], lo.shape[1])
        for case in range(2 * (ends.shape[2] - last)):
            j, sign = case // 2, 1.0 - 2.0 * (case % 2)
            found = ends[b, HI_D, last + j] if sign > 0 else -ends[b, LO_D, last + j]
            limit = max(level, bounds[b])
            if (found + added[b, j]) * (1 + 4 * UNIT) > limit:
                row = np.zeros((2, ends.shape[2] - last))
                row[F, j], row[G, j] = sign, -sign
                found = bound_row(
                    net, back, row, top, places, found, (added[b, j], limit), steps,
                    (lo[b], hi[b]), at, cuts,
                )  # fmt: skip
                if (found + added[b, j]) * (1 + 4 * UNIT) > limit:
                    for i in range(len(at)):
                        points[b, i] = at[i]
                    find_gaps(net, back, places, ends[b], at, cuts, gaps[b])
            bounds[b] = max(bounds[b], (found + added[b, j]) * (1 + 4 * UNIT))
    return bounds, points, gaps


@_njit
def empty(ends: FloatArray) -> bool:
    """Whether a range is: no input of the part has it."""
    for h in range(3):
        for k in range(ends.shape[1]):
            if ends[2 * h, k] > ends[2 * h + 1, k]:
                return True
    return False


@_njit
def pass_phase(
    net: Any, back: FloatArray, places: Any, at: tuple[int, int, int], sign: float, line: FloatArray
) -> float:
    """A line above sign · z all over a part, written, and its constant.

    at: layer, network and entry of z.
    """
    layer, h, k = at
    row = np.zeros((2, net[0][layer + 1]))
    row[h, k - net[2][layer]] = sign
    return pass_back(net, back, row, places, layer, line)[0]


@_njit
def find_cuts(net: Any, back: FloatArray, places: Any, phases: Any, inputs: int) -> Any:
    """Cuts of `slth.supnorm.zonotope.dense.multipliers` where ``phases`` (2, entries) are fixed."""
    entries, count = phases.shape[1], 0
    for k in range(2 * entries):
        count += abs(phases[k // entries, k % entries])
    where, signs, constants = np.empty(count, np.int64), np.empty(count), np.empty(count)
    lines, count = np.zeros((count, inputs)), 0
    start(places[1], places[2], places[4])
    for layer in range(len(net[0]) - 2):
        for h in range(2):
            for k in range(net[2][layer], net[2][layer + 1]):
                if phases[h, k] != 0:
                    where[count], signs[count] = h * entries + k, phases[h, k]
                    constants[count] = pass_phase(
                        net, back, places, (layer, h, k), signs[count], lines[count]
                    )
                    count += 1
    return where, signs, lines, constants


@_njit
def find_gaps(
    net: Any, back: FloatArray, places: Any, ends: FloatArray, at: FloatArray, cuts: Any,
    out: FloatArray,
) -> None:  # fmt: skip
    """What open phases add to the last row's line at one input, (2, entries), written.

    Also by the lines of the fixed phases that this input does not have.
    """
    for h in range(2):
        for k in range(out.shape[1]):
            out[h, k] = 0.0
    broken = add_gaps(net, places, ends, at, len(net[0]) - 2, 1.0, out)
    where, signs = cuts[0], cuts[1]
    entries, layer, line = out.shape[1], 0, np.empty(len(at))
    start(places[1], places[2], places[4])
    for i in range(len(where)):
        h, k = where[i] // entries, where[i] % entries
        while net[2][layer + 1] <= k:
            layer += 1
        if layer > 0 and broken[h, k] > 0:
            pass_phase(net, back, places, (layer, h, k), signs[i], line)
            add_gaps(net, places, ends, at, layer, broken[h, k], out)
