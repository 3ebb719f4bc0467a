"""Compiled: the zonotopes of many boxes, one after the other, through two dense networks.

Rows of f: inputs, f's symbols. Of g: inputs, g's. Of δ in three: inputs and f's symbols (shared),
g's, the pairs'. Constants and error vectors stand apart. The invariant is that of
`slth.supnorm.zonotope.forms`.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.rounding import FLOOR, UNIT
from slth.supnorm.zonotope.dense.arrays import evaluated, matrices, read, shift_sizes, shifted
from slth.supnorm.zonotope.dense.intervals import meet_intervals, read_ranges
from slth.supnorm.zonotope.dense.lines import (
    BY_G,
    HALF_F,
    HALF_G,
    HI_D,
    LO_D,
    NEW_D,
    NEW_F,
    NEW_G,
    SLOPE,
    SLOPE_F,
    SLOPE_G,
    D,
    F,
    G,
    find_ends,
    find_lines,
    make_consistent,
    meet,
)  # fmt: skip
from slth.supnorm.zonotope.dense.passes import (
    add_chosen,
    centres,
    errors,
    joined,
    pass_vectors,
    passed_on,
    places,
    put,
    raised,
    shaped,
    sized,
)  # fmt: skip
from slth.supnorm.zonotope.dense.products import add_row, add_sizes
from slth.supnorm.zonotope.dense.shares import input_shares, keep

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def entered(net: Any, middle: FloatArray, radius: FloatArray, active: Any, stores: Any) -> Any:
    """Centres, error vectors and rows behind the first layer, which f and g read alike."""
    kernels, sizes, shift = matrices(net, 3, 0), matrices(net, 5, 0), shifted(net, 0)
    gamma, n = net[6][0], shift.shape[1]
    centre, error = shift.copy(), sized(shift_sizes(net, 0), gamma)
    size = np.empty(len(middle))
    for i in range(len(middle)):
        size[i] = gamma * (abs(middle[i]) + radius[i])
    rows = (shaped(stores[0], len(active), n), shaped(stores[1], len(active), n),
            shaped(stores[2], len(active), n))  # fmt: skip
    for h in range(3):
        add_row(middle, kernels[h], centre[h])
        add_row(size, sizes[h], error[h])
        for i in range(len(active)):
            row, weights, r = rows[h][i], kernels[h][active[i]], radius[active[i]]
            for j in range(n):
                row[j] = r * weights[j]
    none = shaped(stores[3], 0, n), shaped(stores[4], 0, n)
    return centre, raised(error, gamma), (*rows, *none)


@_njit
def radii(rows: Any, error: FloatArray, inputs: int, relative: float) -> Any:
    """At least the radii of the three forms, (3, n), and of f's form less g's, (n,)."""
    f, g = rows[0], rows[1]
    n = error.shape[1]
    out, apart = np.zeros((3, n)), np.zeros(n)
    add_sizes(f[inputs:], out[F])
    add_sizes(g[inputs:], out[G])
    for j in range(n):
        apart[j] = out[F, j] + out[G, j] + error[F, j] + error[G, j]
    add_sizes(f[:inputs], out[F])
    add_sizes(g[:inputs], out[G])
    for k in range(2, 5):
        add_sizes(rows[k], out[D])
    for k in range(inputs):
        a, b = f[k], g[k]
        for j in range(n):
            apart[j] += abs(a[j] - b[j])
    for j in range(n):
        apart[j] = apart[j] * (1 + relative) + FLOOR
        for h in range(3):
            out[h, j] = (out[h, j] + error[h, j]) * (1 + relative) + FLOOR
    return out, apart


@_njit
def behind(
    kernels: tuple[FloatArray, FloatArray, FloatArray], lines: FloatArray, rows: Any, inputs: int,
    stores: Any,
) -> Any:  # fmt: skip
    """Rows behind a layer of the forms that the ReLUs' lines make of ``rows``, in their stores."""
    f, g, shared, own_g, own_d = rows
    of_f, of_g, gap = kernels
    new_f, new_g = places(lines, HALF_F, HALF_F + 1), places(lines, HALF_G, HALF_G + 1)
    new_d, left, right = places(lines, NEW_D, NEW_D + 1), stores[5], stores[6]
    alive, of_delta = places(lines, SLOPE, BY_G + 1), lines[SLOPE : BY_G + 1]
    part = joined(shared, f, g[:inputs], of_delta, alive, left)
    shared = passed_on(part, of_f, alive, len(new_f), (stores[2], right))
    part = joined(own_g, f[:0], g[inputs:], of_delta, alive, left)
    own_g = passed_on(part, of_f, alive, len(new_g), (stores[3], right))
    part = joined(own_d, f[:0], f[:0], of_delta, alive, left)
    own_d = passed_on(part, of_f, alive, len(new_d), (stores[4], right))
    alive = places(lines, SLOPE_G, SLOPE_G + 1)
    part = joined(g, f[:0], f[:0], lines[SLOPE_G : SLOPE_G + 1], alive, left)
    add_chosen(part[:inputs], gap, alive, shared, right)
    add_chosen(part[inputs:], gap, alive, own_g, right)
    g = passed_on(part, of_g, alive, len(new_g), (stores[1], right))
    alive = places(lines, SLOPE_F, SLOPE_F + 1)
    part = joined(f, f[:0], f[:0], lines[SLOPE_F : SLOPE_F + 1], alive, left)
    f = passed_on(part, of_f, alive, len(new_f), (stores[0], right))
    put(f, of_f, lines[HALF_F], new_f)
    put(g, of_g, lines[HALF_G], new_g)
    put(shared, of_f, lines[NEW_F], new_f)
    put(own_g, of_f, lines[NEW_G], new_g)
    put(own_g, gap, lines[HALF_G], new_g)
    put(own_d, of_f, lines[NEW_D], new_d)
    return f, g, shared, own_g, own_d


