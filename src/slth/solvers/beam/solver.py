"""The beam as a solver: blocks of a batch on the threads, the widths that the budget pays for."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth import checks
from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, BatchAnswer, Options, Solver, shared
from slth.solvers._scaling import ORDINARY
from slth.solvers.beam import batch as beam_batch
from slth.solvers.beam import ladder
from slth.solvers.beam.ladder import GAP, REACH
from slth.solvers.kernels import stopping
from slth.solvers.kernels.errors import batch_error
from slth.solvers.kernels.workers import Workers

WIDTH = 256
WIDEST = 2**20
BLOCK = 32  # problems a thread takes at a time
BASE_BYTES = 2**20
NO_FACTORS = np.empty(0)
TRIAL = 8  # with eps, a beam of 1/8 of the width or budget goes first


@dataclass(frozen=True)
class Beam(Solver):
    """Decide candidates from the longest to the shortest; keep the least rests, none at random.

    Candidates are chosen by their lengths alone, from the shortest up to the scale of the target,
    each a little longer than the one before (`slth.solvers.beam.ladder`). They are decided four at
    a time, kept or not; of the sixteen times as many rests the ``width`` least in the 2-norm stay,
    fewer far from the end. Of the last ones the least in the sup norm is taken, if it is better
    than the empty subset.

    That follows the target down to the scale where candidates get rare, if there are candidates of
    every length: in X_i = a_i v_i with a_i and v_i normal (nsn) the error falls about as 1/n. Where
    all lengths are alike (normal candidates in d > 2) the rests stay as long as the candidates; use
    "klist". For n ≤ 52 "mitm" finds the optimum; in d ≤ 2 "differencing" is better for less.

    width: rests kept near the end; a budget decides it instead. With eps a beam of an eighth of it
    goes first. gap: a candidate taken is at least 1 + gap/d times as long as the one before; more
    gives smaller subsets and larger errors. reach: of the longest one, in root mean squares of z.
    """

    width: int = WIDTH
    gap: float = GAP
    reach: float = REACH

    name: ClassVar[str] = "beam"
    printed: ClassVar[str] = "beam"
    handles: ClassVar[str] = (
        "any n and d; best for batches of candidates of all lengths (nsn), d ≥ 5, n ≥ 50"
    )
    cannot: ClassVar[str] = (
        "prove; gain from normal candidates what klist gains; fix a size; use klist or mitm"
    )
    cost: ClassVar[str] = (
        "budget = rests examined, about 4 ns each, it decides the width; default a width of 256: "
        "0.1 ms at n = 200, d = 9; 1 ms at n = 4000, d = 25"
    )
    source: ClassVar[str] = "Lowerre 1976, The HARPY Speech Recognition System (beam search)"

    def __post_init__(self) -> None:
        checks.integer("width", self.width, 1, WIDEST)
        ladder.check(self.gap, self.reach)

    def bytes_needed(self, n: int, d: int) -> int:
        """What a width of 256 takes on one thread, and a copy of the candidates."""
        return BASE_BYTES + 8 * n * d + beam_batch.working_bytes(n, d, self.width)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Search one instance, with a power of two taken out where squares could overflow."""
        if abs(instance.exponent) > ORDINARY:
            instance = instance.shifted(instance.exponent)
        batch = self.search_batch(instance.X[None], instance.z[None], instance.eps, options)
        return Answer(batch.keep[0], False, int(batch.work[0]))

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances: X (B, n, d), Z (B, d). All compiled."""
        run = _Run((float(self.gap), float(self.reach)), X, Z, options)
        every = np.arange(len(Z))
        if eps is None:
            run.search(every, self.width, options.budget)
        else:
            first, rest = _parts(options.budget)
            run.search(every, max(1, self.width // TRIAL), first)
            run.search(np.flatnonzero(run.error > eps), self.width, rest)
        return BatchAnswer(run.keep, np.zeros(len(Z), dtype=bool), np.maximum(run.work, 1))


def _parts(budget: int | None) -> tuple[int | None, int | None]:
    return (None, None) if budget is None else (budget // TRIAL, budget - budget // TRIAL)


class _Run:
    """A batch: the best subsets and their errors so far, and the work done for them."""

    def __init__(
        self, ladder: tuple[float, float], X: FloatArray, Z: FloatArray, options: Options
    ) -> None:
        self.ladder, self.X, self.Z, self.options = ladder, X, Z, options
        B, self.n, self.d = X.shape
        self.keep: BoolArray = np.zeros((B, self.n), dtype=bool)
        self.error = np.abs(Z).max(axis=1)
        self.work = np.zeros(B, dtype=np.int64)

    def search(self, which: np.ndarray, width: int, budget: int | None) -> None:
        """Search the problems ``which``, an (m,) array of numbers; keep what is better."""
        if budget is not None:
            if budget < 1:
                return
            width = self._widest(budget)
        most = beam_batch.UNLIMITED if budget is None else budget
        parts = [which[start : start + BLOCK] for start in range(0, len(which), BLOCK)]
        with Workers(self._threads(width), lambda: None) as workers:
            workers.run(lambda part, _: self._block(part, width, most), parts)
        stopping.check(self.keep[0])

    def _block(self, part: np.ndarray, width: int, budget: int) -> None:
        first, last = part[0], part[-1] + 1
        run = slice(first, last) if last - first == len(part) else part  # a slice copies nothing
        one = shared(self.X)
        X = np.ascontiguousarray(self.X[:1] if one else self.X[run])
        Z = np.ascontiguousarray(self.Z[run])
        keep, work = np.zeros((len(part), self.n), dtype=bool), np.zeros(len(part), dtype=np.int64)
        beam_batch.solve_block(
            X, NO_FACTORS, Z, self.ladder, width, budget, keep, work, stopping.flag()
        )
        error = batch_error(np.broadcast_to(X, (len(part), *X.shape[1:])), Z, keep)
        better = error < self.error[part]
        self.keep[part[better]], self.error[part[better]] = keep[better], error[better]
        self.work[part] += work
        stopping.offer(self.keep[0])  # of a batch of one

    def _widest(self, budget: int) -> int:
        """The largest width that one step of the budget, and the memory, pay for."""
        width = max(1, min(WIDEST, budget // 16))
        while width > 1 and self._bytes(width) > self.options.memory:
            width //= 2
        return width

    def _bytes(self, width: int) -> int:
        return beam_batch.working_bytes(self.n, self.d, width) + 8 * BLOCK * self.n * self.d

    def _threads(self, width: int) -> int:
        return max(1, min(self.options.threads, self.options.memory // self._bytes(width)))
