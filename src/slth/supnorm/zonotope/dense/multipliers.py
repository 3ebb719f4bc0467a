"""Compiled: multipliers of the fixed phases of a part, for one row.

Cuts are tuples of the phases that are fixed: where, (K,), as network · entries + neuron; signs s,
(K,); lines above s z all over the part, (K, inputs), and the constants of these. Over the inputs
of the box where no such line is below 0 the row's line is largest at a vertex, a linear program,
whose multipliers are the phases'. Whatever they are, `rows` bounds with them.
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.supnorm.zonotope.dense.program import EMPTY, solve

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_LEAST, _MOST = 1e-12, 1e60  # of what a row gains by a ray; of multipliers


@_njit
def hold(
    line: FloatArray, constant: float, cuts: Any, box: Any, aim: float, held: FloatArray,
    at: FloatArray,
) -> None:  # fmt: skip
    """Multipliers of the phases for a row of this line, and the input where it is largest then.

    line: (inputs,), with ``held`` (2, entries) in it, which is written. at: (inputs,), written.
    aim: a bound that says enough, for parts without an input.
    """
    where, signs, lines, constants = cuts
    entries, rows, n = held.shape[1], len(where), len(line)
    beta, y = np.empty(rows), np.zeros(n)
    cost, total = np.empty(n), constant
    for i in range(n):
        cost[i] = line[i]
    for k in range(rows):
        b = abs(held[where[k] // entries, where[k] % entries])
        total -= b * constants[k]
        for i in range(n):
            cost[i] -= b * lines[k, i]
    table, shift, scale = scaled(lines, constants, box)
    for i in range(n):
        total += cost[i] * 0.5 * (box[0][i] + box[1][i])
        cost[i] *= 0.5 * (box[1][i] - box[0][i])
        total += abs(cost[i])
    factor = 1.0
    if solve(cost, table.copy(), shift.copy(), beta, y) == EMPTY:
        factor = 2 * max(total - aim, 0.0) / max(-top(beta, table, shift), _LEAST)
    for k in range(rows):
        b = max(min(factor * beta[k] / scale[k], _MOST), 0.0)
        held[where[k] // entries, where[k] % entries] = signs[k] * b
    for i in range(n):
        near = 0.5 * (box[0][i] + box[1][i]) + 0.5 * (box[1][i] - box[0][i]) * y[i]
        at[i] = min(max(near, box[0][i]), box[1][i])


@_njit
def scaled(lines: FloatArray, constants: FloatArray, box: Any) -> Any:
    """Lines (K, inputs) and constants over y in [−1, 1], each by its largest coefficient."""
    table, shift, scale = np.empty(lines.shape), np.empty(len(constants)), np.empty(len(constants))
    for k in range(len(shift)):
        shift[k], scale[k] = constants[k], 1e-300
        for i in range(lines.shape[1]):
            shift[k] += lines[k, i] * 0.5 * (box[0][i] + box[1][i])
            table[k, i] = lines[k, i] * 0.5 * (box[1][i] - box[0][i])
            scale[k] = max(scale[k], abs(table[k, i]))
        shift[k] /= scale[k]
        for i in range(lines.shape[1]):
            table[k, i] /= scale[k]
    return table, shift, scale


@_njit
def top(beta: FloatArray, table: FloatArray, shift: FloatArray) -> float:
    """Largest β · (A y + b) over y in [−1, 1]."""
    value = 0.0
    for k in range(len(beta)):
        value += beta[k] * shift[k]
    for i in range(table.shape[1]):
        slope = 0.0
        for k in range(len(beta)):
            slope += beta[k] * table[k, i]
        value += abs(slope)
    return value
