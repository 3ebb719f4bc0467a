"""The sums of both halves that passed the sieve, matched by a hash of their cells, in float64."""

from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.mitm.halves import Half, subset_error
from slth.solvers.mitm.scratch import Scratch, bit_map
from slth.solvers.mitm.sieve import Cells, Codes, box_of, key_of, mark_boxes

_LOW = 0xFFFFFFFF


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


@njit(cache=True, nogil=True)
def keep(
    count: int, direct: bool, Q: Half, codes: Codes, cells: Cells, space: Scratch
) -> tuple[np.ndarray, int]:
    """The keys of the sums of Q that were found, and the map that their boxes mark."""
    for t in range(count):
        i, k = space.q_found[t] >> 32, space.q_found[t] & _LOW
        space.q_key[t] = key_of(codes, cells, i, k)
    marks, drop = bit_map(space.kept_marks, 0.0 if direct else float(count))
    if not direct:
        marks[:] = 0
        one, crossed = space.keys, space.crossed
        for t in range(count):
            i, k = space.q_found[t] >> 32, space.q_found[t] & _LOW
            one[0], crossed[0] = box_of(codes, cells, i, k)
            mark_boxes(1, one, crossed, cells.step, marks, drop)
    return marks, drop


@njit(cache=True, nogil=True)
def place(count: int, Q: Half, space: Scratch) -> int:
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
        space.in_cells[place], space.in_cells_key[place] = found, key[t]
        i, k = found >> 32, found & _LOW
        for j in range(Q.u.shape[1]):
            space.q[place, j] = Q.u[i, j] + Q.v[k, j]
    return drop


@njit(cache=True, nogil=True)
def match(
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
    halt: Flag,
) -> tuple[float, int, float, int, bool]:
    """Compare the sums kept of P with those of Q in the cells that their boxes touch.

    Returns (error, mask, radius, pairs, finished).
    """
    q, key, start, step = space.q, space.in_cells_key, space.start, cells.step
    drop, d = np.uint64(table), goal.z.size
    p = np.empty(P.u.shape[1])
    best, mask, pairs = np.inf, 0, 0
    for t in range(p_count):
        if pairs > limit or stopped(halt):
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
                    both = P.u_mask[i] | P.v_mask[k] | _mask(Q, space.in_cells[r])
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
