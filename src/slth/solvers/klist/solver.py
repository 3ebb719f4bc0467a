"""k-lists: Wagner's generalised birthday with real vectors, as a tree or as a sieve on flips."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from slth import devices as gpu
from slth import seeding
from slth.checks import BoolArray
from slth.problem import Instance, exponent_of
from slth.solvers._base import Answer, Options, Solver
from slth.solvers.kernels import stopping
from slth.solvers.kernels.workers import Workers
from slth.solvers.klist import ends as klist_ends
from slth.solvers.klist import plan as klist_plan
from slth.solvers.klist import tiers as klist_tiers
from slth.solvers.klist.ends import UNLIMITED
from slth.solvers.klist.merge import Merger, Run, merge
from slth.solvers.klist.sized import SizedSearch
from slth.solvers.klist.tiers import TieredPlan
from slth.solvers.klist.tree import Tree

DEFAULT_BUDGET = 2**32  # pairs: 5 s a core at d = 9, 15 s at d = 36
EXHAUST_N = 24  # up to here all 2^n pairs of two half lists are measured in the sup norm
FARTHEST = 400  # log2 of the target in candidates: squares of both are finite
FINALISTS = 8  # root pairs that are polished
WHOLE = 15 / 16  # share of the budget for a tree; the rest pays for the polish
CASCADE = (1 / 64, 1 / 16, 1 / 4, 5 / 8)  # shares of the trees tried in turn when eps is given
REPEATS = 31  # further trees with other groups, while the budget lasts
REACH = 3.0  # a tree is worth trying when the error predicted is under this many eps


class KList(Solver):
    """Merge lists of partial sums two by two, keeping the pairs that nearly cancel.

    A tree merges 2^t lists over groups of candidates. Sums are centred: Σ_S X_i − z = Σ ± X_i/2 −
    (z − Σ X_i/2). The flip sieve (`klist_flips`) merges the list of the best sets of 2, 4, 8 …
    flips of an incumbent with itself: t merges instead of 2^t. `klist_plan` and `klist_flips_plan`
    size the lists from (n, d, budget, memory); `klist_tiers` chooses between the two by the error
    predicted, and puts candidates into the tree, into tiers that refine its root, or aside to be
    signed greedily, by their lengths; nothing else of the instance decides.
    With eps, trees grow from 1/64 of the budget until one hits; without, the whole budget goes into
    the largest tree it pays for, and what is left into more of them with other groups. Finalists
    are polished by single flips and pairs of flips. n ≤ 24 is searched exhaustively in 2^n pairs.
    Fixed-size subsets: a sieve on swaps (`klist_sized`).

    Never proves. For a proof and n ≤ 52 use "mitm". No better than the empty subset when d is
    large for n and the budget: d = 36 needs n ≈ 1000 and more with the default.
    """

    name: ClassVar[str] = "klist"
    printed: ClassVar[str] = "$k$-list"
    handles: ClassVar[str] = "any n and d; best from n ≈ 1.5 n* on, d = 2 … 36; fixed-size subsets"
    cannot: ClassVar[str] = "prove; reach far below the empty subset's error when d > 40"
    cost: ClassVar[str] = (
        "budget = pairs measured (a list vector made counts as "
        f"{klist_plan.VECTOR_WORK}), never exceeded when given; default about 2^32"
    )
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    source: ClassVar[str] = (
        "Wagner 2002, doi:10.1007/3-540-45708-9_19; "
        "Howgrave-Graham and Joux 2010, doi:10.1007/978-3-642-13190-5_12"
    )
    sized: ClassVar[bool] = True

    optimal_up_to: ClassVar[int] = EXHAUST_N

    def bytes_needed(self, n: int, d: int) -> int:
        """Greedy signs and their polish; lists are planned within what ``memory`` leaves."""
        return _base_bytes(n, d)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance. A budget that pays for no tree is spent on greedy signs alone.

        Those count as at most SETTLE_WORK pairs a candidate.
        """
        budget = DEFAULT_BUDGET if options.budget is None else options.budget
        alive, scaled = _normalised(instance, options.size is None)
        if options.size is not None:
            found, work = SizedSearch(scaled, options.size, options, budget).best()
            return Answer(found, False, work)
        keep, work = np.zeros(instance.n, dtype=bool), 0
        if scaled.n == 0:
            return Answer(keep, False, 1)
        room = options.memory - _base_bytes(scaled.n, scaled.d)
        small = scaled.n <= EXHAUST_N and klist_ends.exhaust_bytes(scaled.n, scaled.d) <= room
        if small and 2**scaled.n <= budget:
            found, work = klist_ends.exhaust(scaled.X, scaled.z), 2**scaled.n
        else:
            found, work = _Search(scaled, options, budget, alive).best()
        keep[alive] = found
        if instance.error(keep) > instance.error(np.zeros_like(keep)):
            keep[:] = False
        return Answer(keep, False, work)


