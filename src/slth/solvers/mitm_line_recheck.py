"""From the closest integer pairs of a lane to the subset of least float64 error.

Any pair within T of the least gap has, between its two entries in the merged list, neighbours from
different lists: their gap is as small, and each of the two lies within T of its own side. So every
such subset is found from the neighbours by looking for sums within T of theirs. Mostly there is one
pair of neighbours and one subset: all lanes find it at once (`find`). Else a lane is looked at
alone (`best_subset`).
"""

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_line_network import (
    ITEMS,
    TARGET,
    gap_row,
    input_row,
    merged_row,
    scratch_row,
)
from slth.solvers.mitm_line_rows import MATCH, TAIL, add, match, nearest, subtract

ROOM = 64  # pairs of a lane, and masks of a sum, before float64 does the whole instance

# scratch rows: 16 merged rows and the 16 before them, then
LIMIT = 2 * TAIL  # the largest gap in question
LOWER, GAP, COUNT = LIMIT + 1, LIMIT + 2, LIMIT + 3
SPAN = LIMIT + 4  # 4T, as entries are twice an integer
MASK, MASKS = (LIMIT + 5, LIMIT + 7), (LIMIT + 6, LIMIT + 8)  # of A, of C; and how many
TABLES = LIMIT + 10


@njit(cache=True, nogil=True)
def find(
    space: np.ndarray, grid: np.ndarray, half: int, odd: bool, slack: FloatArray, masks: np.ndarray
) -> None:
    """Fill masks (lanes,): of the only subset in question, or −1 where there may be others."""
    lanes, top = grid.shape[1], scratch_row(half)
    first, last = gap_row(half), gap_row(half) + ((2 << half) << odd) // TAIL
    limit = grid[top + LIMIT]
    limit[:] = grid[first]
    for row in range(first + 1, last):
        for lane in range(lanes):
            limit[lane] = min(limit[lane], grid[row, lane])
    for lane in range(lanes):
        slack_here = max(slack[lane], 0.0)
        limit[lane] += 2 + np.int64(2 * slack_here)
        grid[top + SPAN, lane] = 4 * np.int64(slack_here)
        masks[lane] = 0
    for row in range(first, last):
        near = False
        for lane in range(lanes):
            near |= grid[row, lane] <= limit[lane]
        if near:
            _copy(grid, half, row - first, top, masks)
    nearest(space, (top, top + LIMIT, top + LOWER))
    _matches(space, grid, half, odd, masks)
    for lane in range(lanes):
        once = grid[top + COUNT, lane] == 1 and masks[lane] >= 0
        for side in range(2):
            once &= grid[top + MASKS[side], lane] == 1
        high = masks[lane] - 1  # 1 where the odd candidate is in
        masks[lane] = -1
        if once:
            masks[lane] = grid[top + MASK[0], lane] | np.int64(grid[top + MASK[1], lane]) << half
            masks[lane] |= high << (2 * half)


@njit(cache=True, nogil=True)
def _copy(grid: np.ndarray, half: int, block: int, top: int, blocks: np.ndarray) -> None:
    """Copy a block of 16 merged rows and the one before in the lanes where its gap is in question.

    blocks: 1 after the first copy of a lane, 2 where the odd candidate moved C, −1 after another.
    """
    limit, gaps = grid[top + LIMIT], grid[gap_row(half) + block]
    a_list = (2 << half) // TAIL
    begin = merged_row(half) + TAIL * block
    for lane in range(grid.shape[1]):
        if gaps[lane] > limit[lane]:
            continue
        if blocks[lane] != 0:
            blocks[lane] = -1
            continue
        blocks[lane] = 1 + (block >= a_list)
        least = grid[begin, lane]
        for k in range(TAIL):
            entry = grid[begin + k, lane]
            least = min(least, entry)
            grid[top + k, lane] = entry
        for k in range(TAIL):
            alone = block % a_list == 0
            grid[top + TAIL + k, lane] = least if alone else grid[begin - TAIL + k, lane]


