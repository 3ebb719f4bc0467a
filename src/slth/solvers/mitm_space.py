"""d >= 2 kernel of meet-in-the-middle: the pairs (a, b) of half sums closer than a radius.

A = {Σ_S X_i : S ⊆ first half} and B = {z − Σ_S X_i : S ⊆ second half}; ‖a − b‖_∞ is the error of
a subset. Neither half is ever stored. Inside a slab low ≤ a_0 < high the sums of B mark their cells
in a bit map, the few sums of A that meet a mark are kept, these mark their cells, and the few sums
of B that meet one are kept (a semi-join from both sides). What is kept is matched by a hash of the
same cells and compared in float64.

No pair is lost: rounded addition is monotone, hence so are slab numbers; ``reach`` exceeds the
radius by ``slack``, a bound on the rounding of the sums; and a cell is missed by no partner (see
`mitm_sieve`). A fixed size is one more coordinate, the number of candidates, that must agree.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_halves import Half, subset_error
from slth.solvers.mitm_sieve import (
    MOST_BITS,
    Cells,
    Codes,
    box_of,
    key_of,
    mark,
    mark_boxes,
    sieve,
    walk,
)

SLAB_RUNS = 32  # sums a slab holds for each of the 2^(n/4) steps of a walk through it,
SLAB_ROWS, FEWEST_RUNS = 1 << 18, 8  # but no more than fit a second-level cache, or these runs
MARKS = 5  # log2 of bits a marked sum
LARGEST = 8  # times the planned sums of a slab that a map has bits for
LEAST_ROWS = 1 << 13  # each slab costs a call
DIRECT = 10  # log2 of the sums of a half below which slabs are matched without a sieve
KEPT = 1  # one of so many sums of a slab may pass the sieve before they are worked off

_FULL = np.uint32(0xFFFFFFFF)
_LOW = 0xFFFFFFFF


class Slab(NamedTuple):
    """The sums with low ≤ a_0 < high; a_rows, b_rows: about how many of A, and of B in reach."""

    low: float
    high: float
    a_rows: float
    b_rows: float


class Scratch(NamedTuple):
    """Working arrays of one thread: half P is marked first, Q is sieved first.

    marks, kept_marks: bit maps of the sums of P and of those kept of Q. keys, crossed: of a run.
    q_found, p_found: (kept,) sums that passed. q_key: of q_found. placed, placed_key, q: (kept,)
    the sums of q_found, their keys and rows, sorted by the high bits of the key; start: where.
    """

    marks: np.ndarray
    kept_marks: np.ndarray
    keys: np.ndarray
    crossed: np.ndarray
    q_found: np.ndarray
    p_found: np.ndarray
    placed: np.ndarray
    q_key: np.ndarray
    placed_key: np.ndarray
    start: np.ndarray
    q: FloatArray


class Goal(NamedTuple):
    """What a search looks for.

    X, z: the candidates and target that errors are recomputed with. radius: only pairs closer than
    this. slack: bound on the rounding of a sum. eps: stop at an error ≤ eps. shrink: lower the
    radius to each better pair found. limit: sums and pairs that may be examined.
    """

    X: FloatArray
    z: FloatArray
    radius: float
    slack: float
    eps: float
    shrink: bool
    limit: int


class Sides(NamedTuple):
    """Both halves with the codes of their lists, and the cells these are hashed by."""

    A: Half
    B: Half
    a_codes: Codes
    b_codes: Codes
    cells: Cells


def slab_rows(n: int) -> int:
    """Sums of a half that a slab is planned to hold: repays a walk of 2^(n/4) steps."""
    quarter = 1 << -(-n // 4)
    rows = min(SLAB_RUNS * quarter, max(SLAB_ROWS, FEWEST_RUNS * quarter))
    return min(max(rows, LEAST_ROWS), 1 << (n - n // 2))


def _sizes(n: int) -> tuple[int, int, int, int]:
    """Longest run, sums kept, words of the map of a slab and of the map of the sums kept."""
    rows = slab_rows(n)
    longest = 1 << -(-(n - n // 2) // 2)
    kept = 2 * longest + rows // KEPT
    most = min(LARGEST * rows, 1 << (n - n // 2))
    return longest, kept, max(most << MARKS >> 5, 1), 1 << (kept - 1).bit_length()


def scratch(n: int, columns: int) -> Scratch:
    """Allocate the working arrays of one thread; see `scratch_bytes`."""
    longest, kept, words, kept_words = _sizes(n)
    marks, kept_marks, keys, crossed = (
        np.empty(size, dtype=np.uint32) for size in (words, kept_words, longest, longest)
    )
    q_found, p_found, placed = (np.empty(kept, dtype=np.int64) for _ in range(3))
    q_key, placed_key = (np.empty(kept, dtype=np.uint32) for _ in range(2))
    start, q = np.empty(2 * kept_words + 2, dtype=np.int32), np.empty((kept, columns))
    return Scratch(
        marks, kept_marks, keys, crossed, q_found, p_found, placed, q_key, placed_key, start, q
    )


def scratch_bytes(n: int, columns: int) -> int:
    """Bytes of `scratch(n, columns)`."""
    longest, kept, words, kept_words = _sizes(n)
    return 4 * (words + 3 * kept_words + 2 * longest + 2) + kept * (8 * columns + 32)


@njit(cache=True, nogil=True)
def join(sides: Sides, slab: Slab, goal: Goal, space: Scratch) -> tuple[float, int, int, bool]:
    """Find the best pair with a in the slab and ‖a − b‖_∞ < goal.radius.

    Returns (error, mask, work, finished): error inf when no pair is that close; finished: every
    such pair was accounted for. Sums beyond what ``space`` holds are taken in chunks.
    """
    A, B, a_codes, b_codes, cells = sides
    border = goal.radius + goal.slack
    in_a, in_b = (slab.low, slab.high), (slab.low - border, slab.high + border)
    if slab.a_rows < slab.b_rows:
        return _semi_join(A, B, a_codes, b_codes, in_a, in_b, slab.a_rows, cells, goal, space)
    return _semi_join(B, A, b_codes, a_codes, in_b, in_a, slab.b_rows, cells, goal, space)


@njit(cache=True, nogil=True)
def _semi_join(
    P: Half,
    Q: Half,
    p_codes: Codes,
    q_codes: Codes,
    in_p: tuple[float, float],
    in_q: tuple[float, float],
    p_rows: float,
    cells: Cells,
    goal: Goal,
    space: Scratch,
) -> tuple[float, int, int, bool]:
    """Mark the sums of P, keep those of Q that meet a mark, then those of P that meet one kept."""
    keys, crossed, p_found, q_found = space.keys, space.crossed, space.p_found, space.q_found
    direct = P.u0.size * P.v0.size <= 1 << DIRECT
    marks, drop = _map(space.marks, 0.0 if direct else p_rows)
    to_p, again = walk(P, in_p[0], in_p[1]), walk(P, in_p[0], in_p[1])
    best, mask, work, radius, finished = np.inf, 0, 0, goal.radius, True
    while to_p.place[0] < P.u0.size and finished:
        start, end, rows = to_p.place.copy(), P.u0.size, 1
        if direct:
            to_p.place[0] = end
        else:
            marks[:] = 0
            rows = mark(P, p_codes, cells, to_p, 2 * marks.size, marks, drop, keys, crossed)
            end = to_p.place[0]
            work += rows
        to_q = walk(Q, in_q[0], in_q[1])
        while rows > 0 and to_q.place[0] < Q.u0.size and finished:
            q_count, seen = sieve(Q, q_codes, cells, to_q, Q.u0.size, marks, drop, keys, q_found)
            work += seen
            kept_marks, kept_drop = _keep(q_count, direct, Q, q_codes, cells, space)
            table = _place(q_count, Q, space)
            again.place[:] = start
            while q_count > 0 and again.place[0] < end and finished:
                p_count, seen = sieve(
                    P, p_codes, cells, again, end, kept_marks, kept_drop, keys, p_found
                )
                work += seen if direct else 0
                found, found_mask, radius, pairs, finished = _match(
                    p_count, Q, P, p_codes, cells, table, goal, space, radius, goal.limit - work
                )
                work += pairs
                if found < best:
                    best, mask = found, found_mask
            finished = finished and work <= goal.limit
    return best, mask, work, finished and work <= goal.limit


@njit(cache=True, nogil=True)
def _map(words: np.ndarray, rows: float) -> tuple[np.ndarray, int]:
    """A map for so many marks, and how far its keys are shifted down; 0 rows: one that is full."""
    if rows == 0.0:
        words[0] = _FULL
        return words[:1], 32
    size, drop = words.size, 32 - MARKS
    while size >> 1 >= rows and size > 1:
        size >>= 1
    while drop > 32 - MOST_BITS and 1 << (32 - drop) < size << MARKS:
        drop -= 1
    return words[: 1 << (32 - drop - MARKS)], drop


@njit(cache=True, nogil=True)
def _keep(
    count: int, direct: bool, Q: Half, codes: Codes, cells: Cells, space: Scratch
) -> tuple[np.ndarray, int]:
    """The keys of the sums of Q that were found, and the map that their boxes mark."""
    for t in range(count):
        i, k = space.q_found[t] >> 32, space.q_found[t] & _LOW
        space.q_key[t] = key_of(codes, cells, i, k)
    marks, drop = _map(space.kept_marks, 0.0 if direct else float(count))
    if not direct:
        marks[:] = 0
        one, crossed = space.keys, space.crossed
        for t in range(count):
            i, k = space.q_found[t] >> 32, space.q_found[t] & _LOW
            one[0], crossed[0] = box_of(codes, cells, i, k)
            mark_boxes(1, one, crossed, cells.step, marks, drop)
    return marks, drop


@njit(cache=True, nogil=True)
def _place(count: int, Q: Half, space: Scratch) -> int:
    """Write the rows of the sums found in the order of their keys' high bits (counting sort).

    Those whose key begins with c are at start[c]..start[c + 1]; returns the shift that gives c.
    """
    start, key = space.start, space.q_key
    drop = 31
    while 1 << (31 - drop) < count:
        drop -= 1
    size, shift = 1 << (32 - drop), np.uint64(drop)
    start[: size + 2] = 0
    for t in range(count):
        start[(np.uint64(key[t]) >> shift) + np.uint64(2)] += 1
    for c in range(size):
        start[c + 2] += start[c + 1]
    for t in range(count):
        begin = (np.uint64(key[t]) >> shift) + np.uint64(1)
        place = start[begin]
        start[begin] += 1
        found = space.q_found[t]
        space.placed[place], space.placed_key[place] = found, key[t]
        i, k = found >> 32, found & _LOW
        for j in range(space.q.shape[1]):
            space.q[place, j] = Q.u[i, j] + Q.v[k, j]
    return drop


@njit(cache=True, nogil=True)
def _match(
    p_count: int,
    Q: Half,
    P: Half,
    codes: Codes,
    cells: Cells,
    table: int,
    goal: Goal,
    space: Scratch,
    radius: float,
    limit: int,
) -> tuple[float, int, float, int, bool]:
    """Compare the sums kept of P with those of Q in the cells that their boxes touch.

    Returns (error, mask, radius, pairs, finished).
    """
    q, key, start, step = space.q, space.placed_key, space.start, cells.step
    drop, d = np.uint64(table), goal.z.size
    p = np.empty(q.shape[1])
    best, mask, pairs = np.inf, 0, 0
    for t in range(p_count):
        if pairs > limit:
            return best, mask, radius, pairs, False
        i, k = space.p_found[t] >> 32, space.p_found[t] & _LOW
        for j in range(p.size):
            p[j] = P.u[i, j] + P.v[k, j]
        lowest, every = box_of(codes, cells, i, k)
        part, last = every, False
        while not last:
            wanted = np.uint32(lowest + step[part])
            c = np.uint64(wanted) >> drop
            for r in range(start[c], start[c + np.uint64(1)]):
                if key[r] != wanted:
                    continue
                pairs += 1
                gap = _distance(p, q, r, d, radius)
                if gap < radius:
                    both = P.u_mask[i] | P.v_mask[k] | _mask(Q, space.placed[r])
                    error = subset_error(goal.X, goal.z, both)
                    if goal.shrink:
                        radius = gap
                    if error < best:
                        best, mask = error, both
                        if best <= goal.eps:
                            return best, mask, radius, pairs, False
            last = part == 0
            part = np.uint32((part - np.uint32(1)) & every)
    return best, mask, radius, pairs, True


@njit(cache=True, nogil=True)
def _mask(half: Half, found: int) -> int:
    return half.u_mask[found >> 32] | half.v_mask[found & _LOW]


@njit(cache=True, nogil=True)
def _distance(p: FloatArray, q: FloatArray, r: int, d: int, radius: float) -> float:
    """‖p − q_r‖_∞ over d coordinates, or any value ≥ radius; a further one must agree."""
    largest = 0.0
    for j in range(p.size - 1, -1, -1):
        gap = abs(p[j] - q[r, j])
        if j >= d:
            gap = 0.0 if gap < 0.5 else np.inf
        largest = max(largest, gap)
        if largest >= radius:
            break
    return largest