@_njit
def bound_box(
    net: Any, middle: FloatArray, radius: FloatArray, known: FloatArray, active: Any, kept: Any,
    stores: Any, ends_of_all: FloatArray,
) -> Any:  # fmt: skip
    """Evaluation errors of the outputs of one box, (2, outputs), and the rows there.

    known: ranges that hold all over, (6, entries), or (6, 0). ends_of_all: (6, entries), written.
    """
    placed, relu, relative, inputs = net[2], net[7], net[8], len(active)
    centre, error, rows = entered(net, middle, radius, active, stores)
    counts = np.zeros(3, np.int64)
    off, size = np.zeros((2, len(middle))), np.empty((2, len(middle)))
    for i in range(len(middle)):
        size[0, i] = abs(middle[i]) + radius[i]
        size[1, i] = size[0, i]
    off = evaluated(net, 0, off, size)
    lines, ends, reach = np.empty((0, 0)), np.empty((6, 0)), np.empty((3, 0))
    for layer in range(len(net[0]) - 1):
        gamma, shift = net[6][layer], shifted(net, layer)
        kernels, sizes = matrices(net, 3, layer), matrices(net, 5, layer)
        if layer > 0:
            off, size = read(net, layer - 1, off, ends)
            off = evaluated(net, layer, off, size)
            error = errors(lines, (centre, reach, error), gamma)
            constant = sized(shift_sizes(net, layer), gamma)
            error = raised(pass_vectors(error, sizes, constant), gamma)
            centre = pass_vectors(centres(lines, centre), kernels, shift)
            rows = behind(kernels, lines, rows, inputs, stores)
        before, ends = ends, np.empty((6, net[0][layer + 1]))
        reach, apart = radii(rows, error, inputs, relative)
        find_ends(centre, reach, apart, relative, ends)
        if layer > 0:
            inside = read_ranges(before, relu[layer - 1])
            meet_intervals(kernels, sizes, shift, gamma, inside, ends)
        if known.shape[1] > 0:
            meet(ends, known[:, placed[layer] : placed[layer + 1]])
        make_consistent(ends)
        for h in range(6):
            for j in range(ends.shape[1]):
                ends_of_all[h, placed[layer] + j] = ends[h, j]
        if layer + 2 < len(net[0]):
            lines = np.zeros((11, ends.shape[1]))
            find_lines(ends, reach, relu[layer], lines)
            keep(rows, lines, centre, reach, kept, counts)
    return off, rows


@_njit
def bound_boxes(
    net: Any, middle: FloatArray, radius: FloatArray, known: FloatArray, active: Any, caps: Any,
    level: float,
) -> Any:  # fmt: skip
    """Bound f − g over boxes (B, inputs), given by their middles and radii.

    known: (B or 1, 6, entries), or (1, 6, 0). caps: the most symbols of a ReLU kind and the widest
    place. level: shares are left 0 where the bound is at most this. Returns bounds of |f − g| and
    |fl f − fl g|, (B, 2), what evaluation adds to each output, (B, outputs), the output where the
    first is met, (B,), coefficients of the inputs there, (B, active), with the sign of the output's
    larger end, shares (B, active) and ranges (B, 6, entries).
    """
    boxes, inputs = middle.shape[0], len(active)
    most, widest = caps
    rows = inputs + most
    stores = (np.empty(rows * widest), np.empty(rows * widest), np.empty(rows * widest),
              np.empty(most * widest), np.empty(most * widest), np.empty(rows * widest),
              np.empty(widest * widest))  # fmt: skip
    kept = (np.empty((most, rows)), np.empty((most, rows)), np.empty((most, rows)),
            np.empty((most, most)), np.empty((most, most)))  # fmt: skip
    ends = np.empty((boxes, 6, net[2][-1]))
    bounds, worst = np.zeros((boxes, 2)), np.zeros(boxes, np.int64)
    slopes, parts = np.zeros((boxes, inputs)), np.zeros((boxes, inputs))
    last, added = net[2][-2], np.zeros((boxes, net[0][-1]))
    for b in range(boxes):
        own = known[min(b, len(known) - 1)]
        off, forms = bound_box(net, middle[b], radius[b], own, active, kept, stores, ends[b])
        for j in range(net[0][-1]):
            lo, hi = ends[b, LO_D, last + j], ends[b, HI_D, last + j]
            size = max(-lo, hi)
            if not size <= bounds[b, 0]:
                bounds[b, 0], worst[b] = size, j
            added[b, j] = (off[F, j] + off[G, j]) * (1 + 4 * UNIT)
            bounds[b, 1] = max(bounds[b, 1], (size + added[b, j]) * (1 + 2 * UNIT))
        j = worst[b]
        sign = 1.0 if ends[b, HI_D, last + j] >= -ends[b, LO_D, last + j] else -1.0
        for i in range(inputs):
            slopes[b, i] = sign * forms[2][i, j]
        if bounds[b, 1] > level:
            input_shares(forms, j, inputs, kept, parts[b])
    return bounds, added, worst, slopes, parts, ends
