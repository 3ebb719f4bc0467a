"""d >= 2 kernel of meet-in-the-middle: all pairs (a, b) of half sums closer than a radius, by slabs.

A = {Σ_S X_i : S ⊆ first half} and B = {z − Σ_S X_i : S ⊆ second half}; ‖a − b‖_∞ is the error of
a subset. Neither half is ever stored: each is the sum of two quarter lists sorted by coordinate 0,
from which one slab low ≤ a_0 < high is generated in O(2^(n/4) + its size) (Schroeppel and Shamir
1981). Inside a slab, B is put in a grid over the next coordinates and each a looks at the cells
that its box of half-width ``reach`` touches.

No pair is lost at a border: rounded addition, subtraction and multiplication by a positive number
are monotone, hence so are slab and cell numbers, and ``reach`` exceeds the radius by ``slack``,
a bound on the rounding of the sums.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from slth.checks import FloatArray

GRID = 4  # coordinates of the grid; the scan below is written out for four
MIN_CAPACITY = 1 << 16  # rows of a half that are in memory at once, if the half has as many


class Half(NamedTuple):
    """Two quarter lists, each sorted by coordinate 0; the half is {u + v}.

    u, v: (q, d) sums; u_mask, v_mask: (q,) int64, bit i = candidate i.
    """

    u: FloatArray
    u_mask: np.ndarray
    v: FloatArray
    v_mask: np.ndarray


class Grid(NamedTuple):
    """Cells of GRID coordinates: axis (GRID,), low, scale (1/width) and count of each."""

    axis: np.ndarray
    low: FloatArray
    scale: FloatArray
    count: np.ndarray


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
def quarter(
    X: FloatArray, first: int, base: FloatArray, sign: float
) -> tuple[FloatArray, np.ndarray]:
    """All base + sign·Σ_S X_i, sorted by coordinate 0, equal rows once (lowest mask).

    X: (m, d), candidates first..first+m−1 of the instance, which the masks refer to.
    """
    m, d = X.shape
    rows = np.empty((1 << m, d))
    rows[0] = base
    for i in range(m):
        size = 1 << i
        for k in range(size):
            for j in range(d):
                rows[size + k, j] = rows[k, j] + sign * X[i, j]
    order = np.argsort(rows[:, 0], kind="mergesort")
    if _has_ties(rows, order):
        order = np.arange(1 << m)
        for j in range(d - 1, -1, -1):
            order = order[np.argsort(rows[order, j], kind="mergesort")]
    kept = 0
    for k in range(order.size):
        if kept == 0 or not np.array_equal(rows[order[k]], rows[order[kept - 1]]):
            order[kept] = order[k]
            kept += 1
    return rows[order[:kept]], order[:kept] << first


@njit(cache=True, nogil=True)
def _has_ties(rows: FloatArray, order: np.ndarray) -> bool:
    for k in range(1, order.size):
        if rows[order[k], 0] == rows[order[k - 1], 0]:
            return True
    return False


@njit(cache=True, nogil=True)
def join(
    A: Half, B: Half, low: float, high: float, grid: Grid, goal: Goal, space: Scratch
) -> tuple[float, int, int, bool]:
    """Find the best pair with low ≤ a_0 < high and ‖a − b‖_∞ < goal.radius.

    Returns (error, mask, work, finished): error inf when no pair is that close; finished: every
    such pair was accounted for. Rows beyond the capacity of ``space`` are taken in chunks.
    """
    room, border = space.b.shape[0], goal.radius + goal.slack
    best, best_mask, work, radius = np.inf, 0, 0, goal.radius
    b_skip = 0
    while True:
        rows_b = _fill(B, low - border, high + border, b_skip, space.b, space.b_mask)
        work += rows_b
        if rows_b > 0:
            _place(rows_b, grid, space)
        a_skip = 0
        while rows_b > 0:
            rows_a = _fill(A, low, high, a_skip, space.a, space.a_mask)
            work += rows_a
            for i in range(rows_a):
                if work > goal.limit:
                    return best, best_mask, work, False
                error, mask, radius, pairs = _scan(i, grid, goal, space, radius)
                work += pairs
                if error < best:
                    best, best_mask = error, mask
                    if best <= goal.eps:
                        return best, best_mask, work, False
            a_skip += rows_a
            if rows_a < room:
                break
        b_skip += rows_b
        if rows_b < room:
            return best, best_mask, work, work <= goal.limit


@njit(cache=True, nogil=True)
def _fill(
    half: Half, low: float, high: float, skip: int, rows: FloatArray, masks: np.ndarray
) -> int:
    """Write the rows with low ≤ row_0 < high, from the skip-th on, as many as fit; return how many.

    As u_0 grows, the interval of v with low ≤ u_0 + v_0 < high moves down: two pointers.
    """
    room, d = rows.shape
    first = last = half.v.shape[0]
    seen = filled = 0
    for i in range(half.u.shape[0]):
        u0 = half.u[i, 0]
        while first > 0 and u0 + half.v[first - 1, 0] >= low:
            first -= 1
        while last > 0 and u0 + half.v[last - 1, 0] >= high:
            last -= 1
        if last <= first:
            continue
        start = first + max(0, skip - seen)
        seen += last - first
        for k in range(start, last):
            if filled == room:
                return filled
            for j in range(d):
                rows[filled, j] = half.u[i, j] + half.v[k, j]
            masks[filled] = half.u_mask[i] | half.v_mask[k]
            filled += 1
    return filled


@njit(cache=True, nogil=True)
def _cell(x: float, low: float, scale: float, count: int) -> int:
    place = (x - low) * scale
    return int(min(max(place, 0.0), count - 1.0))


@njit(cache=True, nogil=True)
def _place(size: int, grid: Grid, space: Scratch) -> None:
    """Copy the rows of B in cell order (counting sort); cell c is start[c]..start[c + 1]."""
    cells = grid.count[0] * grid.count[1] * grid.count[2] * grid.count[3]
    start = space.start
    start[: cells + 2] = 0
    for i in range(size):
        cell = 0
        for g in range(GRID):
            x = space.b[i, grid.axis[g]]
            cell = cell * grid.count[g] + _cell(x, grid.low[g], grid.scale[g], grid.count[g])
        space.cell[i] = cell
        start[cell + 2] += 1
    for cell in range(cells):
        start[cell + 2] += start[cell + 1]
    for i in range(size):
        place = start[space.cell[i] + 1]
        start[space.cell[i] + 1] += 1
        for j in range(space.b.shape[1]):
            space.placed[place, j] = space.b[i, j]
        space.placed_mask[place] = space.b_mask[i]


@njit(cache=True, nogil=True)
def _scan(
    i: int, grid: Grid, goal: Goal, space: Scratch, radius: float
) -> tuple[float, int, float, int]:
    """Compare row i of A with the cells its box touches; return (error, mask, radius, pairs)."""
    reach = radius + goal.slack
    x0, x1 = _span(i, 0, grid, space, reach), _span(i, 1, grid, space, reach)
    x2, x3 = _span(i, 2, grid, space, reach), _span(i, 3, grid, space, reach)
    best, best_mask, pairs = np.inf, 0, 0
    for c0 in range(x0[0], x0[1] + 1):
        for c1 in range(x1[0], x1[1] + 1):
            for c2 in range(x2[0], x2[1] + 1):
                row = ((c0 * grid.count[1] + c1) * grid.count[2] + c2) * grid.count[3]
                begin, end = space.start[row + x3[0]], space.start[row + x3[1] + 1]
                pairs += end - begin
                for k in range(begin, end):
                    gap = _distance(space.a, i, space.placed, k, radius)
                    if gap < radius:
                        mask = space.a_mask[i] | space.placed_mask[k]
                        if goal.shrink:
                            radius = gap
                        error = subset_error(goal.X, goal.z, mask)
                        if error < best:
                            best, best_mask = error, mask
    return best, best_mask, radius, pairs


@njit(cache=True, nogil=True)
def _span(i: int, g: int, grid: Grid, space: Scratch, reach: float) -> tuple[int, int]:
    x = space.a[i, grid.axis[g]]
    return (
        _cell(x - reach, grid.low[g], grid.scale[g], grid.count[g]),
        _cell(x + reach, grid.low[g], grid.scale[g], grid.count[g]),
    )


@njit(cache=True, nogil=True)
def _distance(a: FloatArray, i: int, b: FloatArray, k: int, radius: float) -> float:
    """‖a_i − b_k‖_∞, or any value ≥ radius; the coordinates outside the grid come first."""
    largest = 0.0
    for j in range(a.shape[1] - 1, -1, -1):
        largest = max(largest, abs(a[i, j] - b[k, j]))
        if largest >= radius:
            break
    return largest


@njit(cache=True, nogil=True)
def subset_error(X: FloatArray, z: FloatArray, mask: int) -> float:
    """‖Σ_mask X_i − z‖_∞, summed in index order."""
    n, d = X.shape
    largest = 0.0
    for j in range(d):
        total = 0.0
        for i in range(n):
            if (mask >> i) & 1:
                total += X[i, j]
        largest = max(largest, abs(total - z[j]))
    return largest
