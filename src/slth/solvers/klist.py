"""k-list nearest-neighbour tree: Wagner's generalised birthday with real vectors."""

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from slth import seeding
from slth.checks import BoolArray
from slth.problem import Instance
from slth.solvers import gpu, klist_ends, klist_plan, klist_tiers
from slth.solvers.base import DEFAULT_MEMORY, Answer, Options, Solver
from slth.solvers.crew import Crew
from slth.solvers.klist_merge import Merger, Run, merge
from slth.solvers.klist_tiers import Grove
from slth.solvers.klist_tree import Tree

DEFAULT_BUDGET = 2**32  # pairs: 5 s a core at d = 9, 15 s at d = 36
EXHAUST_N = 24  # up to here all 2^n pairs of two half lists are measured in the sup norm
FINALISTS = 8  # root pairs that are polished
WHOLE = 15 / 16  # share of the budget for a tree; the rest pays for the polish
CASCADE = (1 / 64, 1 / 16, 1 / 4, 5 / 8)  # shares of the trees tried in turn when eps is given
REPEATS = 31  # further trees with other groups, while the budget lasts
REACH = 3.0  # a tree is worth trying when the error predicted is under this many eps


class KList(Solver):
    """Merge 2^t lists of partial sums two by two, keeping the pairs that nearly cancel.

    Sums are centred: Σ_S X_i − z = Σ ± X_i/2 − (z − Σ X_i/2). `klist_plan` sizes the lists from
    (n, d, budget, memory); `klist_tiers` puts candidates into the tree, into tiers that refine its
    root, or aside to be signed greedily, by their lengths; nothing else of the instance decides.
    With eps, trees grow from 1/64 of the budget until one hits; without, the whole budget goes into
    the largest tree it pays for, and what is left into more of them with other groups. Finalists
    are polished by single flips and pairs of flips. n ≤ 24 is searched exhaustively in 2^n pairs.

    Never proves. For a proof and n ≤ 44 use "mitm". No better than the empty subset when d is
    large for the budget: from d ≈ 30 on with the default.
    """

    name: ClassVar[str] = "klist"
    handles: ClassVar[str] = "any n and d; best from n ≈ 1.5 n* on, d = 2 … 25"
    cannot: ClassVar[str] = "prove; reach far below the empty subset's error when d > 30"
    cost: ClassVar[str] = (
        "budget = pairs measured (a list vector made counts as "
        f"{klist_plan.VECTOR_WORK}); default 2^32"
    )
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    source: ClassVar[str] = (
        "Wagner 2002, doi:10.1007/3-540-45708-9_19; "
        "Howgrave-Graham and Joux 2010, doi:10.1007/978-3-642-13190-5_12"
    )

    def bytes_needed(self, n: int, d: int) -> int:
        """Peak with the default budget; with a larger one it stays within ``memory``."""
        base = _base_bytes(n, d)
        plan = klist_plan.plan(n, d, int(WHOLE * DEFAULT_BUDGET), DEFAULT_MEMORY - base)
        return base + (klist_plan.BASE_BYTES if plan is None else plan.bytes)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance. A budget that pays for no tree is spent on greedy signs alone."""
        budget = DEFAULT_BUDGET if options.budget is None else options.budget
        alive, scaled = _normalised(instance)
        keep, work = np.zeros(instance.n, dtype=bool), 0
        if scaled.n == 0:
            return Answer(keep, False, 1)
        if scaled.n <= EXHAUST_N and 2**scaled.n <= budget:
            found, work = klist_ends.exhaust(scaled.X, scaled.z), 2**scaled.n
        else:
            found, work = _Search(scaled, options, budget).best()
        keep[alive] = found
        if instance.error(keep) > instance.error(np.zeros_like(keep)):
            keep[:] = False
        return Answer(keep, False, work)


class _Search:
    """One instance under one budget: the incumbent, and the work done so far."""

    def __init__(self, instance: Instance, options: Options, budget: int) -> None:
        self.instance, self.options, self.budget = instance, options, budget
        self.merger, self.memory = _merger(options)
        self.keep = np.zeros(instance.n, dtype=bool)
        self.error = instance.error(self.keep)
        self.work = 0
        lengths = np.mean(np.square(instance.X), axis=1)
        self.order = np.argsort(-lengths, kind="stable")  # longest first
        self.scales = np.sqrt(lengths[self.order])

    def best(self) -> tuple[BoolArray, int]:
        """Greedy signs, then trees, smallest first when eps is given; (keep, work)."""
        everyone = np.arange(self.instance.n)
        offset = self.instance.z - self.instance.X.sum(axis=0) / 2
        self.work += klist_ends.SETTLE_WORK * self.instance.n
        self._consider([klist_ends.settle(self.instance.X, everyone, offset)])
        with Crew(self.options.threads, lambda: None) as crew:
            for turn, grove in enumerate(self._groves()):
                if self._hit() or self.work + grove.work > self.budget:
                    break
                self._consider(self._climb(grove, turn, crew.run))
        return self.keep, self.work

    def _groves(self) -> Iterator[Grove]:
        """The trees to try, in order; the last one again with other groups."""
        d = self.instance.d
        memory = self.memory - _base_bytes(self.instance.n, d)
        grove = None
        for share in (WHOLE,) if self.instance.eps is None else CASCADE:
            grove = klist_tiers.choose(self.scales, d, int(share * self.budget), memory)
            if grove is not None and (share == CASCADE[-1] or self._promises(grove)):
                yield grove
        if grove is not None and not grove.plan.complete(self.instance.n):
            yield from [grove] * REPEATS

    def _promises(self, grove: Grove) -> bool:
        """Whether the predicted error is within a factor of eps, or no eps is given."""
        eps = self.instance.eps
        return eps is None or grove.error <= REACH * eps

    def _climb(self, grove: Grove, turn: int, run: Run) -> list[BoolArray]:
        X, z = self.instance.X, self.instance.z
        tiers = tuple(self.order[tier] for tier in grove.tiers)
        members, used = self.order[grove.members], np.concatenate([grove.members, *grove.tiers])
        rest = np.delete(self.order, used)
        kept = rest[klist_ends.settle(X, rest, z - X.sum(axis=0) / 2)]
        offset = z - X[kept].sum(axis=0) - X[self.order[used]].sum(axis=0) / 2
        members = seeding.generator(self.options.seed, "groups", turn).permutation(members)
        seed = seeding.child(self.options.seed, "tree", turn)
        tree = Tree(X, offset, members, tiers, grove.plan, seed, run, self.merger)
        found = tree.climb(FINALISTS)
        for keep in found:
            keep[kept] = True
        self.work += tree.work
        return found

    def _consider(self, found: list[BoolArray]) -> None:
        """Polish the candidates for the incumbent within 1/16 of the budget, and take the best."""
        for start in found:
            allowance = self.budget // (16 * FINALISTS)
            keep, work = klist_ends.polish(self.instance.X, self.instance.z, start, allowance)
            self.work += work
            for each in (start, keep):
                error = self.instance.error(each)
                if error < self.error:
                    self.keep, self.error = each, error

    def _hit(self) -> bool:
        return self.error <= (0.0 if self.instance.eps is None else self.instance.eps)


def _normalised(instance: Instance) -> tuple[BoolArray, Instance]:
    """Drop zero candidates and divide by a power of two, largest entry in [1, 2): no rounding.

    Returns (alive, instance): alive (n,) bool says which candidates stayed.
    """
    alive: BoolArray = np.asarray(instance.X.any(axis=1))
    X, z, eps = instance.X[alive], instance.z, instance.eps
    largest = float(np.abs(X).max(initial=0.0))
    exponent = math.frexp(largest)[1] - 1 if largest > 0 else 0
    scaled = None if eps is None else math.ldexp(eps, -exponent)
    return alive, Instance(np.ldexp(X, -exponent), np.ldexp(z, -exponent), scaled)


def _merger(options: Options) -> tuple[Merger, int]:
    """The merge on the device of the options, and the memory it leaves for lists."""
    if options.device == gpu.CPU:
        return merge, options.memory
    from slth.solvers import klist_torch

    return klist_torch.Merger.of(options), options.memory - klist_torch.chunk_bytes(options.memory)


def _base_bytes(n: int, d: int) -> int:
    """The candidates and the copies of them that normalising, ordering and polishing take."""
    return 6 * 8 * n * d
