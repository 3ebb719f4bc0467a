"""Compiled: max c · y over y in [−1, 1]ⁿ with A y + b ≥ 0, by the dual simplex method.

Nothing that it says is trusted: any multipliers of the rows of A, at least 0, give a bound.
Rows are basic at first, y at the corner where c · y is largest; several bounds of y may be
passed in one step (Maros, EJOR 2003).
"""

from typing import Any

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})
_NEAR = 1e-11  # of numbers near 1 that count as 0
SOLVED, EMPTY, STOPPED = range(3)


@_njit
def worst_row(value: FloatArray, basic: Any, n: int) -> tuple[int, float]:
    """The basic variable furthest out of its bounds, and how far, with the sign of the way back."""
    row, most = -1, _NEAR
    for i in range(len(value)):
        low = -1.0 if basic[i] < n else 0.0
        if low - value[i] > most:
            row, most = i, low - value[i]
        elif basic[i] < n and value[i] - 1 > most:
            row, most = i, value[i] - 1
    if row >= 0 and basic[row] < n and value[row] > 1:
        return row, -most
    return row, most


@_njit
def entering(move: FloatArray, cost: FloatArray, free: Any, others: Any, left: float) -> int:
    """The variable that takes over a row; −1 where none does. Those passed on the way are turned.

    move: the row's rise a unit of each variable. free: the bound that each is at, −1 or 1, turned
    in place. others: their names, those below the number of all are bounded on both sides. left:
    the way back, with its sign.
    """
    way, left, passed = 1.0 if left > 0 else -1.0, abs(left), np.zeros(len(move))
    while True:
        best, ratio = -1, np.inf
        for j in range(len(move)):
            gain = -free[j] * way * move[j]
            if gain > _NEAR and passed[j] == 0 and abs(cost[j]) < ratio * gain:
                best, ratio = j, abs(cost[j]) / gain
        if best < 0:
            return -1
        left -= 2 * abs(move[best])
        if others[best] >= len(move) or left <= 0:
            return best
        passed[best] = 1.0
        free[best] = -free[best]


@_njit
def pivot(table: FloatArray, shift: FloatArray, cost: FloatArray, row: int, at: int) -> None:
    """Exchange a basic variable and one that is not."""
    p = 1 / table[row, at]
    table[row, at] = -1.0
    for j in range(table.shape[1]):
        table[row, j] *= -p
    shift[row] *= -p
    for i in range(len(shift)):
        a = table[i, at]
        if i != row and a != 0:
            table[i, at] = 0.0
            shift[i] += a * shift[row]
            for j in range(table.shape[1]):
                table[i, j] += a * table[row, j]
    a = cost[at]
    cost[at] = 0.0
    for j in range(len(cost)):
        cost[j] += a * table[row, j]


@_njit
def solve(
    cost: FloatArray, table: FloatArray, shift: FloatArray, held: FloatArray, y: FloatArray
) -> int:
    """Multipliers (K,) and y (n,), written; cost (n,), table (K, n) and shift (K,) are used up.

    EMPTY: no y has A y + b ≥ 0, and held @ (A y + b) < 0 all over. STOPPED: the multipliers are
    such that they bound.
    """
    rows, n = table.shape
    basic, others = np.empty(rows, np.int64), np.empty(n, np.int64)
    free = np.empty(n)
    for j in range(n):
        others[j], free[j] = j, 1.0 if cost[j] >= 0 else -1.0
    for i in range(rows):
        basic[i], held[i] = n + i, 0.0
    value, status = np.empty(rows), STOPPED
    for _ in range(8 * (rows + 4)):
        for i in range(rows):
            value[i] = shift[i]
            for j in range(n):
                if others[j] < n:
                    value[i] += table[i, j] * free[j]
        row, left = worst_row(value, basic, n)
        if row < 0:
            status = SOLVED
            break
        way = 1.0 if left > 0 else -1.0
        at = entering(table[row], cost, free, others, left)
        if at < 0:
            if basic[row] >= n:
                held[basic[row] - n] = 1.0
            for j in range(n):
                if others[j] >= n:
                    held[others[j] - n] = max(-way * table[row, j], 0.0)
            return EMPTY
        pivot(table, shift, cost, row, at)
        basic[row], others[at] = others[at], basic[row]
        free[at] = -way
    for j in range(n):
        if others[j] >= n:
            held[others[j] - n] = max(-cost[j], 0.0)
        else:
            y[others[j]] = free[j]
    for i in range(rows):
        if basic[i] < n:
            y[basic[i]] = min(max(value[i], -1.0), 1.0)
    return status
