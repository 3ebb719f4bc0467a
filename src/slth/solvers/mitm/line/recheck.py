"""The subset of least float64 error in one lane, where several are in question.

By the argument of `mitm_line_find` each of them is found from a pair of neighbours in the merged
lists, by looking for sums within T of either of the two; float64 decides.
"""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.mitm.line.find import LIMIT
from slth.solvers.mitm.line.network import ITEMS, TARGET, gap_row, merged_row, scratch_row
from slth.solvers.mitm.line.rows import TAIL

ROOM = 64  # pairs of a lane, and masks of a sum, before float64 does the whole instance


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
