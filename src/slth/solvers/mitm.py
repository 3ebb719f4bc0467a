"""Meet in the middle: the exact best subset, with proof."""

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers import mitm_line, mitm_rounds, mitm_space
from slth.solvers.base import Answer, BatchAnswer, Options, Solver

MAX_N = 60  # 2^30 half sums: hours; and masks are 64-bit
LINE_BLOCK = 256  # instances of d = 1 a thread takes at a time

Item = TypeVar("Item")
Space = TypeVar("Space")
Out = TypeVar("Out")


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
    cost: ClassVar[str] = "time about 2^(n/2); memory 2^(n/2) (d = 1), 2^(n/4) (d >= 2); budget = sums and pairs"
    source: ClassVar[str] = (
        "Horowitz and Sahni 1974, doi:10.1145/321812.321823; "
        "Schroeppel and Shamir 1981, doi:10.1137/0210033"
    )
    exhaustive: ClassVar[bool] = True

    def refusal(self, n: int, d: int) -> str | None:
        """Refuse n > 60."""
        if n > MAX_N:
            return f"meet-in-the-middle takes n <= {MAX_N} (2^(n/2) sums); use solver='klist'"
        return None

    def bytes_needed(self, n: int, d: int) -> int:
        """Peak of one thread; more threads work only as far as the memory allows."""
        return _shared_bytes(n, d) + _thread_bytes(n, d)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance; d >= 2 spreads its slabs over the threads."""
        if instance.d == 1:
            batch = self.search_batch(instance.X[None], instance.z[None], instance.eps, options)
            return Answer(batch.keep[0], bool(batch.complete[0]), int(batch.work[0]))
        m = _affordable(instance.n, options.budget)
        if m == 0:
            return Answer(np.zeros(instance.n, dtype=bool), False, 1)
        with _Crew(lambda: mitm_space.scratch(m, instance.d), _workers(instance, options)) as crew:
            return _search_space(instance, m, options, crew.run)

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances, one a thread at a time: X (B, n, d), Z (B, d)."""
        B, n, d = X.shape
