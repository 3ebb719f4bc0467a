"""Meet in the middle: the exact best subset, with proof."""

import math
from typing import ClassVar

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers import gpu, mitm_line, mitm_rounds, mitm_space
from slth.solvers.base import Answer, BatchAnswer, Options, Solver
from slth.solvers.crew import Crew

MAX_N = 60  # 2^30 half sums: hours; and masks are 64-bit
LINE_BLOCK = 256  # instances of d = 1 a thread takes at a time


class MeetInTheMiddle(Solver):
    """Match the sums of one half of the candidates with those of the other.

    d = 1: two sorted lists of 2^(n/2) sums and two pointers. d >= 2: slabs of one coordinate with a
    grid inside, over a radius that shrinks as better pairs are found; memory about 2^(n/4).

    The answer is the least error up to float64 rounding of the sums, complete. With eps, d >= 2
    stops at the first subset within eps found (not complete). With ``decide`` only pairs within eps
    are looked for: complete says that there is none. A budget too small for the half lists of n
    candidates is spent on the first m < n of them. For n > 60, or when pruning by a radius fails
    (d near n/2 and beyond), use "klist".
    """

    name: ClassVar[str] = "mitm"
    handles: ClassVar[str] = "any d, n ≤ 60; proves the optimum; batches of small instances"
    cannot: ClassVar[str] = "n > 60; slow from n ≈ 52, or from n ≈ 40 when d > 8; use klist"
    cost: ClassVar[str] = (
        "time about 2^(n/2); memory 2^(n/2) (d = 1), 2^(n/4) (d >= 2); budget = sums and pairs"
    )
    source: ClassVar[str] = (
        "Horowitz and Sahni 1974, doi:10.1145/321812.321823; "
        "Schroeppel and Shamir 1981, doi:10.1137/0210033"
    )
    exhaustive: ClassVar[bool] = True
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")

    def refusal(self, n: int, d: int) -> str | None:
        """Refuse n > 60."""
        if n > MAX_N:
            return f"meet-in-the-middle takes n <= {MAX_N} (2^(n/2) sums); use solver='klist'"
        return None

    def bytes_needed(self, n: int, d: int) -> int:
        """Peak of one thread; more threads work only as far as the memory allows."""
        return _shared_bytes(n, d) + _scratch_bytes(n, d)

    def bytes_on(self, device: str, n: int, d: int) -> int:
        """Peak on the device."""
        if device == gpu.CPU:
            return self.bytes_needed(n, d)
        from slth.solvers import mitm_torch

        return mitm_torch.bytes_needed(n, d)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance; d >= 2 spreads its blocks over the threads."""
        if instance.d == 1 or options.device != gpu.CPU:
            batch = self.search_batch(instance.X[None], instance.z[None], instance.eps, options)
            return Answer(batch.keep[0], bool(batch.complete[0]), int(batch.work[0]))
        with _crew(instance.n, instance.d, options) as crew:
            return _search_space(instance, options, crew.run)

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances, one a thread at a time: X (B, n, d), Z (B, d)."""
        if options.device != gpu.CPU:
            from slth.solvers import mitm_torch

            return mitm_torch.search_batch(X, Z, eps, options)
        B, n, d = X.shape
        answer = BatchAnswer(
            np.zeros((B, n), dtype=bool), np.zeros(B, dtype=bool), np.zeros(B, dtype=np.int64)
        )
        step = LINE_BLOCK if d == 1 else 1
        blocks = [slice(start, start + step) for start in range(0, B, step)]

        def line(block: slice, buffers: FloatArray) -> None:
            _search_line(X[block, :, 0], Z[block, 0], eps, options, buffers, answer, block)

        def space(block: slice, scratch: mitm_space.Scratch) -> None:
            b = block.start
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

        with _crew(n, d, options, len(blocks)) as crew:
            crew.run(line if d == 1 else space, blocks)
        return answer


def _crew(n: int, d: int, options: Options, tasks: int = LINE_BLOCK) -> Crew:
    each = _scratch_bytes(n, d)
    fit = (options.memory - _shared_bytes(n, d)) // each
    threads = max(1, min(options.threads, fit, tasks))
    return Crew(threads, lambda: mitm_line.scratch(n) if d == 1 else mitm_space.scratch(n, d))


def _scratch_bytes(n: int, d: int) -> int:
    return 5 * 8 << (n // 2) if d == 1 else mitm_space.scratch_bytes(n, d)


def _shared_bytes(n: int, d: int) -> int:
    """The four quarter lists with their masks, and as much again while one is sorted."""
    return 2**20 + (0 if d == 1 else 8 * (8 * d + 16) << -(-(n - n // 2) // 2))


def _affordable(n: int, budget: int | None) -> int:
    """The most candidates, up to n, whose half lists 2^⌈m/2⌉ + 2^⌊m/2⌋ fit in the budget."""
    m = n
    while budget is not None and m > 0 and (1 << (m - m // 2)) + (1 << (m // 2)) >= budget:
        m -= 1
    return m


def _search_line(
    X: FloatArray,
    z: FloatArray,
    eps: float | None,
    options: Options,
    buffers: FloatArray,
    answer: BatchAnswer,
    block: slice,
) -> None:
    n = X.shape[1]
    m = _affordable(n, options.budget)
    steps = mitm_rounds.UNLIMITED
    if options.budget is not None:
        steps = max(0, options.budget - 1 - (1 << (m - m // 2)) - (1 << (m // 2)))
    decide = options.decide and eps is not None and options.budget is None
    first = _first_try(X, eps, m) if decide and eps else 0
    mitm_line.search_block(
        np.array(X, order="C"),  # writable: one compiled type
        np.array(z),
        (first, m),
        eps if decide and eps is not None else -1.0,
        steps,
        buffers,
        answer.keep[block],
        answer.work[block],
        answer.complete[block],
    )
    if m < n:
        answer.complete[block] = False


def _first_try(X: FloatArray, eps: float, n: int) -> int:
    """Candidates among which 8 subsets within eps are expected at z = 0; 0 if that is about n.

    2^m·2·eps/(√(2π) s) = 8 with s² = m E[x²]/4.
    """
    scale = math.sqrt(float(np.square(X).mean()))
    for m in range(1, n - 3):
        if math.ldexp(2 * eps, m) >= 8 * math.sqrt(math.pi * m / 2) * scale:
            return m
    return 0


def _search_space(instance: Instance, options: Options, run: mitm_rounds.Runner) -> Answer:
    n = instance.n
    keep = np.zeros(n, dtype=bool)
    m = _affordable(n, options.budget)
    if m == 0:
        return Answer(keep, False, 1)
    part = Instance(instance.X[:m], instance.z, instance.eps)
    mask, complete, work = mitm_rounds.search(part, options.budget, options.decide, run)
    keep[:m] = (mask >> np.arange(m)) & 1
    return Answer(keep, complete and m == n, work)
