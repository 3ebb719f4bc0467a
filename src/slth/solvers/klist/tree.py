"""The k-list tree: lists of partial sums merged two by two, and the subset behind a sum."""

from dataclasses import dataclass, field

import numpy as np

from slth import seeding
from slth.checks import BoolArray, FloatArray
from slth.solvers.klist.ends import SETTLE_WORK, UNLIMITED, settle
from slth.solvers.klist.flips import Sieve
from slth.solvers.klist.flips_plan import FlipPlan
from slth.solvers.klist.merge import Index, Merger, Run, add_rows, merge
from slth.solvers.klist.plan import ROOT_KEEP, VECTOR_WORK, Plan
from slth.solvers.klist.tiers import tier_bits


class _SpentError(Exception):
    """The work allowed ends before the root of a tree."""


@dataclass(frozen=True)
class Leaf:
    """A group: bit k of a row's number says whether candidate members[k] is kept."""

    members: np.ndarray


@dataclass(frozen=True)
class Pair:
    """Row r of this list is row i[r] of the left list plus row j[r] of the right one."""

    left: "Leaf | Pair | Flips"
    right: "Leaf | Pair | Flips"
    i: Index
    j: Index


@dataclass(frozen=True)
class Flips:
    """Row r of this list starts from ``plus`` and flips the candidates members[flips[r]]."""

    members: np.ndarray
    plus: BoolArray
    flips: np.ndarray


Node = Leaf | Pair | Flips
Built = tuple[FloatArray, Node]  # a list (L, d), and where its rows come from


@dataclass
class Tree:
    """Searches for Σ_{members, tiers} ± X_i/2 = offset by one tree; `climb` does all.

    X: (n, d) candidates; offset: (d,); members: (used,) the candidates of the tree, in an order
    that is dealt out to the groups; tiers: short candidates that refine the root's list, one more
    merge each; a flip sieve has none. merger: the merge of a device. work counts the pairs measured
    and the vectors made, at most ``limit``. spare: a merge leaves what is planned for those after
    it, as long as there is a limit, so that the root is reached; due is that.
    """

    X: FloatArray
    offset: FloatArray
    members: np.ndarray
    tiers: tuple[np.ndarray, ...]
    plan: Plan | FlipPlan
    seed: int
    run: Run
    merger: Merger = merge
    limit: int = UNLIMITED
    spare: bool = False
    due: int = field(default=0, init=False)
    work: int = field(default=0, init=False)

    def climb(self, best: int) -> list[BoolArray]:
        """Return up to ``best`` subsets, (n,) bool over all candidates, smallest sup norm first.

        None when the work allowed ends before the root is reached.
        """
        plan = self.plan
        try:
            sums, root = self._flips(plan) if isinstance(plan, FlipPlan) else self._refined(plan)
        except _SpentError:
            return []
        first = np.argsort(np.abs(sums).max(axis=1), kind="stable")[:best]
        return [self._keep(root, int(row)) for row in first]

    def _refined(self, plan: Plan) -> Built:
        if self.spare:
            sizes, last = plan.lists, plan.lists[-1]
            merges = [2 ** (plan.depth - 1 - k) for k in range(plan.depth)]
            costs = [_cost(size, size, b) for size, b in zip(sizes, plan.bits, strict=True)]
            self.due = sum(count * cost for count, cost in zip(merges, costs, strict=True))
            ends = [len(tier) for tier in self.tiers]
            self.due += sum(_cost(last, 2**end, tier_bits(plan, end)) for end in ends)
        sums, root = self._build(plan, plan.depth, 0)
        for k, tier in enumerate(self.tiers, start=1):
            keep = plan.lists[-1] if k < len(self.tiers) else ROOT_KEEP
            leaf = self._leaf(tier, np.zeros_like(self.offset))
            bits = tier_bits(plan, len(tier))
            sizes = plan.lists[-1], 2 ** len(tier)
            sums, root = self._join((sums, root), leaf, bits, keep, sizes, "tier", k)
        return sums, root

    def _flips(self, plan: FlipPlan) -> Built:
        self._pay(SETTLE_WORK * len(self.members))
        plus = settle(self.X, self.members, self.offset, longest_first=False)
        left = self.limit - self.work
        sieve = Sieve(
            self.X, self.offset, self.members, plus, plan, self.seed, self.run, limit=left
        )
        sums, flips = sieve.climb(plan.finalists)
        self.work += sieve.work
        return sums, Flips(self.members, plus, flips)

    def _build(self, plan: Plan, level: int, index: int) -> Built:
        if level == 0:
            return self._leaf(self.members[index :: plan.groups], self.offset / plan.groups)
        left = self._build(plan, level - 1, 2 * index)
        right = self._build(plan, level - 1, 2 * index + 1)
        last = level == plan.depth and not self.tiers
        keep = ROOT_KEEP if last else plan.lists[min(level, plan.depth - 1)]
        size, bits = plan.lists[level - 1], plan.bits[level - 1]
        return self._join(left, right, bits, keep, (size, size), level, index)

    def _leaf(self, members: np.ndarray, share: FloatArray) -> Built:
        """All Σ ± X_i/2 of a group, less its share of the offset; row number = mask."""
        X = self.X[members]
        sums = np.empty((2 ** len(members), X.shape[1]))
        sums[0] = -X.sum(axis=0) / 2 - share
        for k, x in enumerate(X):
            np.add(sums[: 2**k], x, out=sums[2**k : 2 ** (k + 1)])
        return sums, Leaf(members)

    def _join(
        self,
        left: Built,
        right: Built,
        bits: int,
        keep: int,
        sizes: tuple[int, int],
        *key: str | int,
    ) -> Built:
        """Merge two lists planned to be of these sizes."""
        (A, below_a), (B, below_b) = left, right
        self._pay(VECTOR_WORK * (len(A) + len(B)))
        self.due -= _cost(*sizes, bits) if self.spare else 0
        unspent, pairs = self.limit - self.work, sizes[0] * sizes[1] >> bits
        most, short = unspent - self.due, self.spare and unspent < pairs + self.due
        if short:
            most = max(most, unspent * pairs // (pairs + self.due))
        for allowed in (most, unspent):  # all of it where its share does not even pay for a sample
            rng = seeding.generator(self.seed, "merge", *key)
            i, j, work = self.merger(A, B, bits, keep, rng, self.run, allowed)
            self.work += work
            if len(i):
                break
        else:
            raise _SpentError
        if short and self.due and len(i) > keep:  # no longer lists than planned, from all cells
            some = np.linspace(0, len(i) - 1, keep).astype(np.int64)
            i, j = i[some], j[some]
        return add_rows(A, B, i, j, self.run), Pair(below_a, below_b, i, j)

    def _pay(self, work: int) -> None:
        if self.work + work > self.limit:
            raise _SpentError
        self.work += work

    def _keep(self, root: Node, row: int) -> BoolArray:
        keep = np.zeros(len(self.X), dtype=bool)
        stack: list[tuple[Node, int]] = [(root, row)]
        while stack:
            node, at = stack.pop()
            if isinstance(node, Leaf):
                keep[node.members] = (at >> np.arange(len(node.members))) & 1
            elif isinstance(node, Flips):
                plus = node.plus.copy()
                plus[node.flips[at]] ^= True
                keep[node.members] = plus
            else:
                stack += [(node.left, int(node.i[at])), (node.right, int(node.j[at]))]
        return keep


def _cost(a: int, b: int, bits: int) -> int:
    """Pairs that a merge of lists of a and b vectors measures, the vectors counted as such."""
    return (a * b >> bits) + VECTOR_WORK * (a + b)
