"""From the closest integer pairs of a lane to the subset of least float64 error.

Any pair within T of the least gap has, between its two entries in the merged list, neighbours from
different lists: their gap is as small, and each of the two lies within T of its own side. So every
such subset is found from the neighbours by looking for sums within T of theirs.
"""

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_line_network import ITEMS, TARGET, gap_row, merged_row
from slth.solvers.mitm_line_rows import TAIL

ROOM = 64  # pairs of a lane, and masks of a sum, before float64 does the whole instance


@njit(cache=True, nogil=True)
def gather(
    grid: np.ndarray, half: int, odd: bool, slack: FloatArray, pairs: np.ndarray, count: np.ndarray
) -> None:
    """Collect the pairs of every lane that may be best: pairs (lanes, ROOM, 2), count (lanes,).

    An entry is (even key, odd key); the odd key of a list that the odd candidate moved is told by
    row 1 of the pair's place: ``pairs[..., 2]``. count > ROOM: there were more.
    """
    lanes = grid.shape[1]
    first, last = gap_row(half), gap_row(half) + ((2 << half) << odd) // TAIL
    least = grid[first].copy()
    for row in range(first + 1, last):
        for lane in range(lanes):
            least[lane] = min(least[lane], grid[row, lane])
    limit = np.empty(lanes, np.int64)
    for lane in range(lanes):
        limit[lane] = least[lane] + 2 + np.int64(2 * max(slack[lane], 0.0))
        count[lane] = 0
    block = np.empty(TAIL + 1, np.int64)
    for row in range(first, last):
        near = False
        for lane in range(lanes):
            near |= grid[row, lane] <= limit[lane]
        if not near:
            continue
        begin = merged_row(half) + TAIL * (row - first)
        moved = row - first >= (2 << half) // TAIL
        alone = row == first or (moved and row - first == (2 << half) // TAIL)
        for lane in range(lanes):
            if grid[row, lane] <= limit[lane] and count[lane] <= ROOM:
                size = _block(grid, begin, alone, lane, block)
                reach = (limit[lane] - 1) // 2
                _pairs(block[:size], reach, moved, slack[lane] == 0, lane, pairs, count)


@njit(cache=True, nogil=True)
def _block(grid: np.ndarray, begin: int, alone: bool, lane: int, out: np.ndarray) -> int:
    """The 16 entries of a lane from row ``begin``, and the greatest one before; their number."""
    for k in range(TAIL):
        out[k] = grid[begin + k, lane]
    if alone:
        return TAIL
    out[TAIL] = grid[begin - 1, lane]
    for k in range(2, TAIL + 1):
        out[TAIL] = max(out[TAIL], grid[begin - k, lane])
    return TAIL + 1


@njit(cache=True, nogil=True)
def _pairs(
    block: np.ndarray,
    reach: int,
    moved: bool,
    exact: bool,
    lane: int,
    pairs: np.ndarray,
    count: np.ndarray,
) -> None:
    """Add the pairs of keys from both lists whose gap is at most reach; if exact, one of least."""
    for i in range(block.size):
        for j in range(i):
            a, c = block[i], block[j]
            if (a ^ c) & 1 == 0 or abs((a >> 1) - (c >> 1)) > reach:
                continue
            if a & 1:
                a, c = c, a
            gap = abs((a >> 1) - (c >> 1))
            k = count[lane]
            if exact and k == 1:
                if gap >= pairs[lane, 0, 3]:
                    continue
                k = 0
            if k < ROOM:
                pairs[lane, k, 0], pairs[lane, k, 1] = a >> 1, c >> 1
                pairs[lane, k, 2], pairs[lane, k, 3] = moved, gap
            count[lane] = k + 1


@njit(cache=True, nogil=True)
def best_subset(
    x: FloatArray,
    z: float,
    size: int,
    slack: float,
    inputs: np.ndarray,
    pairs: np.ndarray,
    best: float,
) -> tuple[float, int, bool]:
    """Return (error, mask, settled): the subset of least error below ``best``, mask −1 if none.

    inputs: column of the input rows; pairs: (·, 4) of the lane. The error is that of the sum in
    index order. Not settled: more sums than ROOM are within the slack of one.
    """
    half = x.size // 2
    sums = np.empty(2 << (half - half // 2), np.int64)
    masks = np.empty((2, ROOM), np.int64)
    least = pairs[:, 3].min()
    found = -1
    for k in range(pairs.shape[0]):
        if pairs[k, 3] > least + slack:
            continue
        right = (inputs[TARGET] >> 1) - pairs[k, 1]
        high = 0
        if pairs[k, 2]:
            right += inputs[ITEMS + 2 * half] >> 1
            high = 1 << (2 * half)
        mine = _masks(inputs[ITEMS : ITEMS + half], 1, pairs[k, 0], slack, sums, masks[0])
        theirs = _masks(inputs[ITEMS + half : ITEMS + 2 * half], -1, right, slack, sums, masks[1])
        if mine > ROOM or theirs > ROOM:
            return best, -1, False
        for i in range(mine):
            for j in range(theirs):
                mask = masks[0, i] | masks[1, j] << half | high
                error = _error(x, z, size, mask)
                if error < best:
                    best, found = error, mask
        if slack == 0:
            break
    return best, found, True


@njit(cache=True, nogil=True)
def _masks(
    items: np.ndarray, sign: int, value: int, slack: float, sums: np.ndarray, out: np.ndarray
) -> int:
    """The masks whose sum of items/2, times sign, is within slack of value; their number.

    The sums of the first items in a table, those of the others in another, all pairs compared.
    """
    low = items.size // 2
    few = 1 << low
    _table(items[:low], sign, sums[:few])
    many = 1 << (items.size - low)
    _table(items[low:], sign, sums[few : few + many])
    reach = np.int64(slack)
    count = 0
    for k in range(many):
        rest = value - sums[few + k]
        near = 0
        for i in range(few):
            near += abs(sums[i] - rest) <= reach
        if near:
            for i in range(few):
                if abs(sums[i] - rest) <= reach:
                    if count < ROOM:
                        out[count] = i | k << low
                    count += 1
                    if slack == 0:
                        return count
    return count


@njit(cache=True, nogil=True)
def _table(items: np.ndarray, sign: int, out: np.ndarray) -> None:
    out[0] = 0
    filled = 1
    for item in items:
        value = sign * (np.int64(item) >> 1)
        for k in range(filled):
            out[filled + k] = out[k] + value
        filled *= 2


@njit(cache=True, nogil=True)
def _error(x: FloatArray, z: float, size: int, mask: int) -> float:
    """|Σ_mask x_i − z|, summed in index order; inf for a subset of another size."""
    total, kept = 0.0, 0
    for i in range(x.size):
        if (mask >> i) & 1:
            total += x[i]
            kept += 1
    return abs(total - z) if size < 0 or kept == size else np.inf
