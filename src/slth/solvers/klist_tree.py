"""The k-list tree: lists of partial sums merged two by two, and the subset behind a sum."""

from dataclasses import dataclass

import numpy as np

from slth import seeding
from slth.checks import BoolArray, FloatArray
from slth.solvers.klist_merge import Index, Run, merge
from slth.solvers.klist_plan import ROOT_KEEP, Plan


@dataclass(frozen=True)
class Leaf:
    """A group: bit k of a row's number says whether candidate members[k] is kept."""

    members: np.ndarray


@dataclass(frozen=True)
class Pair:
    """Row r of this list is row i[r] of the left list plus row j[r] of the right one."""

    left: "Leaf | Pair"
    right: "Leaf | Pair"
    i: Index
    j: Index


@dataclass
class Tree:
    """Searches for Σ_{members} ± X_i/2 = offset by one tree; `climb` does all.

    X: (n, d) candidates; offset: (d,); members: (used,) the candidates of the tree, in an order
    that is dealt out to the groups. work counts the pairs measured.
    """

    X: FloatArray
    offset: FloatArray
    members: np.ndarray
    plan: Plan
    seed: int
    run: Run
    work: int = 0

    def climb(self, best: int) -> list[BoolArray]:
        """Return up to ``best`` subsets, (n,) bool over all candidates, smallest sup norm first."""
        A, left = self._build(self.plan.depth - 1, 0)
        B, right = self._build(self.plan.depth - 1, 1)
        i, j = self._merge(A, B, self.plan.depth, 0)
        errors = np.abs(A[i] + B[j]).max(axis=1)
        first = np.argsort(errors, kind="stable")[:best]
        root = Pair(left, right, i, j)
        return [self._keep(root, int(row)) for row in first]

    def _build(self, level: int, index: int) -> tuple[FloatArray, Leaf | Pair]:
        if level == 0:
            return self._leaf(index)
        A, left = self._build(level - 1, 2 * index)
        B, right = self._build(level - 1, 2 * index + 1)
        i, j = self._merge(A, B, level, index)
        sums = A[i]
        sums += B[j]
        return sums, Pair(left, right, i, j)

    def _leaf(self, index: int) -> tuple[FloatArray, Leaf]:
        """All Σ ± X_i/2 of group ``index``, less its share of the offset; row number = mask."""
        members = self.members[index :: self.plan.groups]
        X = self.X[members]
        sums = np.empty((2 ** len(members), X.shape[1]))
        sums[0] = -X.sum(axis=0) / 2 - self.offset / self.plan.groups
        for k, x in enumerate(X):
            np.add(sums[: 2**k], x, out=sums[2**k : 2 ** (k + 1)])
        return sums, Leaf(members)

    def _merge(self, A: FloatArray, B: FloatArray, level: int, index: int) -> tuple[Index, Index]:
        lists = self.plan.lists
        keep = lists[level] if level < self.plan.depth else ROOT_KEEP
        rng = seeding.generator(self.seed, "merge", level, index)
        i, j, work = merge(A, B, self.plan.bits[level - 1], keep, rng, self.run)
        self.work += work
        return i, j

    def _keep(self, root: Pair, row: int) -> BoolArray:
        keep = np.zeros(len(self.X), dtype=bool)
        stack: list[tuple[Leaf | Pair, int]] = [(root, row)]
        while stack:
            node, at = stack.pop()
            if isinstance(node, Leaf):
                keep[node.members] = (at >> np.arange(len(node.members))) & 1
            else:
                stack += [(node.left, int(node.i[at])), (node.right, int(node.j[at]))]
        return keep
