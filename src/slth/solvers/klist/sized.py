"""Subsets of exactly k candidates: swaps instead of flips, and the count as a coordinate."""

import math
from collections.abc import Iterator

import numpy as np

from slth import seeding
from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers._base import Options
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.workers import Workers
from slth.solvers.klist import ends as klist_ends
from slth.solvers.klist.ends import UNLIMITED
from slth.solvers.klist.flips import Sieve
from slth.solvers.klist.flips_plan import MAX_MEMBERS, PAIR_SHARE, FlipPlan, plan_flips

EXHAUST_N = 24  # up to here all 2^n pairs of two half lists are measured in the sup norm
PARTNERS = 16  # swaps tried for a candidate in a round
ROUNDS = 8
LOOK = 256  # candidates between two looks at the flag that stops a search
FINALISTS = 8  # sets of flips that are polished
SHARES = (1 / 64, 1 / 16, 1 / 4, 5 / 8)  # of the budget: sieves tried in turn when eps is given
WHOLE = 15 / 16
REPEATS = 31  # further sieves from other starts, while the budget lasts
REACH = 3.0  # a sieve is worth trying when the error predicted is under this many eps


def exhaust(X: FloatArray, z: FloatArray, size: int) -> BoolArray:
    """Return the subset of ``size`` with the least ‖Σ X_i − z‖_∞, by 2^n pairs of half sums.

    A further coordinate counts: one candidate too many costs more than any other error.
    """
    total = float((np.abs(X).sum(axis=0) + np.abs(z)).max())
    unit = 2.0 ** math.ceil(math.log2(2 * total)) if total > 0 else 1.0
    counted = np.column_stack([X, np.full(len(X), unit)])
    return klist_ends.exhaust(counted, np.append(z, size * unit))


class SizedSearch:
    """One instance, subsets of ``size`` candidates, one budget: the incumbent and the work so far.

    Start: a random subset improved by swaps. The sieve's pairs swap a candidate kept for one not
    kept, so every set of flips leaves the count.
    """

    def __init__(self, instance: Instance, size: int, options: Options, budget: int) -> None:
        self.instance, self.size, self.options, self.budget = instance, size, options, budget
        self.work = 1
        self.limit = UNLIMITED if options.budget is None else budget
        self.keep = self._start(0)
        self.error = instance.error(self.keep)

    def best(self) -> tuple[BoolArray, int]:
        """Return (keep, work)."""
        n, size = self.instance.n, self.size
        room = self.options.memory - klist_ends.base_bytes(n, self.instance.d)
        small = n <= EXHAUST_N and klist_ends.exhaust_bytes(n, self.instance.d) <= room
        if small and 2**n <= self.budget:
            return exhaust(self.instance.X, self.instance.z, size), 2**n
        if 0 < size < n:
            self._consider([self.keep])
            with Workers(self.options.threads, lambda: None) as workers:
                for turn, plan in enumerate(self._plans()):
                    if self._hit() or self.work + plan.work > self.budget:
                        break
                    self._consider(self._climb(plan, turn, workers))
        return self.keep, self.work

    def _plans(self) -> Iterator[FlipPlan]:
        """The sieves to try, planned for as many candidates as can be swapped twice over."""
        instance, plan = self.instance, None
        swaps = min(self.size, instance.n - self.size, self._most() // 2)
        memory = self.options.memory - klist_ends.base_bytes(instance.n, instance.d)
        rms = math.sqrt(float(np.square(instance.X).mean()))
        for share in (WHOLE,) if instance.eps is None else SHARES:
            plan = plan_flips(2 * swaps, instance.d, int(share * self.budget), memory)
            if plan is None:
                continue
            if (
                instance.eps is None
                or share == SHARES[-1]
                or rms * plan.radius <= REACH * instance.eps
            ):
                yield plan
        if plan is not None:
            yield from [plan] * REPEATS

    def _most(self) -> int:
        """Candidates that may flip: their pairs are at most 1/16 of the budget."""
        return min(self.instance.n, MAX_MEMBERS, math.isqrt(self.budget // PAIR_SHARE))

    def _climb(self, plan: FlipPlan, turn: int, workers: Workers[None]) -> list[BoolArray]:
        X, z = self.instance.X, self.instance.z
        keep = self._start(turn)
        short = np.argsort(np.square(X).sum(axis=1), kind="stable")
        half = self._most() // 2
        few, many = sorted((short[keep[short]], short[~keep[short]]), key=len)
        few = few[:half]
        members = np.sort(np.concatenate([few, many[: self._most() - len(few)]]))
        rest = np.setdiff1d(np.flatnonzero(keep), members)
        offset = z - X[rest].sum(axis=0) - X[members].sum(axis=0) / 2
        seed = seeding.child(self.options.seed, "tree", turn)
        left = self.limit - self.work
        plus = keep[members]
        sieve = Sieve(X, offset, members, plus, plan, seed, workers.run, sized=True, limit=left)
        sums, flips = sieve.climb(plan.finalists)
        self.work += sieve.work
        found = []
        for row in np.argsort(np.abs(sums).max(axis=1), kind="stable")[:FINALISTS]:
            each = keep.copy()
            each[members[flips[row]]] ^= True
            found.append(each)
        return found

    def _start(self, turn: int) -> BoolArray:
        """A random subset, improved in the 2-norm by swaps with PARTNERS others a round."""
        n = self.instance.n
        rng = seeding.generator(self.options.seed, "start", turn)
        keep = np.zeros(n, dtype=bool)
        keep[rng.permutation(n)[: self.size]] = True
        rounds = min(ROUNDS, self.budget // (8 * PARTNERS * n))
        rounds = min(rounds, (self.limit - self.work) // (PARTNERS * n))
        hops = rng.integers(1, max(n, 2), (rounds, PARTNERS))
        rest = self.instance.z - self.instance.X[keep].sum(axis=0)
        _swap(self.instance.X, rest, keep, hops, stopping.flag())
        stopping.check()
        self.work += rounds * PARTNERS * n
        return keep

    def _consider(self, found: list[BoolArray]) -> None:
        """Polish by swaps within 1/16 of the budget, and take the best."""
        X, z = self.instance.X, self.instance.z
        for start in found:
            allowance = self.budget // (16 * FINALISTS)
            keep, work = klist_ends.polish(X, z, start, allowance, True, self.limit - self.work)
            self.work += work
            for each in (start, keep):
                error = self.instance.error(each)
                if error < self.error:
                    self.keep, self.error = each, error
                    stopping.offer(each)

    def _hit(self) -> bool:
        return self.error <= (0.0 if self.instance.eps is None else self.instance.eps)


@njit(cache=True, nogil=True)
def _swap(X, rest, keep, hops, halt):  # type: ignore[no-untyped-def]
    """Swap i with i + hop where that shortens rest = z − Σ_keep X; keep and rest change."""
    n, d = X.shape
    for hop in hops:
        for i in range(n):
            if i % LOOK == 0 and stopped(halt):
                return
            for h in hop:
                j = (i + h) % n
                if keep[i] == keep[j]:
                    continue
                sign = 1.0 if keep[i] else -1.0  # what the swap adds to the rest, times X_i − X_j
                gain = 0.0
                for c in range(d):
                    step = sign * (X[i, c] - X[j, c])
                    gain += step * (2 * rest[c] + step)
                if gain < 0:
                    for c in range(d):
                        rest[c] += sign * (X[i, c] - X[j, c])
                    keep[i], keep[j] = keep[j], keep[i]