class _Search:
    """One instance under one budget: the incumbent, and the work done so far."""

    def __init__(self, instance: Instance, options: Options, budget: int, alive: BoolArray) -> None:
        self.instance, self.options, self.budget, self.alive = instance, options, budget, alive
        self.merger, self.memory = _merger(options)
        self.keep = np.zeros(instance.n, dtype=bool)
        self.error = instance.error(self.keep)
        self.work = 0
        self.limit = UNLIMITED if options.budget is None else budget
        lengths = np.mean(np.square(instance.X), axis=1)
        self.order = np.argsort(-lengths, kind="stable")  # longest first
        self.scales = np.sqrt(lengths[self.order])

    def best(self) -> tuple[BoolArray, int]:
        """Greedy signs, then trees, smallest first when eps is given; (keep, work)."""
        self._greedy()
        with Workers(self.options.threads, lambda: None) as workers:
            for turn, tiered in enumerate(self._groves()):
                if self._hit() or self.work + tiered.work > self.budget:
                    break
                self._consider(self._climb(tiered, turn, workers.run))
        return self.keep, max(1, self.work)

    def _greedy(self) -> None:
        """Sign the candidates; a small budget pays for fewer rounds, or for the longest alone."""
        X, z, n = self.instance.X, self.instance.z, self.instance.n
        some = np.sort(self.order[: self.limit])
        each = min(klist_ends.SETTLE_WORK, self.limit // len(some))
        self.work += each * len(some)
        rounds = min(klist_ends.ROUNDS, each - 1)
        keep = np.zeros(n, dtype=bool)
        keep[some] = klist_ends.settle(X, some, z - X[some].sum(axis=0) / 2, rounds=rounds)
        self._consider([keep])

    def _groves(self) -> Iterator[TieredPlan]:
        """The trees to try, in order; the last one again with other groups."""
        d = self.instance.d
        memory = self.memory - _base_bytes(self.instance.n, d)
        room = self.budget - klist_ends.SETTLE_WORK * self.instance.n
        if room <= 0:
            return
        tiered = None
        for share in (WHOLE,) if self.instance.eps is None else CASCADE:
            tiered = klist_tiers.choose(self.scales, d, int(share * room), memory)
            if tiered is not None and (share == CASCADE[-1] or self._promises(tiered)):
                yield tiered
        if tiered is not None and not tiered.plan.complete(self.instance.n):
            yield from [tiered] * REPEATS

    def _promises(self, tiered: TieredPlan) -> bool:
        """Whether the predicted error is within a factor of eps, or no eps is given."""
        eps = self.instance.eps
        return eps is None or tiered.error <= REACH * eps

    def _climb(self, tiered: TieredPlan, turn: int, run: Run) -> list[BoolArray]:
        X, z = self.instance.X, self.instance.z
        tiers = tuple(self.order[tier] for tier in tiered.tiers)
        members, used = self.order[tiered.members], np.concatenate([tiered.members, *tiered.tiers])
        rest = np.delete(self.order, used)
        kept = rest[klist_ends.settle(X, rest, z - X.sum(axis=0) / 2)]
        offset = z - X[kept].sum(axis=0) - X[self.order[used]].sum(axis=0) / 2
        members = seeding.generator(self.options.seed, "groups", turn).permutation(members)
        seed = seeding.child(self.options.seed, "tree", turn)
        left = self.limit - self.work
        tree = Tree(X, offset, members, tiers, tiered.plan, seed, run, self.merger, left, turn == 0)
        found = tree.climb(FINALISTS)
        for keep in found:
            keep[kept] = True
        self.work += tree.work
        return found

    def _consider(self, found: list[BoolArray]) -> None:
        """Polish the candidates for the incumbent within 1/16 of the budget, and take the best."""
        for start in found:
            X, z, allowance = self.instance.X, self.instance.z, self.budget // (16 * FINALISTS)
            left = self.limit - self.work
            keep, work = klist_ends.polish(X, z, start, allowance, left=left)
            self.work += work
            for each in (start, keep):
                error = self.instance.error(each)
                if error < self.error:
                    self.keep, self.error = each, error
                    self._offer(each)

    def _offer(self, keep: BoolArray) -> None:
        whole = np.zeros(len(self.alive), dtype=bool)
        whole[self.alive] = keep
        stopping.offer(whole)

    def _hit(self) -> bool:
        return self.error <= (0.0 if self.instance.eps is None else self.instance.eps)


def _normalised(instance: Instance, drop: bool) -> tuple[BoolArray, Instance]:
    """Divide by a power of two, largest candidate in [1, 2). ``drop`` zero rows.

    Returns (alive, instance): alive (n,) bool says which candidates stayed. z stays below
    2^FARTHEST; next to a target beyond that candidates are as good as 0.
    """
    exponent = exponent_of(instance.X) - 1 if instance.X.any() else 0
    scaled = instance.shifted(max(exponent, exponent_of(instance.z) - FARTHEST))
    alive: BoolArray = np.asarray(scaled.X.any(axis=1) | (not drop))
    return alive, Instance(scaled.X[alive], scaled.z, scaled.eps)


def _merger(options: Options) -> tuple[Merger, int]:
    """The merge on the device of the options, and the memory it leaves for lists."""
    if options.device == gpu.CPU:
        return merge, options.memory
    from slth.solvers.klist import merge_torch as klist_torch

    return klist_torch.Merger.of(options), options.memory - klist_torch.chunk_bytes(options.memory)


def _base_bytes(n: int, d: int) -> int:
    """The candidates and the copies of them that normalising, ordering and polishing take."""
    return klist_ends.base_bytes(n, d)
