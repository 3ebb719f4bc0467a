"""The enumeration: depth first over the coefficients of a lattice's vectors in a box.

From the last row to the first, w = t's rest + Σ a_j q_j with a_j = u_j − its centre. For v in the
box |v_j| ≤ h_j every y orthogonal to the rows still free has ⟨v, y⟩ ≤ Σ h_j |y_j|. Three such y end
a branch: w itself (Hölder), q_k (|a| ≤ reach), and the dual vector of row k (low ≤ u ≤ high). As
⟨v, w + a q⟩ only grows with |a|, Hölder ends all further steps in that direction.
Source of the order of steps: Schnorr and Euchner 1994, doi:10.1007/BF01581144; of Hölder's bound in
enumeration: Ritter 1990; Wassermann 2002, doi:10.1016/S0304-3975(01)00306-2.
"""

from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.lattice.vectors import ANY_ORDER

IntArray = np.ndarray  # int64 or uint64
LEVEL, NODES, FRESH = 0, 1, 2  # of Walk.at
CHECKED = 4096  # nodes between looks at the flag
C, SHIFT, REACH, LOW, HIGH = 0, 1, 2, 3, 4  # columns of Tree.levels
CENTRE, BASE, OFFSET, SIGN = 0, 1, 2, 3  # of Walk.places
UP, DOWN, BOTH = 1, 2, 3  # directions that a level is done with
UP_NEXT, DOWN_NEXT = 4, 8  # the value next to the nearest one is known to be left by all bounds
ONE = np.uint64(1)  # levels are unsigned: numba asks of a signed index whether it is negative


class Tree(NamedTuple):
    """What a walk does not change: see `slack.Bounds`.

    Q (N, M): h∘q_k; levels (N, 5): c_k, centre, reach, low, high; mu (N, N) transposed. U (n, N)
    and x0 (n,): x = x0 + U u. Sums of a leaf are shift (d,) + rows (d, N) u, off by at most spare
    (d,).
    """

    Q: FloatArray
    levels: FloatArray
    mu: FloatArray
    U: FloatArray
    x0: FloatArray
    rows: FloatArray
    shift: FloatArray
    spare: FloatArray


class Walk(NamedTuple):
    """Where a walk is: levels N − 1 … 0, the level above them the root.

    W (N + 1, M): h∘w; square (N + 1,): ‖w‖²; u (N,); places (N, 4): the centre, the value nearest
    to it, how far u is from that and on which side it went first; done (N,): what is known of both
    directions. sums (N, N + 2), changed (N + 2,): of the centres. at: the level, the nodes visited,
    whether the level is yet to be entered.
    """

    W: FloatArray
    square: FloatArray
    u: FloatArray
    places: FloatArray
    done: np.ndarray
    sums: FloatArray
    changed: IntArray
    at: IntArray


def begin(tree: Tree, w: FloatArray, square: float, top: int, u: FloatArray) -> Walk:
    """A walk below a node: h∘w (M,), ‖w‖² and u (N,), whose entries from ``top`` on are fixed."""
    N, M = tree.Q.shape
    W, squares = np.zeros((N + 1, M)), np.zeros(N + 1)
    W[top], squares[top] = w, square
    return Walk(
        W,
        squares,
        u.copy(),
        np.zeros((N, 4)),
        np.zeros(N, dtype=np.uint8),
        np.zeros((N, N + 2)),
        np.full(N + 2, N - 1, dtype=np.uint64),
        np.array([top - 1, 0, 1], dtype=np.int64),
    )


