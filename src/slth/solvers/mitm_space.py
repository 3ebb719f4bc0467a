"""d >= 2 kernel of meet-in-the-middle: the pairs (a, b) of half sums closer than a radius.

A = {Σ_S X_i : S ⊆ first half} and B = {z − Σ_S X_i : S ⊆ second half}; ‖a − b‖_∞ is the error of
a subset. Neither half is ever stored: each is the sum of two quarter lists sorted by coordinate 0,
from which one slab low0 ≤ a_0 < high0 is generated in O(2^(n/4) + its size) (Schroeppel and Shamir
1981); a slab too large for the cache is cut into strips of coordinate 1. Inside such a block, B is
put in a grid over further coordinates and each a looks at the cells that its box of half-width
``reach`` touches.

No pair is lost at a border: rounded addition, subtraction and multiplication by a positive number
are monotone, hence so are slab and cell numbers, and ``reach`` exceeds the radius by ``slack``,
a bound on the rounding of the sums.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_halves import Block, Half, fill, subset_error

GRID = 4  # coordinates of the grid; the scan below is written out for four
MIN_CAPACITY = 1 << 17  # rows of a half that are in memory at once, if the half has as many


class Grid(NamedTuple):
    """Cells of GRID coordinates: axis (GRID,), low, scale (1/width) and number of cells of each."""

    axis: np.ndarray
    low: FloatArray
    scale: FloatArray
    cells: np.ndarray


class Scratch(NamedTuple):
    """Working arrays of one thread: rows of A, of B, of B in cell order, and the cells."""

    a: FloatArray
    a_mask: np.ndarray
    b: FloatArray
    b_mask: np.ndarray
    cell: np.ndarray
    placed: FloatArray
    placed_mask: np.ndarray
    start: np.ndarray


class Goal(NamedTuple):
    """What a search looks for.

    X, z: the candidates and target that errors are recomputed with. radius: only pairs closer than
    this. slack: bound on the rounding of a sum. eps: stop at an error ≤ eps. shrink: lower the
    radius to each better pair found. limit: rows and pairs that may be examined.
    """

    X: FloatArray
    z: FloatArray
    radius: float
    slack: float
    eps: float
    shrink: bool
    limit: int


def capacity(n: int) -> int:
    """Rows of a half held at once: all 2^⌈n/2⌉, or enough to repay two walks of 2^(n/4) steps."""
    return min(1 << (n - n // 2), max(MIN_CAPACITY, 8 << (n // 4)))


def scratch(n: int, d: int) -> Scratch:
    """Allocate the working arrays of one thread; see `scratch_bytes`."""
    rows = capacity(n)
    masks = [np.empty(rows, dtype=np.int64) for _ in range(3)]
    sums = [np.empty((rows, d)) for _ in range(3)]
    return Scratch(
        sums[0],
        masks[0],
        sums[1],
        masks[1],
        np.empty(rows, dtype=np.int32),
        sums[2],
        masks[2],
        np.empty(4 * rows + 2, dtype=np.int32),
    )


def scratch_bytes(n: int, d: int) -> int:
    """Bytes of `scratch(n, d)`."""
    return capacity(n) * (3 * 8 * d + 3 * 8 + 4 + 16) + 8


@njit(cache=True, nogil=True)
def join(
    A: Half, B: Half, block: Block, grid: Grid, goal: Goal, space: Scratch
) -> tuple[float, int, int, bool]:
    """Find the best pair with a in the block and ‖a − b‖_∞ < goal.radius.

    Returns (error, mask, work, finished): error inf when no pair is that close; finished: every
    such pair was accounted for. Rows beyond the capacity of ``space`` are taken in chunks.
    """
    room, border = space.b.shape[0], goal.radius + goal.slack
    wide = Block(
        block.low0 - border, block.high0 + border, block.low1 - border, block.high1 + border
    )
    best, mask, work, radius, finished = np.inf, 0, 0, goal.radius, True
    rows_b, b_skip = room, 0
    while rows_b == room and finished:
        rows_b = fill(B, wide, b_skip, space.b, space.b_mask)
        _place(rows_b, grid, space)
        b_skip += rows_b
        work += rows_b
        rows_a, a_skip = room if rows_b > 0 else 0, 0
        while rows_a == room and finished:
            rows_a = fill(A, block, a_skip, space.a, space.a_mask)
            a_skip += rows_a
            work += rows_a
            found, found_mask, radius, pairs, finished = _scan(
                rows_a, grid, goal, space, radius, goal.limit - work
            )
            work += pairs
            if found < best:
                best, mask = found, found_mask
    return best, mask, work, finished and work <= goal.limit


@njit(cache=True, nogil=True)
def _cell(x: float, low: float, scale: float, cells: int) -> int:
    return int(min(max((x - low) * scale, 0.0), cells - 1.0))


@njit(cache=True, nogil=True)
def _place(size: int, grid: Grid, space: Scratch) -> None:
    """Copy the rows of B in cell order (counting sort); cell c is start[c]..start[c + 1]."""
    b, cell, start, placed, placed_mask = (
        space.b,
        space.cell,
        space.start,
        space.placed,
        space.placed_mask,
    )
    cells = grid.cells.prod()
    start[: cells + 2] = 0
    cell[:size] = 0
    for g in range(GRID):
        j, low, scale, count = grid.axis[g], grid.low[g], grid.scale[g], grid.cells[g]
        if count > 1:
            for i in range(size):
                cell[i] = cell[i] * count + _cell(b[i, j], low, scale, count)
    for i in range(size):
        start[cell[i] + 2] += 1
    for c in range(cells):
        start[c + 2] += start[c + 1]
    for i in range(size):
        place = start[cell[i] + 1]
        start[cell[i] + 1] = place + 1
        placed_mask[place] = space.b_mask[i]
        for j in range(b.shape[1]):
            placed[place, j] = b[i, j]


@njit(cache=True, nogil=True)
def _scan(
    size: int, grid: Grid, goal: Goal, space: Scratch, radius: float, limit: int
) -> tuple[float, int, float, int, bool]:
    """Compare the rows of A with the cells that their boxes touch.

    Returns (error, mask, radius, pairs, finished). The tuples are taken apart first: an array read
    from a tuple inside a loop costs a reference count.
    """
    a, a_mask, b, b_mask, start = (
        space.a,
        space.a_mask,
        space.placed,
        space.placed_mask,
        space.start,
    )
    j0, j1, j2, j3 = grid.axis
    l0, l1, l2, l3 = grid.low
    s0, s1, s2, s3 = grid.scale
    n0, n1, n2, n3 = grid.cells
    best, mask, pairs = np.inf, 0, 0
    for i in range(size):
        if pairs > limit:
            return best, mask, radius, pairs, False
        reach = radius + goal.slack
        low3, high3 = _span(a[i, j3], reach, l3, s3, n3)
        low2, high2 = _span(a[i, j2], reach, l2, s2, n2)
        low1, high1 = _span(a[i, j1], reach, l1, s1, n1)
        low0, high0 = _span(a[i, j0], reach, l0, s0, n0)
        for c0 in range(low0, high0 + 1):
            for c1 in range(low1, high1 + 1):
                for c2 in range(low2, high2 + 1):
                    row = ((c0 * n1 + c1) * n2 + c2) * n3
                    begin, end = start[row + low3], start[row + high3 + 1]
                    pairs += end - begin
                    for k in range(begin, end):
                        gap = _distance(a, i, b, k, radius)
                        if gap >= radius:
                            continue
                        error = subset_error(goal.X, goal.z, a_mask[i] | b_mask[k])
                        if goal.shrink:
                            radius = gap
                        if error < best:
                            best, mask = error, a_mask[i] | b_mask[k]
                            if best <= goal.eps:
                                return best, mask, radius, pairs, False
    return best, mask, radius, pairs, True


@njit(cache=True, nogil=True)
def _span(x: float, reach: float, low: float, scale: float, cells: int) -> tuple[int, int]:
    return _cell(x - reach, low, scale, cells), _cell(x + reach, low, scale, cells)


@njit(cache=True, nogil=True)
def _distance(a: FloatArray, i: int, b: FloatArray, k: int, radius: float) -> float:
    """‖a_i − b_k‖_∞, or any value ≥ radius; the coordinates outside the grid come first."""
    largest = 0.0
    for j in range(a.shape[1] - 1, -1, -1):
        largest = max(largest, abs(a[i, j] - b[k, j]))
        if largest >= radius:
            break
    return largest
