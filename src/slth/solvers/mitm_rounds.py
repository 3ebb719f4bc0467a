"""d >= 2 meet-in-the-middle of one instance: radii until certified, blocks in rounds.

The radius is lowered between rounds only, and the results of a round are taken in block order, so
neither the answer nor the work depends on the number of threads.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers import mitm_plan, mitm_space
from slth.solvers.mitm_halves import Block, Half, quarter
from slth.solvers.mitm_space import Goal, Scratch

FIRST_ROUND, LAST_ROUND = 4, 64  # blocks; rounds double, so that early finds shrink the radius soon
UNLIMITED = 1 << 62

Result = tuple[float, int, int, bool]
Runner = Callable[[Callable[[Block, Scratch], Result], list[Block]], list[Result]]


@dataclass
class Incumbent:
    """The best subset so far, its error, the work done, and whether the search was cut short."""

    error: float
    mask: int
    work: int
    cut: bool = False


@dataclass(frozen=True)
class Halves:
    """An instance made ready: coordinates ordered, a power of two taken out."""

    X: FloatArray
    z: FloatArray
    eps: float | None
    slack: float
    A: Half
    B: Half

    @classmethod
    def of(cls, instance: Instance) -> "Halves":
        exponent = _exponent(instance)
        X, z = np.ldexp(instance.X, -exponent), np.ldexp(instance.z, -exponent)
        order = _most_selective_first(X, z)
        X, z = np.ascontiguousarray(X[:, order]), z[order]
        eps = None if instance.eps is None else math.ldexp(instance.eps, -exponent)
        n, zero = len(X), np.zeros_like(z)
        cut = [0, n // 4, n // 2, n // 2 + (n - n // 2) // 2, n]
        parts = [
            quarter(X[cut[k] : cut[k + 1]], cut[k], z if k == 2 else zero, sign)
            for k, sign in enumerate((1.0, 1.0, -1.0, -1.0))
        ]
        # a sum of n + 1 terms is off by at most (n + 1)·2⁻⁵³·Σ|terms|; two sums are compared
        size = float((np.abs(X).sum(axis=0) + np.abs(z)).max())
        slack = 4 * (n + 4) * 2.0**-53 * size
        return cls(X, z, eps, slack, Half(*parts[0], *parts[1]), Half(*parts[2], *parts[3]))


def search(
    instance: Instance, budget: int | None, decide: bool, run: Runner
) -> tuple[int, bool, int]:
    """Return (mask, complete, work) of the best subset, or with ``decide`` of any within eps.

    run: calls a function on each block with a scratch, in any order, results in block order.
    """
    halves = Halves.of(instance)
    eps = -math.inf if halves.eps is None else halves.eps
    limit = UNLIMITED if budget is None else budget
    best = Incumbent(*mitm_plan.descend(halves.X, halves.z, limit))
    if best.error <= eps:
        return best.mask, False, best.work
    if decide and halves.eps is not None:
        _join(halves, eps + 2 * halves.slack, eps, False, limit, best, run)
        return best.mask, not best.cut, min(best.work, limit)
    # where no candidate has a part, no subset does better than |z_j|
    floor = float(np.abs(halves.z[~halves.X.any(axis=0)]).max(initial=0.0))
    radius = max(mitm_plan.first_radius(halves.X, halves.z), eps + 2 * halves.slack)
    growth, start = 2.0, best.error
    while True:
        radius = min(radius, start)
        _join(halves, radius, max(eps, floor), True, limit, best, run)
        if best.error <= floor:
            return best.mask, True, min(best.work, limit)
        if best.cut or best.error < start or radius >= start:
            return best.mask, not best.cut, min(best.work, limit)
        radius, growth = radius * growth, growth * growth


def _join(
    halves: Halves,
    radius: float,
    eps: float,
    shrink: bool,
    limit: int,
    best: Incumbent,
    run: Runner,
) -> None:
    """Account for every pair closer than ``radius``; or best.cut: out of work, or within eps."""
    X, z, A, B = halves.X, halves.z, halves.A, halves.B
    room = mitm_space.capacity(len(X))
    reach = radius + halves.slack
    slabs, strips, grid = mitm_plan.lay_out(A, B, X, z, reach, room)
    blocks = _blocks(slabs, strips, X, z)
    size = FIRST_ROUND
    while blocks and not best.cut:
        group, blocks, size = blocks[:size], blocks[size:], min(2 * size, LAST_ROUND)
        goal = Goal(X, z, radius, halves.slack, eps, shrink, limit - best.work)

        def visit(block: Block, space: Scratch, goal: Goal = goal) -> Result:
            return mitm_space.join(A, B, block, grid, goal, space)

        for block, result in zip(group, run(visit, group), strict=True):
            left = limit - best.work
            if result[2] > left and left < goal.limit:
                again = goal._replace(limit=left)
                result = run(lambda b, space: visit(b, space, again), [block])[0]  # noqa: B023
            error, mask, work, finished = result
            best.work += work
            best.cut = not finished
            if error < best.error:
                best.error, best.mask = error, mask
            if best.cut:
                break
        if shrink:
            radius = min(radius, best.error)


def _blocks(slabs: FloatArray, strips: FloatArray, X: FloatArray, z: FloatArray) -> list[Block]:
    if len(slabs) == 0:
        return []
    order0 = mitm_plan.best_first(slabs, 0, X, z).tolist()
    order1 = mitm_plan.best_first(strips, 1, X, z).tolist()
    low, high = slabs.tolist(), strips.tolist()
    return [Block(low[s], low[s + 1], high[t], high[t + 1]) for s in order0 for t in order1]


def _most_selective_first(X: FloatArray, z: FloatArray) -> np.ndarray:
    """Order the coordinates: those in which z is out of reach, then by falling spread."""
    mean, deviation = mitm_plan.moments(X, z, -1.0)
    return np.lexsort((-deviation, -np.maximum(np.abs(mean) - 3 * deviation, 0.0)))


def _exponent(instance: Instance) -> int:
    """The power of two of the largest entry; taking it out keeps products of scales finite."""
    largest = max(np.abs(instance.X).max(), np.abs(instance.z).max())
    return math.frexp(largest)[1] if largest > 0 else 0
