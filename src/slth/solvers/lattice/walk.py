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

IntArray = np.ndarray  # int64
LEVEL, NODES, FRESH = 0, 1, 2  # of Walk.at
CHECKED = 4096  # nodes between looks at the flag
UP, DOWN = 1, 2  # directions that a level is done with


class Tree(NamedTuple):
    """What a walk does not change: see `slack.Bounds`.

    Q (N, M): h∘q_k; U (n, N) and x0 (n,): x = x0 + U u; mu (N, N) transposed. Sums of a leaf are
    shift (d,) + rows (d, N) u, off by at most spare (d,).
    """

    Q: FloatArray
    c: FloatArray
    mu: FloatArray
    centre: FloatArray
    reach: FloatArray
    low: FloatArray
    high: FloatArray
    U: FloatArray
    x0: FloatArray
    rows: FloatArray
    shift: FloatArray
    spare: FloatArray


class Walk(NamedTuple):
    """Where a walk is: levels N − 1 … 0, the level above them the root.

    W (N + 1, M): h∘w; square (N + 1,): ‖w‖²; sums (N, N + 2), changed (N + 2,): of the centres.
    at: the level, the nodes visited, whether the level is yet to be entered.
    """

    W: FloatArray
    square: FloatArray
    u: FloatArray
    centre: FloatArray
    base: FloatArray
    offset: FloatArray
    sign: FloatArray
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
        np.zeros(N),
        np.zeros(N),
        np.zeros(N),
        np.zeros(N),
        np.zeros(N, dtype=np.uint8),
        np.zeros((N, N + 2)),
        np.full(N + 2, N - 1, dtype=np.int64),
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
    square, delta: of `slack.Bounds`. found (L, N): gets the u of each. Returns how many. One loop,
    and no slices of arrays: a call or a slice costs as much as a node.
    """
    Q, c, mu, shift, reach, low, high, _, _, _, _, _ = tree
    W, squares, u, centre, base, offset, sign, done, sums, changed, at = walk
    M = W.shape[1]
    loose = 1.0 + 4 * (M + 4) * 2.0**-53
    k, nodes, count = at[LEVEL], at[NODES], 0
    enter = at[FRESH] != 0
    while k < top:
        if enter:  # at the value nearest to the centre, of which only what changed is summed
            enter = False
            changed[k] = max(changed[k], changed[k + 1])
            for i in range(changed[k + 1], k, -1):
                sums[k, i] = sums[k, i + 1] + u[i] * mu[k, i]
            middle = -sums[k, k + 1] - shift[k]
            u[k] = base[k] = np.rint(middle)
            centre[k], offset[k], done[k] = middle, 0.0, 0
            sign[k] = 1.0 if middle >= u[k] else -1.0
        if nodes >= limit or (nodes % CHECKED == 0 and stopped(halt)):
            break
        nodes += 1
        a = u[k] - centre[k]
        here = squares[k + 1] + a * a * c[k]
        more = here <= square and abs(a) <= reach[k]
        if more:
            if u[k] < low[k]:
                done[k] |= DOWN
            elif u[k] > high[k]:
                done[k] |= UP
            else:
                length = 0.0
                for j in range(M):
                    value = W[k + 1, j] + a * Q[k, j]
                    W[k, j] = value
                    length += abs(value)
                if here > length * loose + delta:
                    done[k] |= UP if a > 0 else DOWN
                else:
                    squares[k] = here
                    if k > floor:
                        k -= 1
                        enter = True
                        continue
                    if floor > 0 or (_near(tree, u, share) and _in_cube(tree, u)):
                        for j in range(u.size):
                            found[count, j] = u[j]
                        count += 1
        while True:  # the next value of this level: offsets 0, s, −s, 2s, …; or of one above
            if more:
                more = False
                for _ in range(2):
                    offset[k] = -offset[k] if offset[k] * sign[k] > 0 else sign[k] - offset[k]
                    u[k] = base[k] + offset[k]
                    if not done[k] & (UP if u[k] > centre[k] else DOWN):
                        more = True
                        break
                if more:
                    break
            k += 1
            if k >= top:
                break
            changed[k] = k
            more = True
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
