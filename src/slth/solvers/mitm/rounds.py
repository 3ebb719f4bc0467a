"""d >= 2 meet-in-the-middle of one instance: radii until certified, slabs in rounds.

The radius is lowered between rounds only, and the results of a round are taken in slab order, so
neither the answer nor the work depends on the number of threads. Of integers, hits of error 0 are
looked for first, where some are asked for or expected (`exact`).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance, exponent_of, grain, shifted_tolerance
from slth.solvers._scaling import rounding_slack
from slth.solvers.kernels import stopping
from slth.solvers.mitm import halves as mitm_halves
from slth.solvers.mitm import plan as mitm_plan
from slth.solvers.mitm import scratch as mitm_scratch
from slth.solvers.mitm import sieve as mitm_sieve
from slth.solvers.mitm import space as mitm_space
from slth.solvers.mitm.exact import NEAR, with_form
from slth.solvers.mitm.halves import Half
from slth.solvers.mitm.match import Goal
from slth.solvers.mitm.scratch import Scratch
from slth.solvers.mitm.space import Sides, Slab

FIRST_ROUND, LAST_ROUND = 4, 64  # slabs; rounds grow, so that early finds shrink the radius soon
UNLIMITED = 1 << 62

Result = tuple[float, int, int, bool]
Runner = Callable[[Callable[[Slab, Scratch], Result], list[Slab]], Iterable[Result]]


@dataclass
class Incumbent:
    """The best subset so far, its error, the work done, and whether the search was cut short."""

    error: float
    mask: int
    work: int
    cut: bool = False


@dataclass(frozen=True)
class Quarters:
    """The half sums of one sample, for any target: a power of two taken out, columns reordered.

    size: None, or the candidates in a subset: then a column of ones comes last in the sums.
    """

    X: FloatArray
    exponent: int
    order: np.ndarray
    size: int | None
    A: Half
    B: Half

    @classmethod
    def of(cls, X: FloatArray, z: FloatArray, size: int | None) -> "Quarters":
        """Prepare X (n, d) for a target z (d,)."""
        exponent, order = _units(X, z)
        X = np.ascontiguousarray(np.ldexp(X, -exponent)[:, order])
        rows = X if size is None else np.column_stack([X, np.ones(len(X))])
        return cls(X, exponent, order, size, *_halves(rows, -1 if size is None else size))

    def fits(self, X: FloatArray, z: FloatArray) -> bool:
        """Whether these are what `of` gives for z: the search is then the same, ties and all."""
        exponent, order = _units(X, z)
        return exponent == self.exponent and bool((order == self.order).all())


@dataclass(frozen=True)
class Problem:
    """A target among the half sums of a sample, in the units of `Quarters`; exact: of `exact`."""

    X: FloatArray
    z: FloatArray
    eps: float | None
    size: int
    slack: float
    A: Half
    B: Half
    exact: bool = False

    @classmethod
    def of(cls, quarters: Quarters, z: FloatArray, eps: float | None) -> "Problem":
        """Move the second half to z (d,)."""
        X, exponent = quarters.X, quarters.exponent
        z = np.ldexp(z, -exponent)[quarters.order]
        base = z if quarters.size is None else np.append(z, float(quarters.size))
        return cls(
            X,
            z,
            shifted_tolerance(eps, exponent),
            -1 if quarters.size is None else quarters.size,
            rounding_slack(X, z),
            quarters.A,
            mitm_halves.moved(quarters.B, base),
        )

    def exactly(self) -> "Problem | None":
        """Where error 0 is the same as equal integers: for those hits alone; None elsewhere."""
        keyed = with_form(self.X, self.z, self.size)
        if keyed is None:
            return None
        rows, goal = keyed
        A, B = _halves(rows, self.size)
        return Problem(rows, goal, 0.0, -1, 0.0, A, mitm_halves.moved(B, goal), exact=True)


def _halves(rows: FloatArray, size: int) -> tuple[Half, Half]:
    """The sums of both halves of rows (n, D), those of the second negative."""
    n = len(rows)
    A = mitm_halves.half(rows, 1.0, (0, n // 4, n // 2))
    B = mitm_halves.half(rows, -1.0, (n // 2, n // 2 + (n - n // 2) // 2, n))
    if size < 0:
        return A, B
    return mitm_halves.bounded(A, size), mitm_halves.bounded(B, size)


def search(
    quarters: Quarters,
    instance: Instance,
    budget: int | None,
    decide: bool,
    run: Runner,
) -> tuple[int, bool, int]:
    """Return (mask, complete, work) of the best subset, or with ``decide`` of any within eps.

    run: calls a function on each slab with a scratch, in any order, results in slab order.
    """
    problem = Problem.of(quarters, instance.z, instance.eps)
    X, z, size = problem.X, problem.z, problem.size
    eps = -math.inf if problem.eps is None else problem.eps
    limit = UNLIMITED if budget is None else budget
    best = Incumbent(*mitm_plan.descend(X, z, size, limit))
    stopping.offer((best.mask >> np.arange(len(X))) & 1 == 1)
    if best.error <= eps:
        return best.mask, False, best.work
    deciding = decide and problem.eps is not None
    radius = eps + 2 * problem.slack
    if not deciding:
        radius = max(radius, mitm_plan.first_radius(X, z, size))
    # where no candidate has a part, no subset does better than |z_j|
    floor = float(np.abs(z[~X.any(axis=0)]).max(initial=0.0))
    unit = grain(X, z)
    exact = problem.exactly() if floor == 0 and (0 <= eps < unit or radius < 2 * unit) else None
    if exact is not None:
        _join(exact, NEAR, 0.0, False, limit, best, run)
        if best.cut or deciding or best.error <= unit:
            complete = not best.cut or (best.error == 0 and not deciding)
            return best.mask, complete, min(best.work, limit)
        floor, radius = unit, max(radius, 1.25 * unit)
    if deciding:
        _join(problem, radius, eps, False, limit, best, run)
        return best.mask, not best.cut, min(best.work, limit)
    faster = max(2.0 ** (4 / instance.d), 1.5)  # 16 times the pairs, then 16², …
    growth, start = faster, best.error
    while True:
        radius = min(radius, _below(start, problem.slack))
        _join(problem, radius, max(eps, floor), True, limit, best, run)
        if best.error <= floor:
            return best.mask, True, min(best.work, limit)
        if best.cut or best.error < start or radius >= _below(start, problem.slack):
            return best.mask, not best.cut, min(best.work, limit)
        radius, growth = radius * growth, growth * faster


def _join(
    problem: Problem,
    radius: float,
    eps: float,
    shrink: bool,
    limit: int,
    best: Incumbent,
    run: Runner,
) -> None:
    """Account for every pair closer than ``radius``; or best.cut: out of work, or within eps."""
    sides, slabs = _lay_out(problem, radius + problem.slack)
    size = FIRST_ROUND
    while slabs and not best.cut:
        group, slabs, size = slabs[:size], slabs[size:], min(4 * size, LAST_ROUND)
        left = limit - best.work
        goal = Goal(problem.X, problem.z, radius, problem.slack, eps, shrink, left)

        def visit(slab: Slab, space: Scratch, goal: Goal = goal) -> Result:
            return mitm_space.join(sides, slab, goal, space)

        for slab, result in zip(group, run(visit, group), strict=True):
            left = limit - best.work
            if result[2] > left and left < goal.limit:
                again = goal._replace(limit=left)
                (result,) = run(lambda s, space: visit(s, space, again), [slab])  # noqa: B023
            error, mask, work, finished = result
            best.work += work
            best.cut = not finished
            if error < best.error:
                best.error, best.mask = error, mask
                stopping.offer((mask >> np.arange(len(problem.X))) & 1 == 1)
            if best.cut:
                break
        if shrink:
            radius = min(radius, _below(best.error, problem.slack))


def _below(error: float, slack: float) -> float:
    """A radius that leaves out pairs no better than ``error`` up to rounding: ties, at integers."""
    return error - 2 * slack if error > 4 * slack else error


def _lay_out(problem: Problem, reach: float) -> tuple[Sides, list[Slab]]:
    """The slabs, the likeliest first, and the cells that pairs within ``reach`` are found by."""
    n = len(problem.X)
    target = float(mitm_scratch.slab_rows(n))
    cells, edges, rows, order = mitm_plan.lay_out(
        problem.A, problem.B, problem.X, problem.z, reach, target, problem.size >= 0, problem.exact
    )
    A, B = problem.A, problem.B
    sides = Sides(A, B, mitm_sieve.encode(A, cells), mitm_sieve.encode(B, cells), cells)
    low, (in_a, in_b) = edges.tolist(), rows.tolist()
    return sides, [Slab(low[s], low[s + 1], in_a[s], in_b[s]) for s in order.tolist()]


def _most_selective_first(X: FloatArray, z: FloatArray) -> np.ndarray:
    """Order the coordinates: those in which z is out of reach, then by falling spread."""
    mean, deviation = mitm_plan.moments(X, z, -1.0)
    return np.lexsort((-deviation, -np.maximum(np.abs(mean) - 3 * deviation, 0.0)))


def _units(X: FloatArray, z: FloatArray) -> tuple[int, np.ndarray]:
    """The power of two of the largest entry, without which products are finite; the columns."""
    exponent = exponent_of(X, z)
    return exponent, _most_selective_first(np.ldexp(X, -exponent), np.ldexp(z, -exponent))
