"""One sample of d = 1 for many targets: one sorted table of subset sums, looked up by each target.

The table holds the 2^t sums of the first t candidates; a target z looks up z − (sum of the others)
for each of the 2^(n−t) subsets of the others, in a grid with about one entry a cell. The larger B,
the larger t pays: t minimises (building) + B·2^(n−t)·(a look-up), within the memory allowed.
"""

import math
from dataclasses import dataclass

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers._base import BatchAnswer, Options
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.workers import Workers

ENTRY_BYTES = 8 + 8 + 4 + 4 + 4  # a sum and its mask while they are merged, and its cell
MAX_N, MAX_TABLE = 42, 26  # candidates in all, and in the table
MIN_TASK, TASKS = 256, 64  # targets per task, tasks a call
BUILD, NEAR, FAR = 8.0, 8.0, 40.0  # ns an entry; ns a look-up in a small and in a large table
SMALL = 15  # candidates whose table stays in a cache


@dataclass(frozen=True)
class Table:
    """Sums (2^t,) ascending with their masks; cells: first entry at or beyond each cell."""

    sums: FloatArray
    masks: np.ndarray
    cells: np.ndarray
    others: FloatArray  # (2^(n − t),): sums of the other candidates, by mask

    @classmethod
    def of(cls, x: FloatArray, t: int) -> "Table":
        sums, masks = _sorted_sums(x[:t], stopping.flag())
        stopping.check()
        return cls(sums, masks, _cells(sums), _all_sums(x[t:]))

    def closest(self, z: FloatArray, slack: FloatArray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mask of the subset nearest each target, (B,) int64, and whether it is alone.

        Alone: no other is as near up to slack (B,).
        """
        halt = stopping.flag()
        return _closest(self.sums, self.masks, self.cells, self.others, z, slack, halt)

    def work(self, B: int) -> int:
        """Pairs examined for one of B targets, and its share of the sums."""
        return 2 * len(self.others) + len(self.sums) // B


def search(
    x: FloatArray,
    z: FloatArray,
    eps: float | None,
    tries: list[int],
    options: Options,
    answer: BatchAnswer,
) -> np.ndarray:
    """Fill the answer of one sample x (n,) and targets z (B,): the empty subsets, unless better.

    tries: candidates to search, one after another, as long as eps is missed; the last is n.
    Returns the targets for which several subsets are nearest up to rounding, and their order in
    the table decided: (·,) int64.
    """
    error, alone = np.abs(z), np.ones(len(z), dtype=bool)
    # a sum with z is off by at most (n + 2)·2⁻⁵³·Σ|terms|: as looked up, and in index order, twice
    slack = 8 * (x.size + 3) * 2.0**-53 * (np.abs(x).sum() + np.abs(z))
    with Workers(options.threads, lambda: None) as workers:
        for m in tries:
            chosen = np.arange(len(z)) if eps is None else np.flatnonzero(error > eps)
            if chosen.size == 0:
                break
            table = Table.of(x[:m], table_size(m, chosen.size, options.memory))
            step = max(MIN_TASK, -(-chosen.size // TASKS))
            parts = [chosen[k : k + step] for k in range(0, chosen.size, step)]

            def look_up(
                part: np.ndarray, space: None, table: Table = table
            ) -> tuple[np.ndarray, np.ndarray]:
                return table.closest(z[part], slack[part])

            found = list(workers.run(look_up, parts))
            masks = np.concatenate([masks for masks, _ in found])
            alone[chosen] &= np.concatenate([one for _, one in found])
            _take(x[:m], z, chosen, masks, answer.keep, error)
            answer.work[chosen] += table.work(chosen.size)
            answer.complete[chosen] = m == x.size
    return np.flatnonzero(~alone)


def table_size(n: int, B: int, memory: int) -> int:
    """Return the t ≥ n/2 of least predicted time within the memory, or else about n/2."""
    sizes = range(n - n // 2, max(n - n // 2, min(n, MAX_TABLE)) + 1)
    fits = [t for t in sizes if _bytes(n, t) <= memory]
    return min(fits, key=lambda t: _nanoseconds(n, B, t), default=n - n // 2)


def takes(n: int, memory: int) -> bool:
    """Whether tables are the way: not so large that look-ups lose against merging, and they fit."""
    return n <= MAX_N and _bytes(n, n - n // 2) <= memory


def _bytes(n: int, t: int) -> int:
    return (ENTRY_BYTES << t) + (8 << (n - t)) + 64


def _nanoseconds(n: int, B: int, t: int) -> float:
    look = NEAR + (FAR - NEAR) * min(1.0, max(0, t - SMALL) / 8)
    return BUILD * 2.0**t + B * look * 2.0 ** (n - t)


@njit(cache=True, nogil=True)
def _take(
    x: FloatArray,
    z: FloatArray,
    chosen: np.ndarray,
    masks: np.ndarray,
    keep: BoolArray,
    error: FloatArray,
) -> None:
    """Keep the subset of each chosen target where its error is strictly less."""
    for k in range(chosen.size):
        b, total = chosen[k], 0.0
        for i in range(x.size):
            if (masks[k] >> i) & 1:
                total += x[i]
        if abs(total - z[b]) < error[b]:
            error[b] = abs(total - z[b])
            for i in range(x.size):
                keep[b, i] = (masks[k] >> i) & 1 == 1


@njit(cache=True, nogil=True)
def _sorted_sums(x: FloatArray, halt: stopping.Flag) -> tuple[FloatArray, np.ndarray]:
    """All subset sums of x, ascending, each taken in index order, and their masks."""
    total = 1 << x.size
    here, there = np.zeros(total), np.empty(total)
    masks, next_masks = np.zeros(total, np.uint32), np.empty(total, np.uint32)
    size = 1
    for s in range(x.size):
        if stopped(halt):
            break
        bit = np.uint32(1 << s)
        i = j = np.uint64(0)
        k = h = np.uint64(size - 1)
        for step in range(size):
            a, b = here[i], here[j] + x[s]
            first = a <= b
            there[step] = a if first else b
            next_masks[step] = masks[i] if first else masks[j] | bit
            i, j = i + np.uint64(first), j + np.uint64(not first)
            a, b = here[k], here[h] + x[s]
            first = a > b
            there[2 * size - 1 - step] = a if first else b
            next_masks[2 * size - 1 - step] = masks[k] if first else masks[h] | bit
            k, h = k - np.uint64(first), h - np.uint64(not first)
        here, there = there, here
        masks, next_masks = next_masks, masks
        size *= 2
    return here, masks


@njit(cache=True, nogil=True)
def _all_sums(x: FloatArray) -> FloatArray:
    """The subset sums of x by mask, each taken in index order."""
    sums = np.zeros(1 << x.size)
    for i in range(x.size):
        size = 1 << i
        for k in range(size):
            sums[size + k] = sums[k] + x[i]
    return sums


@njit(cache=True, nogil=True)
def _cell(value: float, low: float, unit: float, cells: int) -> int:
    """The cell of a value: monotone in it, so that equal answers come from one cell."""
    return int(min(max((value - low) * unit, 0.0), cells - 1.0))


@njit(cache=True, nogil=True)
def _unit(sums: FloatArray) -> float:
    """Cells a unit length; 0, one cell for all, where that is no finite number."""
    width = sums[sums.size - 1] - sums[0]
    unit = sums.size / width if width > 0 else 0.0
    return unit if math.isfinite(unit) and math.isfinite(width) else 0.0


@njit(cache=True, nogil=True)
def _cells(sums: FloatArray) -> np.ndarray:
    unit = _unit(sums)
    starts = np.empty(sums.size + 1, np.uint32)
    filled = 0
    for i in range(sums.size):
        cell = _cell(sums[i], sums[0], unit, sums.size)
        while filled <= cell:
            starts[filled] = i
            filled += 1
    starts[filled:] = sums.size
    return starts


@njit(cache=True, nogil=True)
def _closest(
    sums: FloatArray,
    masks: np.ndarray,
    cells: np.ndarray,
    others: FloatArray,
    z: FloatArray,
    slack: FloatArray,
    halt: stopping.Flag,
) -> tuple[np.ndarray, np.ndarray]:
    out, alone = np.empty(z.size, np.int64), np.empty(z.size, np.bool_)
    unit, bits = _unit(sums), 0
    while (1 << bits) < sums.size:
        bits += 1
    for b in range(z.size):
        if stopped(halt):
            break
        best, second, place, other = np.inf, np.inf, 0, 0
        for k in range(others.size):
            value = z[b] - others[k]
            cell = _cell(value, sums[0], unit, sums.size)
            low, high = np.int64(cells[cell]), np.int64(cells[cell + 1])
            while low < high:  # first sum ≥ value
                middle = (low + high) >> 1
                if sums[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            for i in range(low - (low > 0), low + (low < sums.size)):
                gap = abs(sums[i] + others[k] - z[b])
                if gap < best:
                    best, second, place, other = gap, best, i, k
                elif gap < second:
                    second = gap
        for i in (place - 1, place + 1):  # a neighbour of its own that was not looked at
            if 0 <= i < sums.size:
                second = min(second, abs(sums[i] + others[other] - z[b]))
        out[b] = np.int64(masks[place]) | other << bits
        alone[b] = second > best + slack[b]
    return out, alone
