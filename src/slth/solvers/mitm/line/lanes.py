"""Many instances of d = 1 at once, one a vector lane: the exact best subset of each.

Both halves are sorted and merged by a network of compare-exchanges on rounded integers
(`mitm_line_network`); the few subsets that the rounding leaves in question are summed again in
float64 (`mitm_line_find`, `mitm_line_recheck`). The answer of an instance does not depend on its
neighbours.
"""

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.mitm.line.find import find
from slth.solvers.mitm.line.integers import NARROW, WIDE, bits_of, load
from slth.solvers.mitm.line.network import ITEMS, MIN_HALF, closest, input_row, rows_needed
from slth.solvers.mitm.line.recheck import ROOM, best_subset, error_of, lane_pairs
from slth.solvers.mitm.line.rows import ROW_BYTES

MIN_N, MAX_N = 2 * MIN_HALF, 30  # beyond, lists leave the caches: merging reads them in order
NARROW_N, NARROW_SIZED_N = 25, 18  # up to here few subsets need float64 after 32-bit integers


def bytes_needed(n: int) -> int:
    """Working memory of one thread."""
    return ROW_BYTES * rows_needed(n // 2)


def work(n: int, size: int) -> int:
    """Sums of the halves, and neighbours in their merged lists, twice when n is odd.

    With a size, merging by sizes (`mitm_line_sizes`) starts and ends anew up to n + 2 times.
    """
    return ((2 + 2 * (1 + n % 2)) << (n // 2)) + (0 if size < 0 else 2 * (n + 2))


def is_narrow(n: int, size: int) -> bool:
    """Whether 32-bit integers tell enough of the subsets apart."""
    return n <= (NARROW_N if size < 0 else NARROW_SIZED_N)


@njit(cache=True, nogil=True)
def search(
    X: FloatArray,
    z: FloatArray,
    m: int,
    size: int,
    chosen: np.ndarray,
    space: np.ndarray,
    keep: BoolArray,
    error: FloatArray,
    failed: BoolArray,
    halt: Flag | None = None,
) -> None:
    """Search the first m candidates of the chosen instances: X (B, n), z (B,), MIN_N ≤ m ≤ MAX_N.

    size: of the subsets, −1 for any. keep and error (B,) change where a subset is strictly better.
    failed (B,): integers do not settle it, use `mitm_line_merge`. space: int32 or int64 lanes.
    """
    lanes = ROW_BYTES // space.itemsize
    grid = space.reshape(-1, lanes)
    half, odd = m // 2, m % 2 == 1
    start = input_row(half)
    inputs = grid[start : start + ITEMS + m]
    bits = bits_of(NARROW if space.itemsize == 4 else WIDE, m, size)
    slack = np.empty(lanes)
    masks = np.empty(lanes, np.int64)
    pairs = np.empty((ROOM, 4), np.int64)
    for group in range(0, chosen.size, lanes):
        if stopped(halt):
            return
        filled = min(lanes, chosen.size - group)
        for lane in range(lanes):
            b = chosen[group + min(lane, filled - 1)]
            slack[lane] = load(X[b, :m], z[b], size, bits, inputs, lane)
        closest(space, half, odd)
        find(space, grid, half, odd, slack, masks)
        for lane in range(filled):
            b = chosen[group + lane]
            x, mask, settled = X[b, :m], masks[lane], slack[lane] >= 0
            if settled and mask < 0:
                count = lane_pairs(grid, half, odd, lane, slack[lane], pairs)
                settled = count <= ROOM
                if settled:
                    near = pairs[:count]
                    mask, settled = best_subset(x, z[b], size, slack[lane], inputs[:, lane], near)
            failed[b] = not settled
            found = error_of(x, z[b], mask)
            if settled and found < error[b]:
                error[b] = found
                for i in range(keep.shape[1]):
                    keep[b, i] = i < m and (mask >> i) & 1 == 1
