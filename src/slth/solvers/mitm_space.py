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
    fetch,
    key_of,
    mark,
    mark_boxes,
    sieve,
    walk,
)

SLAB_RUNS = 32  # sums a slab holds for each of the 2^(n/4) steps of a walk through it
MARKS = 5  # log2 of bits a marked sum
LARGEST = 8  # times the planned sums of a slab that a map has bits for
DIRECT = 10  # log2 of the sums of a half below which slabs are matched without a sieve
KEPT = 4  # one of so many sums of a slab may pass the sieve before they are worked off

_WORD = np.uint32(0xFFFFFFFF)


class Slab(NamedTuple):
    """The sums with low ≤ a_0 < high; a_rows, b_rows: about how many of A, and of B in reach."""

    low: float
    high: float
    a_rows: float
    b_rows: float


class Scratch(NamedTuple):
    """Working arrays of one thread: half P is marked first, Q is sieved first.

    marks, kept_marks: bit maps of the sums of P and of those kept of Q. keys, crossed: of a run.
    q_found, p_found: (kept,) sums that passed; q, p: (kept, D) their rows. q_key, q_crossed:
    (kept,) boxes of q; p_key, chain: (kept,) and head: hash table of p.
    """

    marks: np.ndarray
    kept_marks: np.ndarray
    keys: np.ndarray
    crossed: np.ndarray
    q_found: np.ndarray
    p_found: np.ndarray
    q: FloatArray
    p: FloatArray
    q_key: np.ndarray
    q_crossed: np.ndarray
    p_key: np.ndarray
    chain: np.ndarray
    head: np.ndarray


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
    return min(SLAB_RUNS << -(-n // 4), 1 << (n - n // 2))


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
    return Scratch(
        *(np.empty(size, dtype=np.uint32) for size in (words, kept_words, longest, longest)),
        *(np.empty(kept, dtype=np.int64) for _ in range(2)),
        *(np.empty((kept, columns)) for _ in range(2)),
        *(np.empty(kept, dtype=np.uint32) for _ in range(3)),
        np.empty(kept, dtype=np.int32),
        np.empty(2 * kept_words, dtype=np.int32),
    )


def scratch_bytes(n: int, columns: int) -> int:
    """Bytes of `scratch(n, columns)`."""
    longest, kept, words, kept_words = _sizes(n)
    return 4 * (words + 3 * kept_words + 2 * longest) + kept * (16 * columns + 32)


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
            again.place[:] = start
            while q_count > 0 and again.place[0] < end and finished:
                p_count, seen = sieve(
                    P, p_codes, cells, again, end, kept_marks, kept_drop, keys, p_found
                )
                work += seen if direct else 0
                _chain(p_count, P, p_codes, cells, space)
                found, found_mask, radius, pairs, finished = _match(
                    q_count, p_count, Q, P, cells, goal, space, radius, goal.limit - work
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
        words[0] = _WORD
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
    """Fetch the sums of Q that were found, their boxes, and the map of these."""
    fetch(Q, space.q_found, count, space.q)
    for t in range(count):
        found = space.q_found[t]
        space.q_key[t], space.q_crossed[t] = box_of(codes, cells, found >> 32, found & 0xFFFFFFFF)
    marks, drop = _map(space.kept_marks, 0.0 if direct else float(count))
    if not direct:
        marks[:] = 0
        mark_boxes(count, space.q_key, space.q_crossed, cells.step, marks, drop)
    return marks, drop


@njit(cache=True, nogil=True)
def _chain(count: int, P: Half, codes: Codes, cells: Cells, space: Scratch) -> None:
    """Fetch the sums of P that were found and hash them."""
    fetch(P, space.p_found, count, space.p)
    drop = _head(count)
    space.head[: 1 << (32 - drop)] = -1
    for t in range(count):
        found = space.p_found[t]
        key = key_of(codes, cells, found >> 32, found & 0xFFFFFFFF)
        place = np.uint64(key) >> np.uint64(drop)
        space.p_key[t], space.chain[t], space.head[place] = key, space.head[place], t


@njit(cache=True, nogil=True)
def _head(count: int) -> int:
    """How far a key is shifted down to give its place among at least 2·count heads."""
    drop = 31
    while 1 << (31 - drop) < count:
        drop -= 1
    return drop


@njit(cache=True, nogil=True)
def _match(
    q_count: int,
    p_count: int,
    Q: Half,
    P: Half,
    cells: Cells,
    goal: Goal,
    space: Scratch,
    radius: float,
    limit: int,
) -> tuple[float, int, float, int, bool]:
    """Compare the sums kept of Q with those of P in the cells that their boxes touch.

    Returns (error, mask, radius, pairs, finished).
    """
    q, p, chain, head, p_key = space.q, space.p, space.chain, space.head, space.p_key
    step, drop, d = cells.step, np.uint64(_head(p_count)), goal.z.size
    best, mask, pairs = np.inf, 0, 0
    for t in range(q_count):
        if pairs > limit:
            return best, mask, radius, pairs, False
        every = space.q_crossed[t]
        part, last = every, False
        while not last:
            key = np.uint32(space.q_key[t] + step[part])
            k = head[np.uint64(key) >> drop]
            while k >= 0:
                if p_key[k] == key:
                    pairs += 1
                    gap = _distance(q, t, p, k, d, radius)
                    if gap < radius:
                        both = _mask(Q, space.q_found[t]) | _mask(P, space.p_found[k])
                        error = subset_error(goal.X, goal.z, both)
                        if goal.shrink:
                            radius = gap
                        if error < best:
                            best, mask = error, both
                            if best <= goal.eps:
                                return best, mask, radius, pairs, False
                k = chain[k]
            last = part == 0
            part = np.uint32((part - np.uint32(1)) & every)
    return best, mask, radius, pairs, True


@njit(cache=True, nogil=True)
def _mask(half: Half, found: int) -> int:
    return half.u_mask[found >> 32] | half.v_mask[found & 0xFFFFFFFF]


@njit(cache=True, nogil=True)
def _distance(a: FloatArray, i: int, b: FloatArray, k: int, d: int, radius: float) -> float:
    """‖a_i − b_k‖_∞ over d coordinates, or any value ≥ radius; a further one must agree."""
    largest = 0.0
    for j in range(a.shape[1] - 1, -1, -1):
        gap = abs(a[i, j] - b[k, j])
        if j >= d:
            gap = 0.0 if gap < 0.5 else np.inf
        largest = max(largest, gap)
        if largest >= radius:
            break
    return largest
