"""The best subset, or one within eps: radii that grow until one is proved to hold the least error.

All numbers are in the units of a power of two taken out of the instance.
"""

import math
from dataclasses import dataclass

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.problem import Instance, grain
from slth.solvers._base import Answer, Options
from slth.solvers._scaling import rounding_slack
from slth.solvers.lattice import bases
from slth.solvers.lattice.rounds import UNLIMITED, Round
from slth.solvers.lattice.start import descend
from slth.solvers.mitm.plan import first_radius

LARGEST_RATIO = 2.0**32  # of all sums to the radius: what float64 reduces well
FIRST_SHARE = 0.75  # of the radius at which `first_radius` expects a few subsets
GROWTH = 3.0  # log2 of the subsets expected more from one radius to the next


@dataclass
class Search:
    """An instance of which a power of two was taken out, and the best subset so far."""

    instance: Instance
    size: int | None
    limit: int
    keep: BoolArray
    error: float
    work: int = 0

    @classmethod
    def of(cls, instance: Instance, options: Options) -> "Search":
        """Start from the subset that single changes lead to."""
        scaled = instance.shifted(instance.exponent)
        limit = UNLIMITED if options.budget is None else options.budget
        X, z = scaled.X, scaled.z
        keep = descend(X, z, -1 if options.size is None else options.size, min(limit, 1 << 20))
        return cls(scaled, options.size, limit, keep, scaled.error(keep))

    @property
    def rounding(self) -> float:
        """At least twice what rounding changes in an error."""
        return rounding_slack(self.instance.X, self.instance.z)

    def space(self) -> bases.Space:
        X = self.instance.X
        return bases.whole(X) if self.size is None else bases.sized(X, self.size)

    def within(self, radius: float, stop: float, shrink: bool) -> bool:
        """Look at every subset within ``radius``; end early at an error ≤ stop.

        shrink: lower the radius below the best error as better subsets are found, ties left out.
        True: all were looked at.
        """
        X, z = self.instance.X, self.instance.z
        slack = self.rounding
        scale = float((np.abs(X).sum(axis=0) + np.abs(z)).max())
        reach = max(radius + slack / 2, scale / LARGEST_RATIO)
        one = Round(self.space(), X, z, reach, self.limit - self.work)
        before = self.work
        for keeps in one.leaves():
            error = self.instance.error(keeps[0])
            if error < self.error:
                self.error, self.keep = error, keeps[0]
            if self.error <= stop:
                break
            if shrink:
                one.shrink(min(1.0, (below(self.error, slack) + slack / 2) / reach))
        self.work = before + one.nodes
        return one.complete


def below(error: float, slack: float) -> float:
    """A radius that leaves out what is no better than ``error``: ties, and rounding."""
    return max(error - slack, 0.0)


def search(instance: Instance, options: Options) -> Answer:
    """Return the best subset, or with ``decide`` any within eps."""
    state = Search.of(instance, options)
    eps = -math.inf if state.instance.eps is None else state.instance.eps
    complete = _settled(state, eps, options.decide)
    return Answer(state.keep, complete, max(1, state.work))


def _settled(state: Search, eps: float, decide: bool) -> bool:
    """Search; whether every subset was accounted for."""
    X, z, slack = state.instance.X, state.instance.z, state.rounding
    floor = float(np.abs(z[~X.any(axis=0)]).max(initial=0.0))  # what no subset changes
    if state.error <= eps:
        return state.error <= floor
    if decide and eps >= 0:
        return floor > eps or (state.within(eps, eps, False) and state.error > eps)
    n, d = X.shape
    expected = FIRST_SHARE * first_radius(X, z, -1 if state.size is None else state.size)
    radius = max(expected, eps)
    start = state.error
    while state.error > floor:
        radius = min(radius, below(start, slack))
        complete = state.within(radius, max(eps, floor), True)
        if state.error <= max(eps, floor) or not complete:
            break
        if state.error < start and state.error <= radius + slack / 2:
            return True
        if radius >= below(start, slack):
            return True
        radius *= 2.0 ** (GROWTH / d)
    return state.error <= floor
