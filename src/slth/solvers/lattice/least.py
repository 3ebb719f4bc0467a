"""The best subset, or one within eps: radii that grow until one is proved to hold the least error.

All numbers are in the units of a power of two taken out of the instance.
"""

import functools
import math
from dataclasses import dataclass, replace

import numpy as np

from slth.checks import EXACT_INTEGERS, BoolArray
from slth.problem import Instance, grain
from slth.solvers._base import Answer, Options
from slth.solvers._scaling import rounding_slack
from slth.solvers.kernels import stopping
from slth.solvers.kernels.workers import Workers
from slth.solvers.lattice import bases
from slth.solvers.lattice.integers import UnsolvableError, as_integers, kernel
from slth.solvers.lattice.parts import Part
from slth.solvers.lattice.rounds import UNLIMITED, Round
from slth.solvers.lattice.start import descend
from slth.solvers.mitm.plan import first_radius

LARGEST_RATIO = 2.0**32  # of all sums to the radius: what float64 reduces well
FIRST_SHARE = 0.75  # of the radius at which `first_radius` expects a few subsets
ENLARGED = (1.0, 2.0**10, 2.0**20)  # factors of a radius at which float64 fails
MITM_N = 64  # what meet-in-the-middle takes
GROWTH = 3.0  # log2 of the subsets expected more from one radius to the next


class UnsoundError(Exception):
    """float64 does not hold the lattice well enough for a proof."""


@dataclass
class Search:
    """An instance of which a power of two was taken out, and the best subset so far."""

    instance: Instance
    size: int | None
    limit: int
    keep: BoolArray
    error: float
    threads: int = 1
    work: int = 0

    @classmethod
    def of(cls, instance: Instance, options: Options) -> "Search":
        """Start from the subset that single changes lead to."""
        scaled = instance.shifted(instance.exponent)
        limit = UNLIMITED if options.budget is None else options.budget
        X, z = scaled.X, scaled.z
        keep = descend(X, z, -1 if options.size is None else options.size, min(limit, 1 << 20))
        stopping.offer(keep)
        return cls(scaled, options.size, limit, keep, scaled.error(keep), options.threads)

    @functools.cached_property
    def rounding(self) -> float:
        """At least twice what rounding changes in an error."""
        return rounding_slack(self.instance.X, self.instance.z)

    @functools.cached_property
    def scale(self) -> float:
        """The largest sum that can occur."""
        return float((np.abs(self.instance.X).sum(axis=0) + np.abs(self.instance.z)).max())

    def exact(self, radius: float) -> bool:
        """Whether all sums are multiples of one unit, exactly, and within radius means equal."""
        unit = grain(self.instance.X, self.instance.z)
        return self.scale <= EXACT_INTEGERS * unit and 0 <= radius < unit

    @functools.cached_property
    def expected(self) -> float:
        """A radius that about EXPECTED_HITS subsets of `first_radius` are expected within."""
        X, z = self.instance.X, self.instance.z
        return float(first_radius(X, z, -1 if self.size is None else self.size))

    def round(
        self, radius: float, limit: int, thorough: bool = True, factor: float = 1.0
    ) -> Round | None:
        """The search of every subset within ``radius``; None: there is none, proved.

        factor > 1: within a larger one.
        """
        X, z, size = self.instance.X, self.instance.z, self.size
        if self.exact(radius) and factor == 1:
            rows = X if size is None else np.column_stack([X, np.ones(len(X))])
            goal = z if size is None else np.append(z, float(size))
            unit = grain(rows, goal)
            try:
                space = kernel(as_integers(rows, unit), as_integers(goal, unit))
            except UnsolvableError:
                return None
            if space is not None:
                return Round(space, X[:, :0], z[:0], 1.0, limit, thorough)
        space = bases.whole(X) if size is None else bases.sized(X, size)
        reach = factor * max(radius + self.rounding / 2, self.scale / LARGEST_RATIO)
        return Round(space, X, z, reach, limit, thorough)

    def within(self, radius: float, stop: float, shrink: bool) -> bool:
        """Look at every subset within ``radius``; end early at an error ≤ stop.

        shrink: lower the radius below the best error as better subsets are found, ties left out.
        True: all were looked at. Raises UnsoundError. A larger radius is as sound, and easier on
        float64.
        """
        for factor in ENLARGED:
            thorough = shrink or radius <= self.expected
            one = self.round(radius, self.limit - self.work, thorough, factor)
            if one is None:
                return True
            self._visit(one, stop, shrink)
            if one.sound:
                return one.complete
        raise UnsoundError

    def _visit(self, one: Round, stop: float, shrink: bool) -> None:
        before = self.work
        for keeps in one.only():
            self._better((self.instance.error(keeps[0]), keeps[0]))
        with Workers(self.threads, lambda: None) as workers:
            for wave in one.waves():
                start = self.error, self.keep
                walks = workers.iterate(
                    lambda part, _: self._walked(part, start, one.radius, stop, shrink),  # noqa: B023
                    wave,
                )
                for part, found in zip(wave, walks, strict=True):
                    one.ended(part)
                    self._better(found)
                    if self.error <= stop:
                        break
                if self.error <= stop:
                    break
                if shrink:
                    one.shrink(self._share(self.error, one.radius))
        self.work = before + one.nodes

    def _walked(
        self, part: Part, best: tuple[float, BoolArray], radius: float, stop: float, shrink: bool
    ) -> tuple[float, BoolArray]:
        """The best subset of a part, or ``best``: that before its wave, whatever others find."""
        for keeps in part.leaves():
            error = self.instance.error(keeps[0])
            if error < best[0]:
                best = error, keeps[0]
                stopping.offer(keeps[0])
            if best[0] <= stop:
                break
            if shrink:
                part.shrink(self._share(best[0], radius))
        return best

    def _better(self, found: tuple[float, BoolArray]) -> None:
        if found[0] < self.error:
            self.error, self.keep = found

    def _share(self, error: float, radius: float) -> float:
        """What is left of a radius once ties with ``error`` are of no use."""
        return min(1.0, (below(error, self.rounding) + self.rounding / 2) / radius)


