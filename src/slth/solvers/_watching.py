"""What the caller of a long search gets while it runs, and when it is interrupted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from slth import checks
from slth.checks import BoolArray
from slth.problem import Instance, Solution, status_of
from slth.solvers.kernels import stopping

OnInterrupt = Literal["raise", "return"]
CHOICES: Sequence[str] = ("raise", "return")
REASON = "interrupted; the best subset until then"


class Progress(NamedTuple):
    """A search on its way: seconds since its start, and the least error that it has told of.

    keep: (n,) bool, the subset of that error. Solvers tell of a subset at the end of a step: some
    (milp, differencing) only at their end.

    >>> def show(p):
    ...     print(f"{p.seconds:.1f} s: {p.keep.sum()} candidates, error {p.error}")
    >>> s = slth.solve([3, 5, 8], 4, progress=show)  # over before there is anything to tell
    >>> show(slth.Progress(seconds=0.5, error=1.0, keep=s.keep))
    0.5 s: 1 candidates, error 1.0
    """

    seconds: float
    error: float
    keep: BoolArray


class InterruptedSearch(KeyboardInterrupt):
    """A search was interrupted; ``solution`` holds the best subset until then, without a proof.

    >>> try:  # what Ctrl-C does
    ...     raise slth.InterruptedSearch(slth.solve([3, 5, 8], 4))
    ... except slth.InterruptedSearch as stopped:
    ...     stopped.solution.error
    1.0
    """

    def __init__(self, solution: Solution) -> None:
        super().__init__("the search was interrupted; .solution holds the best subset until then")
        self.solution = solution


@dataclass
class Watch:
    """One search of an instance, who is told of it, and what an interrupt does."""

    instance: Instance
    size: int | None
    solver: str
    decide: bool
    progress: Callable[[Progress], object] | None
    on_interrupt: str

    def __post_init__(self) -> None:
        if self.progress is not None and not callable(self.progress):
            raise TypeError(
                f"progress: got {checks.shown(self.progress)}, takes a function of one "
                "`slth.Progress`, or None"
            )
        self.on_interrupt = checks.choice("on_interrupt", self.on_interrupt, CHOICES)
        self.start = time.perf_counter()
        self.search = stopping.Search(self.measure)
        self.search.offer(np.arange(self.instance.n) < (self.size or 0))

    def measure(self, keep: BoolArray) -> float:
        """The error of a subset of the instance; inf where the size is another."""
        if len(keep) != self.instance.n or self.size not in (None, int(keep.sum())):
            return np.inf
        return self.instance.error(keep)

    def tell(self) -> None:
        """Call ``progress``."""
        assert self.progress is not None
        self.progress(Progress(self.seconds, *self.best()))

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.perf_counter() - self.start

    def best(self) -> tuple[float, BoolArray]:
        """The least error told of, and its subset: at first the empty one, or the first ones."""
        keep = self.search.keep
        assert keep is not None
        return self.instance.error(keep), keep.copy()

    def interrupted(self) -> Solution:
        """What there is; raises it where that was asked for."""
        error, keep = self.best()
        status = status_of(error, self.instance.eps, False, self.decide)
        found = Solution(keep, error, status, False, 0, self.solver, REASON, self.seconds)
        if self.on_interrupt == "raise":
            raise InterruptedSearch(found)
        return found
