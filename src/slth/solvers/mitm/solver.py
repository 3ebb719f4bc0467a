"""Meet in the middle: the exact best subset, with proof."""

from typing import ClassVar

import numpy as np

from slth import devices as gpu
from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, BatchAnswer, Options, Solver, shared
from slth.solvers._scaling import by_enumeration
from slth.solvers.kernels.workers import Workers
from slth.solvers.mitm import plan as mitm_plan
from slth.solvers.mitm import rounds as mitm_rounds
from slth.solvers.mitm import scratch as mitm_scratch
from slth.solvers.mitm.line import search as mitm_line

MAX_WORKERS = 256  # threads on one instance


class MeetInTheMiddle(Solver):
    """Match the sums of one half of the candidates with those of the other.

    d = 1 (`mitm_line`): two sorted lists of 2^(n/2) sums and their closest pair, many instances
    side by side in vector lanes. d >= 2: slabs of one coordinate, from lists of 2^(n/4), sieved by
    a bit map of the cells that the other half touches, over a radius
    that shrinks as better pairs are found; memory about 2^(n/4).

    The answer is the least error up to float64 rounding of the sums, complete. With eps the search
    stops at a subset within eps (not complete unless all pairs were seen): d = 1 tries the first
    few candidates, then all, d >= 2 looks at pair by pair. With ``decide`` only pairs within eps
    are looked for: complete says that there is none. A budget too small for the half lists of n
    candidates is spent on the first m < n of them. For d >= 2 and entries so far apart that scaling
    the largest to 1 loses bits of the least (2^1000), all subsets are enumerated, n ≤ 30. For
    n > 64, or when pruning by a radius fails (d near n/2 and beyond), use "klist".
    """

    name: ClassVar[str] = "mitm"
    printed: ClassVar[str] = "meet in the middle"
    max_n: ClassVar[int | None] = 64  # masks are 64-bit
    handles: ClassVar[str] = "any d, n ≤ 64; proves the optimum; batches of small instances"
    cannot: ClassVar[str] = "n > 64; slow from n ≈ 60, or from n ≈ 44 when d > 8; use klist"
    cost: ClassVar[str] = (
        "time about 2^(n/2) (d = 1, n = 21: 3 µs per instance in a batch); memory 2^(n/2) (d = 1), "
        "2^(n/4) (d >= 2); budget = sums and pairs"
    )
    source: ClassVar[str] = (
        "Horowitz and Sahni 1974, doi:10.1145/321812.321823; "
        "Schroeppel and Shamir 1981, doi:10.1137/0210033"
    )
    exhaustive: ClassVar[bool] = True
    sized: ClassVar[bool] = True
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")

    def refusal(self, n: int, d: int) -> str | None:
        """Refuse n > 64."""
        if self.max_n is not None and n > self.max_n:
            return f"meet-in-the-middle takes n <= {self.max_n} (2^(n/2) sums)"
        return None

    def bytes_needed(self, n: int, d: int) -> int:
        """Peak of one thread; more threads work only as far as the memory allows."""
        return _shared_bytes(n, d) + _scratch_bytes(n, d)

    def bytes_on(self, device: str, n: int, d: int) -> int:
        """Peak on the device."""
        if device == gpu.CPU:
            return self.bytes_needed(n, d)
        from slth.solvers.mitm.torch import search as mitm_torch

        return mitm_torch.bytes_needed(n, d)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance; d >= 2 spreads its blocks over the threads."""
        if instance.d == 1 or options.device != gpu.CPU:
            batch = self.search_batch(instance.X[None], instance.z[None], instance.eps, options)
            return Answer(batch.keep[0], bool(batch.complete[0]), int(batch.work[0]))
        with _workers(instance.n, instance.d, options) as workers:
            return _search_space(instance, options, workers.iterate, None)

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances, one a thread at a time: X (B, n, d), Z (B, d)."""
        if options.device != gpu.CPU:
            from slth.solvers.mitm.torch import search as mitm_torch

            return mitm_torch.search_batch(X, Z, eps, options)
        B, n, d = X.shape
        if d == 1:
            return mitm_line.search_batch(X[:, :, 0], Z[:, 0], eps, options)
        answer = BatchAnswer(
            np.zeros((B, n), dtype=bool), np.zeros(B, dtype=bool), np.zeros(B, dtype=np.int64)
        )

        def space(b: int, scratch: mitm_scratch.Scratch) -> None:
            found = _search_space(
                Instance(X[b], Z[b], eps),
                options,
                lambda f, slabs: (f(slab, scratch) for slab in slabs),
                quarters,
            )
            answer.keep[b], answer.complete[b], answer.work[b] = (
                found.keep,
                found.complete,
                found.work,
            )

        quarters = _quarters(X[0], Z, options) if shared(X) else None
        with _workers(n, d, options, B) as workers:
            workers.run(space, range(B))
        return answer


def _workers(n: int, d: int, options: Options, tasks: int = MAX_WORKERS) -> Workers:
    each = _scratch_bytes(n, d)
    fit = (options.memory - _shared_bytes(n, d)) // each
    threads = max(1, min(options.threads, fit, tasks))
    return Workers(threads, lambda: mitm_scratch.scratch(n, _columns(d, options)))


def _columns(d: int, options: Options) -> int:
    """Columns of a half sum: a form of integers and a fixed size are one more each."""
    return d + 1 if options.size is None else d + 2


def _scratch_bytes(n: int, d: int) -> int:
    return mitm_line.bytes_needed(n) if d == 1 else mitm_scratch.scratch_bytes(n, d + 2)


def _shared_bytes(n: int, d: int) -> int:
    """The four quarter lists with masks and codes, and as much again while one is sorted."""
    return 2**20 + (0 if d == 1 else 8 * (12 * d + 40) << -(-(n - n // 2) // 2))


def _search_space(
    instance: Instance,
    options: Options,
    run: mitm_rounds.Runner,
    quarters: mitm_rounds.Quarters | None,
) -> Answer:
    n, budget, size = instance.n, options.budget, options.size
    wide = by_enumeration(instance, options)
    if wide is not None:
        return wide
    m = mitm_line.affordable(n, budget)
    part = Instance(instance.X[:m], instance.z, instance.eps)
    keep = np.zeros(n, dtype=bool)
    if m == 0 or (m < n and size is not None):
        limit = mitm_rounds.UNLIMITED if budget is None else budget
        X, z = np.array(instance.X, order="C"), np.array(instance.z)
        _, mask, work = mitm_plan.descend(X, z, -1 if size is None else size, limit)
        return Answer((mask >> np.arange(n)) & 1 == 1, False, work)
    if quarters is None or m < n or not quarters.fits(instance.X, instance.z):
        quarters = mitm_rounds.Quarters.of(part.X, part.z, size)
    mask, complete, work = mitm_rounds.search(quarters, part, budget, options.decide, run)
    keep[:m] = (mask >> np.arange(m)) & 1
    return Answer(keep, complete and m == n, work)


def _quarters(X: FloatArray, Z: FloatArray, options: Options) -> mitm_rounds.Quarters | None:
    """The quarter lists of one sample for many targets, made for one in the middle of them."""
    if mitm_line.affordable(len(X), options.budget) < len(X):
        return None
    largest = np.abs(Z).max(axis=0)
    return mitm_rounds.Quarters.of(X, largest, options.size)