@njit(cache=True, nogil=True)
def _matches(space: np.ndarray, grid: np.ndarray, half: int, odd: bool, blocks: np.ndarray) -> None:
    """Fill the rows MASK and MASKS: which subsets of either half have the sums of the pair.

    The sums of the first candidates in one table, what they leave of the rest in another.
    """
    top, inputs = scratch_row(half), input_row(half)
    low = half // 2
    few, many = 1 << low, 1 << (half - low)
    tables = top + TABLES
    for side in range(2):
        for lane in range(grid.shape[1]):
            lower, gap = grid[top + LOWER, lane], grid[top + GAP, lane]
            value = np.int64(lower) + (gap if (lower & 1) != side else 0)
            if side == 1:
                value -= grid[inputs + TARGET, lane]
                if blocks[lane] == 2:
                    value -= grid[inputs + ITEMS + 2 * half, lane]
            grid[tables, lane] = 0
            grid[tables + few, lane] = value - (grid[top + SPAN, lane] >> 1)
            grid[top + MASK[side], lane] = grid[top + MASKS[side], lane] = 0
        items = inputs + ITEMS + side * half
        for i in range(low):
            for k in range(tables, tables + (1 << i)):
                add(space, (k, items + i, k + (1 << i)))
        for i in range(half - low):
            for k in range(tables + few, tables + few + (1 << i)):
                subtract(space, (k, items + low + i, k + (1 << i)))
        for k in range(many):
            for i in range(0, few, MATCH):
                numbers = (tables + i, tables + few + k, top + SPAN, top + MASK[side], i + k * few)
                match(space, numbers)


@njit(cache=True, nogil=True)
def lane_pairs(
    grid: np.ndarray, half: int, odd: bool, lane: int, slack: float, pairs: np.ndarray
) -> int:
    """Collect the pairs of a lane that may be best; return how many, > ROOM if there are more.

    pairs (ROOM, 4): integer sum of A, integer of C, whether the odd candidate moved C, gap.
    """
    first, last = gap_row(half), gap_row(half) + ((2 << half) << odd) // TAIL
    a_list = (2 << half) // TAIL
    limit = int(grid[scratch_row(half) + LIMIT, lane])
    block = np.empty(TAIL + 1, np.int64)
    count = 0
    for row in range(first, last):
        if grid[row, lane] <= limit and count <= (ROOM if slack > 0 else 0):
            place = row - first
            begin = merged_row(half) + TAIL * place
            size = _block(grid, begin, place % a_list == 0, lane, block)
            count = _pairs(
                block[:size], (limit - 1) // 2, place >= a_list, slack == 0, pairs, count
            )
    return count


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
    block: np.ndarray, reach: int, moved: bool, exact: bool, pairs: np.ndarray, count: int
) -> int:
    """Add the pairs of keys from both lists whose gap is at most reach; if exact, any one."""
    for i in range(block.size):
        for j in range(i):
            a, c = block[i], block[j]
            gap = abs((a >> 1) - (c >> 1))
            if (a ^ c) & 1 == 0 or gap > reach:
                continue
            if count < ROOM:
                pairs[count, 0] = (c if a & 1 else a) >> 1
                pairs[count, 1] = (a if a & 1 else c) >> 1
                pairs[count, 2], pairs[count, 3] = moved, gap
            count += 1
            if exact:
                return count
    return count


@njit(cache=True, nogil=True)
def best_subset(
    x: FloatArray, z: float, size: int, slack: float, inputs: np.ndarray, pairs: np.ndarray
) -> tuple[int, bool]:
    """Return (mask, settled): the subset of least error in index order among those in question.

    inputs: column of the input rows; pairs: (·, 4) of the lane. Not settled: more sums than ROOM
    are within the slack of one.
    """
    half = x.size // 2
    sums = np.empty(2 << (half - half // 2), np.int64)
    masks = np.empty((2, ROOM), np.int64)
    least = pairs[:, 3].min()
    best, found = np.inf, 0
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
            return 0, False
        for i in range(mine):
            for j in range(theirs):
                mask = masks[0, i] | masks[1, j] << half | high
                error = error_of(x, z, mask)
                if error < best and (size < 0 or _size(mask) == size):
                    best, found = error, mask
        if slack == 0:
            break
    return found, True


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
def error_of(x: FloatArray, z: float, mask: int) -> float:
    """|Σ_mask x_i − z|, summed in index order; adding 0 for the others changes no bit."""
    total = 0.0
    for i in range(x.size):
        total += x[i] if (mask >> i) & 1 else 0.0
    return abs(total - z)


@njit(cache=True, nogil=True)
def _size(mask: int) -> int:
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count
