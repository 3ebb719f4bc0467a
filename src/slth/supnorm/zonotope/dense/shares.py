"""Compiled: how much an output's difference depends on each input, by all its symbols.

A symbol of a neuron is shared among what the neuron reads by the sizes of the coefficients there;
shares of symbols are passed on by theirs, the last symbols first. A guide: no bound depends on it.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.zonotope.dense.lines import HALF_F, HALF_G, NEW_D, D, F, G

_njit: Any = njit(cache=True, nogil=True)
_LEAST = 1e-300


@_njit
def keep(
    rows: Any, lines: FloatArray, centre: FloatArray, reach: FloatArray, kept: Any, counts: Any
) -> None:
    """Keep the columns of the neurons that get a symbol; counts: of symbols so far, moved on.

    centre, reach: (3, n), of the forms. kept: columns over f's rows of f's symbols, over g's rows
    of g's, and over the three blocks of δ's rows of the pairs'; a row per symbol. A pair's symbol
    is as large as δ, whose constant no halving moves: that part goes to what opens f and g.
    """
    f, g, shared, own_g, own_d = rows
    inputs = g.shape[0] - own_g.shape[0]
    for j in range(lines.shape[1]):
        if lines[HALF_F, j] > 0:
            copy(f, j, kept[0][counts[0]])
            counts[0] += 1
        if lines[HALF_G, j] > 0:
            copy(g, j, kept[1][counts[1]])
            counts[1] += 1
        if lines[NEW_D, j] > 0:
            copy(shared, j, kept[2][counts[2]])
            copy(own_g, j, kept[3][counts[2]])
            copy(own_d, j, kept[4][counts[2]])
            half = 0.5 * abs(centre[D, j])
            add_column(half / (reach[F, j] + _LEAST), f, j, kept[2][counts[2]])
            of_g = half / (reach[G, j] + _LEAST)
            add_column(of_g, g[:inputs], j, kept[2][counts[2]])
            add_column(of_g, g[inputs:], j, kept[3][counts[2]])
            counts[2] += 1


@_njit
def add_column(factor: float, rows: FloatArray, j: int, out: FloatArray) -> None:
    """Add factor times the sizes of one column."""
    for k in range(rows.shape[0]):
        out[k] += factor * abs(rows[k, j])


@_njit
def copy(rows: FloatArray, j: int, out: FloatArray) -> None:
    """Sizes of one column; 0 behind it."""
    for k in range(rows.shape[0]):
        out[k] = abs(rows[k, j])
    for k in range(rows.shape[0], len(out)):
        out[k] = 0.0


@_njit
def total(parts: FloatArray, count: int) -> float:
    """Sum of the first ``count``."""
    out = _LEAST
    for k in range(count):
        out += parts[k]
    return out


@_njit
def add_share(share: float, parts: FloatArray, count: int, out: FloatArray) -> None:
    """Add share · parts to out, the first ``count`` of them."""
    for k in range(count):
        out[k] += share * parts[k]


@_njit
def input_shares(rows: Any, output: int, inputs: int, kept: Any, out: FloatArray) -> None:
    """Shares of the inputs in the size of δ of one output, (inputs,), written."""
    count_f, count_g, count_d = rows[2].shape[0], inputs + rows[3].shape[0], rows[4].shape[0]
    of_f, of_g, of_d = np.empty(count_f), np.zeros(count_g), np.empty(count_d)
    copy(rows[2], output, of_f)
    copy(rows[3], output, of_g[inputs:])
    copy(rows[4], output, of_d)
    for i in range(count_d - 1, -1, -1):
        first, second, third = kept[2][i], kept[3][i], kept[4][i]
        sizes = total(first, count_f) + total(second, count_g - inputs) + total(third, i)
        add_share(of_d[i] / sizes, first, count_f, of_f)
        add_share(of_d[i] / sizes, second, count_g - inputs, of_g[inputs:])
        add_share(of_d[i] / sizes, third, i, of_d)
    for i in range(count_g - inputs - 1, -1, -1):
        part = kept[1][i]
        add_share(of_g[inputs + i] / total(part, inputs + i), part, inputs + i, of_g)
    for i in range(count_f - inputs - 1, -1, -1):
        part = kept[0][i]
        add_share(of_f[inputs + i] / total(part, inputs + i), part, inputs + i, of_f)
    for i in range(inputs):
        out[i] = of_f[i] + of_g[i]
