"""The subset behind the closest integer pair, found in all lanes at once where it is the only one.

Any pair within T of the least gap has, between its two entries in the merged list, neighbours from
different lists: their gap is as small, and each of the two lies within T of its own side. So with
one such pair of neighbours, and one subset within T of each of the two, no other is in question.
"""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.mitm.line.network import (
    ITEMS,
    TARGET,
    gap_row,
    input_row,
    merged_row,
    scratch_row,
)
from slth.solvers.mitm.line.rows import MATCH, TAIL, add, match, nearest, subtract

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
    for lane in range(lanes):
        limit[lane] = grid[first, lane]
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
