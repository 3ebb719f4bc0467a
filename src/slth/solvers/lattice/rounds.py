"""One enumeration at one radius: the leaves of the walk as indicators, with what was settled."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.lattice import slack, walk
from slth.solvers.lattice.bases import Basis, Space, reduced
from slth.solvers.lattice.choice import chosen

UNLIMITED = 1 << 62


@dataclass
class Round:
    """All subsets of a space within ``radius`` of z, X (n, d), z (d,); d = 0: all of the space.

    thorough: all of it is expected to be looked at, which a good basis is worth.
    After `leaves` has ended: complete: every subset within ``radius`` times the last `shrink` was
    yielded. nodes: visited. sound: False, and nothing was looked at, where float64 does not hold
    this lattice well enough for a proof.
    """

    space: Space
    X: FloatArray
    z: FloatArray
    radius: float
    limit: int = UNLIMITED
    thorough: bool = True
    complete: bool = False
    nodes: int = 0
    sound: bool = True
    _share: float = 1.0
    _shrinks: int = 0
    _open: "_Open | None" = field(default=None, repr=False)

    def leaves(self, together: int = 1) -> Iterator[BoolArray]:
        """Yield indicators (m, n), m ≤ together, in the order of the walk: also of a few beyond."""
        if not len(self.space.rows):
            yield from self._only()
            return
        worth = self.limit if self.thorough else 0
        basis, limits = chosen(self.space, self.X, self.z, self.radius, worth)
        self.sound = limits.sound and basis.certified
        if not self.sound:
            return
        self._open = _opened(basis, limits, self.X.shape[1])
        found = np.zeros((together, len(basis.U)))
        halt = stopping.flag()
        N = len(basis.U)
        while True:
            tree, state, at = self._open.tree, self._open.state, self._open.state.at
            count = walk.advance(
                tree,
                state,
                0,
                N,
                self._square(),
                limits.delta,
                self._share,
                self.limit,
                found,
                halt,
            )
            stopping.check()
            self.nodes = min(int(at[walk.NODES]), self.limit)
            self.complete = bool(at[walk.LEVEL] >= N)
            if count:
                x = basis.x0 + found[:count].astype(np.int64) @ basis.U
                yield x == 1
            if count < together:
                return

    def _only(self) -> Iterator[BoolArray]:
        """The one vector of a space without rows."""
        basis = reduced(self.space, self.X, self.z, self.radius)
        self.nodes, self.complete, self.sound = 1, basis.certified, basis.certified
        if ((basis.x0 == 0) | (basis.x0 == 1)).all():
            yield basis.x0[None] == 1

    def shrink(self, share: float) -> None:
        """From here on only subsets within share·radius are looked for; share ≤ any before."""
        if self._open is None or self._shrinks >= slack.SHRINKS or share >= self._share:
            return
        n, d = self.X.shape
        eta = 2 * self._open.limits.eta
        factor = (share + eta) / (self._share + eta)
        self._open.tree.Q[:, n : n + d] *= factor
        self._open.state.W[:, n : n + d] *= factor
        self._share, self._shrinks = share, self._shrinks + 1

    def _square(self) -> float:
        """The bound on ‖w‖² at the present share."""
        assert self._open is not None
        limits, d = self._open.limits, self.X.shape[1]
        eta = 2 * limits.eta
        return limits.square - d * ((1 + eta) ** 2 - (self._share + eta) ** 2) * (1 - 2.0**-40)


@dataclass(frozen=True)
class _Open:
    tree: walk.Tree
    state: walk.Walk
    limits: slack.Bounds


def _opened(basis: Basis, limits: slack.Bounds, d: int) -> _Open:
    n = basis.U.shape[1]
    gram = basis.gram
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
    N = len(gram.c)
    state = walk.begin(tree, limits.rest * half, limits.rest_square, N, np.zeros(N))
    return _Open(tree, state, limits)