@njit(cache=True, nogil=True, fastmath=ANY_ORDER)
def advance(
    tree: Tree,
    walk: Walk,
    floor: int,
    top: int,
    square: float,
    delta: float,
    share: float,
    limit: int,
    found: FloatArray,
    halt: Flag,
) -> int:
    """Go on until `found` is full, ``limit`` nodes are visited, or the end: at[LEVEL] = top.

    floor: the level at which nodes are found; 0: leaves, with x in {0, 1}^n and sums within share.
    square, delta: of `slack.Bounds`. found (L, N): gets the u of each. Returns how many. A node is
    a value of a level that is looked at; a few beyond the limit may be. One loop, and no slices of
    arrays: a call or a slice costs as much as a node. A level is entered with its three values
    nearest to the centre at once: one pass reads w and q.
    """
    Q, levels, mu, _, _, _, _, _ = tree
    W, squares, u, places, done, sums, changed, at = walk
    M = W.shape[1]
    loose = 1.0 + 4 * (M + 4) * 2.0**-53
    k, last, least = np.uint64(at[LEVEL]), np.uint64(top), np.uint64(floor)
    nodes, count, watched = at[NODES], 0, 0
    enter = at[FRESH] != 0
    while k < last:
        c, above = levels[k, C], squares[k + ONE]
        down = False
        if enter:
            if nodes >= limit:
                break
            watched -= 1
            if watched < 0:
                watched = CHECKED
                if stopped(halt):
                    break
            enter = False
            i = changed[k + ONE]
            changed[k] = max(changed[k], i)
            total = sums[k, i + ONE]
            while i > k:  # of the centre only what changed is summed
                total += u[i] * mu[k, i]
                sums[k, i] = total
                i -= ONE
            middle = -total - levels[k, SHIFT]
            nearest = np.rint(middle)
            side = 1.0 if middle >= nearest else -1.0
            a = nearest - middle
            here = above + a * a * c
            nodes += 1
            flags = BOTH
            if here <= square and abs(a) <= levels[k, REACH]:
                right, left = nearest + 1.0 - middle, nearest - 1.0 - middle
                length = longer = shorter = 0.0
                for j in range(M):
                    part = Q[k, j]
                    value = W[k + ONE, j] + a * part
                    W[k, j] = value
                    length += abs(value)
                    longer += abs(value + part)
                    shorter += abs(value - part)
                low, high, reach = levels[k, LOW], levels[k, HIGH], levels[k, REACH]
                flags = 0
                if nearest < low:
                    flags = DOWN
                elif nearest > high:
                    flags = UP
                elif here > length * loose + delta:
                    flags = UP if a > 0 else DOWN
                else:
                    down = True
                if not flags & UP and nearest + 1.0 >= low:
                    nodes += 1
                    after = above + right * right * c
                    if (
                        nearest + 1.0 > high
                        or right > reach
                        or after > min(square, longer * loose + delta)
                    ):
                        flags |= UP
                    else:
                        flags |= UP_NEXT
                if not flags & DOWN and nearest - 1.0 <= high:
                    nodes += 1
                    after = above + left * left * c
                    if (
                        nearest - 1.0 < low
                        or -left > reach
                        or after > min(square, shorter * loose + delta)
                    ):
                        flags |= DOWN
                    else:
                        flags |= DOWN_NEXT
            u[k] = nearest
            places[k, CENTRE], places[k, BASE] = middle, nearest
            places[k, OFFSET], places[k, SIGN] = 0.0, side
            done[k] = flags
            squares[k] = here
        else:  # the next value of this level: offsets 0, s, −s, 2s, …
            flags = done[k]
            while flags & BOTH != BOTH:
                offset, side = places[k, OFFSET], places[k, SIGN]
                offset = -offset if offset * side > 0 else side - offset
                places[k, OFFSET] = offset
                way = UP if offset > 0 else DOWN
                if flags & way:
                    continue
                value = places[k, BASE] + offset
                a = value - places[k, CENTRE]
                here = above + a * a * c
                known = abs(offset) == 1.0 and flags & (UP_NEXT if offset > 0 else DOWN_NEXT) != 0
                if not known:
                    nodes += 1
                    if here > square or abs(a) > levels[k, REACH]:
                        flags |= BOTH
                        continue
                    if value < levels[k, LOW]:
                        flags |= DOWN
                        continue
                    if value > levels[k, HIGH]:
                        flags |= UP
                        continue
                length = 0.0
                for j in range(M):
                    new = W[k + ONE, j] + a * Q[k, j]
                    W[k, j] = new
                    length += abs(new)
                if here > length * loose + delta:
                    flags |= way
                    continue
                u[k], squares[k] = value, here
                down = True
                break
            done[k] = flags
            if not down:
                k += ONE
                changed[k] = k
                continue
        if down:
            if k > least:
                k -= ONE
                enter = True
            elif least > 0 or (_near(tree, u, share) and _in_cube(tree, u)):
                for j in range(u.size):
                    found[count, j] = u[j]
                count += 1
                if count == len(found):
                    break
    at[LEVEL], at[NODES], at[FRESH] = k, nodes, enter
    return count


@njit(cache=True, nogil=True)
def _near(tree: Tree, u: FloatArray, share: float) -> bool:
    """Whether all sums may be within ``share``."""
    for i in range(tree.shift.size):
        total = tree.shift[i]
        for j in range(u.size):
            total += tree.rows[i, j] * u[j]
        if abs(total) > share + tree.spare[i]:
            return False
    return True


@njit(cache=True, nogil=True)
def _in_cube(tree: Tree, u: FloatArray) -> bool:
    """Whether x = x0 + U u is in {0, 1}^n: integers, hence exact."""
    for i in range(tree.U.shape[0]):
        x = tree.x0[i]
        for j in range(u.size):
            x += tree.U[i, j] * u[j]
        if x != 0.0 and x != 1.0:
            return False
    return True
