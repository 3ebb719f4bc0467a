"""Solvers that a construction brings along: one dimension, and no subset sum to speak of."""

from typing import ClassVar

import numpy as np

from slth.problem import Instance
from slth.solvers.base import Answer, Options, Solver


class Single(Solver):
    """One candidate: the first within eps, in index order; the nearest when none is, or no eps.

    With Options.size 1 every allowed subset is accounted for (complete); otherwise never.
    """

    name: ClassVar[str] = "single"
    handles: ClassVar[str] = "any n, d: subsets of one candidate"
    cannot: ClassVar[str] = "larger subsets; use auto"
    cost: ClassVar[str] = "at most n candidates"
    source: ClassVar[str] = "Malach, Yehudai, Shalev-Shwartz, Shamir, ICML 2020"
    exhaustive: ClassVar[bool] = True
    sized: ClassVar[bool] = True

    def search(self, instance: Instance, options: Options) -> Answer:
        if options.size not in (None, 1):
            raise ValueError(f"size: got {options.size}, solver 'single' takes 1")
        count = instance.n if options.budget is None else min(instance.n, options.budget)
        misses = np.abs(instance.X[:count] - instance.z).max(axis=1)
        best = int(misses.argmin())
        if instance.eps is not None and misses[best] <= instance.eps:
            best = int(np.argmax(misses <= instance.eps))
            count = best + 1
        keep = np.zeros(instance.n, dtype=bool)
        keep[best] = True
        seen = instance.n if options.budget is None else min(instance.n, options.budget)
        return Answer(keep, options.size == 1 and seen == instance.n, count)
