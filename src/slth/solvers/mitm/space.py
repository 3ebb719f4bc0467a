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

from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.mitm.halves import Half
from slth.solvers.mitm.match import Goal, keep, match, place
from slth.solvers.mitm.scratch import Scratch, bit_map
from slth.solvers.mitm.sieve import UNLIMITED, Cells, Codes, mark, sieve, walk

DIRECT = 10  # log2 of the sums of a half below which slabs are matched without a sieve


class Slab(NamedTuple):
    """The sums with low ≤ a_0 < high; a_rows, b_rows: about how many of A, and of B in reach."""

    low: float
    high: float
    a_rows: float
    b_rows: float


class Sides(NamedTuple):
    """Both halves with the codes of their lists, and the cells these are hashed by."""

    A: Half
    B: Half
    a_codes: Codes
    b_codes: Codes
    cells: Cells


def join(sides: Sides, slab: Slab, goal: Goal, space: Scratch) -> tuple[float, int, int, bool]:
    """Find the best pair with a in the slab and ‖a − b‖_∞ < goal.radius.

    Returns (error, mask, work, finished): error inf when no pair is that close; finished: every
    such pair was accounted for. Sums beyond what ``space`` holds are taken in chunks.
    """
    A, B, a_codes, b_codes, cells = sides
    border, halt = goal.radius + goal.slack, stopping.flag()
    in_a, in_b = (slab.low, slab.high), (slab.low - border, slab.high + border)
    if slab.a_rows < slab.b_rows:
        return _semi_join(A, B, a_codes, b_codes, in_a, in_b, slab.a_rows, cells, goal, space, halt)
    return _semi_join(B, A, b_codes, a_codes, in_b, in_a, slab.b_rows, cells, goal, space, halt)


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
    halt: stopping.Flag,
) -> tuple[float, int, int, bool]:
    """Mark the sums of P, keep those of Q that meet a mark, then those of P that meet one kept."""
    keys, crossed, p_found, q_found = space.keys, space.crossed, space.p_found, space.q_found
    direct = P.u0.size * P.v0.size <= 1 << DIRECT
    marks, drop = bit_map(space.marks, 0.0 if direct else p_rows)
    to_p, again = walk(P, in_p[0], in_p[1]), walk(P, in_p[0], in_p[1])
    best, mask, work, radius, finished = np.inf, 0, 0, goal.radius, True
    while to_p.place[0] < P.u0.size and finished:
        start, end, rows = to_p.place.copy(), P.u0.size, 1
        if direct:
            to_p.place[0] = end
        else:
            marks[:] = 0
            room = min(2 * marks.size, goal.limit - work + 1)
            rows = mark(P, p_codes, cells, to_p, room, marks, drop, keys, crossed, halt)
            end = to_p.place[0]
            work += rows
            finished = not stopped(
                halt
            )  # else a walk that no longer goes on would be marked for ever
        to_q = walk(Q, in_q[0], in_q[1])
        while rows > 0 and to_q.place[0] < Q.u0.size and finished:
            left = goal.limit - work
            q_count, seen = sieve(
                Q, q_codes, cells, to_q, Q.u0.size, marks, drop, keys, q_found, left, halt
            )
            work += seen
            kept_marks, kept_drop = keep(q_count, direct, Q, q_codes, cells, space)
            table = place(q_count, Q, space)
            again.place[:] = start
            while q_count > 0 and again.place[0] < end and finished:
                left = goal.limit - work if direct else UNLIMITED
                p_count, seen = sieve(
                    P, p_codes, cells, again, end, kept_marks, kept_drop, keys, p_found, left, halt
                )
                work += seen if direct else 0
                found, found_mask, radius, pairs, finished = match(
                    p_count,
                    Q,
                    P,
                    p_codes,
                    cells,
                    table,
                    goal,
                    space,
                    radius,
                    goal.limit - work,
                    halt,
                )
                work += pairs
                if found < best:
                    best, mask = found, found_mask
                finished = finished and work <= goal.limit and not stopped(halt)
            finished = finished and work <= goal.limit and not stopped(halt)
    return best, mask, work, finished and work <= goal.limit