def below(error: float, slack: float) -> float:
    """A radius that leaves out what is no better than ``error``: ties, and rounding."""
    return max(error - slack, 0.0)


def search(instance: Instance, options: Options) -> Answer:
    """Return the best subset, or with ``decide`` any within eps."""
    state = Search.of(instance, options)
    eps = -math.inf if state.instance.eps is None else state.instance.eps
    try:
        complete = _settled(state, eps, options.decide)
    except UnsoundError:
        return _otherwise(instance, options, state)
    return Answer(state.keep, complete, max(1, state.work))


def _otherwise(instance: Instance, options: Options, state: Search) -> Answer:
    """The better of what was found and what mitm finds with the rest of the budget."""
    left = state.limit - state.work
    if instance.n > MITM_N or left < 1:
        return Answer(state.keep, False, max(1, state.work))
    from slth.solvers.mitm.solver import MeetInTheMiddle

    budget = None if options.budget is None else left
    other = MeetInTheMiddle().search(instance, replace(options, budget=budget))
    better = instance.error(other.keep) <= instance.error(state.keep)
    return Answer(other.keep if better else state.keep, other.complete, state.work + other.work)


def _settled(state: Search, eps: float, decide: bool) -> bool:
    """Search; whether every subset was accounted for."""
    X, z, slack = state.instance.X, state.instance.z, state.rounding
    floor = float(np.abs(z[~X.any(axis=0)]).max(initial=0.0))  # what no subset changes
    if state.error <= eps:
        return state.error <= floor
    if decide and eps >= 0:
        return floor > eps or (state.within(eps, eps, False) and state.error > eps)
    d = X.shape[1]
    if eps >= 0:
        state.within(eps, eps, False)
        if state.error <= eps or state.work >= state.limit:
            return state.error <= floor
    radius, start = max(FIRST_SHARE * state.expected, 2.0 ** (GROWTH / d) * eps), state.error
    while state.error > floor:
        radius = min(radius, below(start, slack))
        complete = state.within(radius, floor, True)
        if not complete or state.error <= floor:
            break
        if state.error < start and state.error <= radius + slack / 2:
            return True
        if radius >= below(start, slack):
            return True
        radius *= 2.0 ** (GROWTH / d)
    return state.error <= floor
