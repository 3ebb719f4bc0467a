"""The walk below one node, and the nodes of a level as walks of their own.

Below different nodes nothing is shared, so that threads may walk there at the same time, and every
node is visited by one of them: the same nodes as one walk from the root.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.lattice import slack, walk
from slth.solvers.lattice.bases import Basis

NODES = 256  # below which a walk is shared out, at least, where there are so many
Place = tuple[FloatArray, float, FloatArray]  # h∘w, ‖w‖² and u of a node


@dataclass
class Part:
    """The walk below a node at level ``top``; of the root that is all.

    d: coordinates that are sums. After `leaves` has ended: complete: every subset below the node
    within the radius times the last `shrink` was yielded. nodes: visited.
    """

    basis: Basis
    limits: slack.Bounds
    d: int
    tree: walk.Tree
    state: walk.Walk
    top: int
    limit: int
    share: float = 1.0
    shrinks: int = 0
    nodes: int = 0
    complete: bool = False

    def leaves(self, together: int = 1) -> Iterator[BoolArray]:
        """Yield indicators (m, n), m ≤ together, in the order of the walk: also of a few beyond."""
        found = np.zeros((together, len(self.basis.U)))
        while True:
            count = self._advance(0, found)
            if count:
                x = self.basis.x0 + found[:count].astype(np.int64) @ self.basis.U
                yield x == 1
            if count < together:
                return

    def shrink(self, share: float) -> None:
        """From here on only subsets within share·radius are looked for; share ≤ any before."""
        if self.shrinks >= slack.SHRINKS or share >= self.share:
            return
        eta = 2 * self.limits.eta
        factor = (share + eta) / (self.share + eta)
        sums = self._sums()
        self.tree.Q[:, sums] *= factor
        self.state.W[:, sums] *= factor
        self.share, self.shrinks = share, self.shrinks + 1

    def below(self, place: Place, level: int, share: float) -> "Part":
        """The walk below a node of this walk at ``level``, at a share that this one never had."""
        w, square, u = place
        tree = self.tree._replace(Q=self.tree.Q.copy())
        state = walk.begin(tree, w, square, level, u)
        part = Part(self.basis, self.limits, self.d, tree, state, level, self.limit)
        part.shrink(share)
        return part

    def places(self, level: int) -> list[Place]:
        """Every node at ``level``, in the order of the walk, which it ends."""
        found, places = np.zeros((1, len(self.basis.U))), []
        while self._advance(level, found):
            state = self.state
            places.append((state.W[level].copy(), float(state.square[level]), state.u.copy()))
        return places

    def _advance(self, floor: int, found: FloatArray) -> int:
        at, square = self.state.at, self._square()
        count = walk.advance(
            self.tree,
            self.state,
            floor,
            self.top,
            square,
            self.limits.delta,
            self.share,
            self.limit,
            found,
            stopping.flag(),
        )
        stopping.check()
        self.nodes = min(int(at[walk.NODES]), self.limit)
        self.complete = bool(at[walk.LEVEL] >= self.top)
        return int(count)

    def _sums(self) -> slice:
        n = self.basis.U.shape[1]
        return slice(n, n + self.d)

    def _square(self) -> float:
        """The bound on ‖w‖² at the present share."""
        eta = 2 * self.limits.eta
        lost = (1 + eta) ** 2 - (self.share + eta) ** 2
        return self.limits.square - self.d * lost * (1 - 2.0**-40)


def root(basis: Basis, limits: slack.Bounds, d: int, limit: int) -> Part:
    """The whole walk."""
    n, gram, N = basis.U.shape[1], basis.gram, len(basis.gram.c)
    half = np.ones(gram.Q.shape[1])
    half[n : n + d] = 1 + 2 * limits.eta
    tree = walk.Tree(
        gram.Q * half,
        np.column_stack([gram.c, limits.centre, limits.reach, limits.low, limits.high]),
        np.ascontiguousarray(gram.mu.T),
        np.ascontiguousarray(basis.U.T.astype(np.float64)),
        basis.x0.astype(np.float64),
        np.ascontiguousarray(gram.B[:, n : n + d].T),
        basis.t[n : n + d].copy(),
        limits.spare,
    )
    state = walk.begin(tree, limits.rest * half, limits.rest_square, N, np.zeros(N))
    return Part(basis, limits, d, tree, state, N, limit)


def split(basis: Basis, limits: slack.Bounds, d: int, limit: int) -> tuple[list[Place], int, int]:
    """The nodes of the first level that has `NODES`, the level, and the nodes visited down to it.

    Of a level half way down at most.
    """
    N = len(basis.gram.c)
    for level in range(N - 1, N // 2, -1):
        above = root(basis, limits, d, limit)
        places = above.places(level)
        if len(places) >= NODES or not places:
            break
    return places, level, above.nodes
