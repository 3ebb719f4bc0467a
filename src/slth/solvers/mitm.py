"""Meet in the middle: the exact best subset, with proof."""

from typing import ClassVar

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers import mitm_line, mitm_rounds, mitm_space
from slth.solvers.base import Answer, BatchAnswer, Options, Solver
from slth.solvers.crew import Crew

MAX_N = 60  # 2^30 half sums: hours; and masks are 64-bit
MAX_CREW = 256  # threads on one instance


class MeetInTheMiddle(Solver):
    """Match the sums of one half of the candidates with those of the other.

    d = 1 (`mitm_line`): two sorted lists of 2^(n/2) sums and their closest pair, many instances
    side by side in vector lanes. d >= 2: slabs of one coordinate with a grid inside, over a radius
    that shrinks as better pairs are found; memory about 2^(n/4).

    The answer is the least error up to float64 rounding of the sums, complete. With eps the search
    stops at a subset within eps (not complete unless all pairs were seen): d = 1 tries the first
    few candidates, then all, d >= 2 looks at pair by pair. With ``decide`` only pairs within eps
    are looked for: complete says that there is none. A budget too small for the half lists of n
    candidates is spent on the first m < n of them. For n > 60, or when pruning by a radius fails
    (d near n/2 and beyond), use "klist".
    """

    name: ClassVar[str] = "mitm"
    handles: ClassVar[str] = "any d, n ≤ 60; proves the optimum; batches of small instances"
    cannot: ClassVar[str] = "n > 60; slow from n ≈ 52, or from n ≈ 40 when d > 8; use klist"
    cost: ClassVar[str] = (
        "time about 2^(n/2) (d = 1, n = 21: 3 µs an instance in a batch); memory 2^(n/2) (d = 1), "
        "2^(n/4) (d >= 2); budget = sums and pairs"
    )
    source: ClassVar[str] = (
        "Horowitz and Sahni 1974, doi:10.1145/321812.321823; "
        "Schroeppel and Shamir 1981, doi:10.1137/0210033"
    )
    exhaustive: ClassVar[bool] = True
    sized: ClassVar[bool] = True

    def refusal(self, n: int, d: int) -> str | None:
        """Refuse n > 60."""
        if n > MAX_N:
            return f"meet-in-the-middle takes n <= {MAX_N} (2^(n/2) sums); use solver='klist'"
        return None

    def bytes_needed(self, n: int, d: int) -> int:
        """Peak of one thread; more threads work only as far as the memory allows."""
        return _shared_bytes(n, d) + _scratch_bytes(n, d)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance; d >= 2 spreads its blocks over the threads."""
        if instance.d == 1:
            batch = self.search_batch(instance.X[None], instance.z[None], instance.eps, options)
            return Answer(batch.keep[0], bool(batch.complete[0]), int(batch.work[0]))
        with _crew(instance.n, instance.d, options) as crew:
            return _search_space(instance, options, crew.run)

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances, one a thread at a time: X (B, n, d), Z (B, d)."""
        B, n, d = X.shape
        if d == 1:
            return mitm_line.search_batch(X[:, :, 0], Z[:, 0], eps, options)
        answer = BatchAnswer(
            np.zeros((B, n), dtype=bool), np.zeros(B, dtype=bool), np.zeros(B, dtype=np.int64)
        )

        def space(b: int, scratch: mitm_space.Scratch) -> None:
            found = _search_space(
                Instance(X[b], Z[b], eps),
                options,
                lambda f, blocks: [f(block, scratch) for block in blocks],
            )
            answer.keep[b], answer.complete[b], answer.work[b] = (
                found.keep,
                found.complete,
                found.work,
            )

        with _crew(n, d, options, B) as crew:
            crew.run(space, range(B))
        return answer


def _crew(n: int, d: int, options: Options, tasks: int = MAX_CREW) -> Crew:
    each = _scratch_bytes(n, d)
    fit = (options.memory - _shared_bytes(n, d)) // each
    threads = max(1, min(options.threads, fit, tasks))
    return Crew(threads, lambda: mitm_space.scratch(n, d))


def _scratch_bytes(n: int, d: int) -> int:
    return mitm_line.bytes_needed(n) if d == 1 else mitm_space.scratch_bytes(n, d)


def _shared_bytes(n: int, d: int) -> int:
    """The four quarter lists with their masks, and as much again while one is sorted."""
    return 2**20 + (0 if d == 1 else 8 * (8 * d + 16) << -(-(n - n // 2) // 2))


def _search_space(instance: Instance, options: Options, run: mitm_rounds.Runner) -> Answer:
    if options.size is not None:
        raise ValueError(
            f"size: solver 'mitm' takes d = 1 only with a size, got d = {instance.d}; "
            "use enumeration"
        )
    n = instance.n
    keep = np.zeros(n, dtype=bool)
    m = mitm_line.affordable(n, options.budget)
    if m == 0:
        return Answer(keep, False, 1)
    part = Instance(instance.X[:m], instance.z, instance.eps)
    mask, complete, work = mitm_rounds.search(part, options.budget, options.decide, run)
    keep[:m] = (mask >> np.arange(m)) & 1
    return Answer(keep, complete and m == n, work)
