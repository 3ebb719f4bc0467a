"""One check of any solver's answer, and the brute force it is compared with."""

import math

import numpy as np

from slth.problem import Instance, Solution, Status
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from slth.solvers._base import Solver

NAMES = [*registry.SOLVERS, "auto"]
EXACT = [name for name in registry.SOLVERS if registry.get(name).exhaustive]
TABLE = 11  # candidates whose subset sums brute force holds at once
SMALL = 16  # the largest n that the tests search by brute force
HEURISTIC = [  # promise a legal subset and a quality on average, never the optimum
    name
    for name in registry.SOLVERS
    if name not in EXACT and registry.get(name).optimal_up_to < SMALL
]
OPTIMAL = [name for name in NAMES if name not in HEURISTIC]  # best subset of SMALL candidates


def scale(X, z):
    """The size of the largest sum that can occur: rounding is measured against it."""
    rows = np.asarray(X, float).reshape(len(X), -1)
    return float((np.abs(rows).sum(axis=0) + np.abs(z)).max())


def fsum_error(X, z, keep):
    """‖Σ_keep X_i − z‖_∞ with every sum correctly rounded."""
    rows = np.asarray(X, float).reshape(len(X), -1)[keep]
    target = np.reshape(np.asarray(z, float), -1)
    return max(abs(math.fsum([*rows[:, j], -target[j]])) for j in range(len(target)))


def brute_force(X, z):
    """The least error over all 2^n subsets, every sum in index order.

    The sums of the first candidates are a table that fits the cache; the others are added to all of
    it, or not, one after the other.
    """
    rows = np.asarray(X, float).reshape(len(X), -1)
    table = np.zeros((1, rows.shape[1]))
    for row in rows[:TABLE]:
        table = np.concatenate([table, table + row])

    def least(sums, rest):
        if not len(rest):
            return np.abs(sums - z).max(axis=1).min()
        return min(least(sums, rest[1:]), least(sums + rest[0], rest[1:]))

    return float(least(table, rows[TABLE:]))


def check_solution(s: Solution, X, z, eps=None):
    """Shape, recomputed error, status and proof agree with each other and with the instance."""
    assert s.keep.dtype == np.bool_
    assert s.keep.shape == (len(X),)
    tolerance = 1e-12 * scale(X, z)
    assert abs(s.error - fsum_error(X, z, s.keep)) <= tolerance
    assert s.error <= np.abs(z).max() + tolerance, "worse than the empty subset"
    assert (s.status is Status.HIT) == (eps is not None and s.error <= eps)
    assert s.status is not Status.BUDGET or not s.proved
    if s.status in (Status.OPTIMAL, Status.NO_HIT):
        assert s.proved
    assert not s.proved or registry.get(s.solver).exhaustive
    assert s.work >= 1
    assert s.solver in registry.SOLVERS
    assert s.reason
    assert s.seconds >= 0
    return s


def check_solver(solver: str | Solver, X, z, eps=None, **options):
    """Solve and check; return the Solution."""
    return check_solution(front.solve(X, z, eps, solver, threads=1, **options), X, z, eps)


def check_batch(solver: str, X3, Z2, eps=None, **options):
    """Solve a batch and check every instance of it; return the BatchSolution."""
    b = front.solve_batch(X3, Z2, eps, solver, threads=1, **options)
    for k, (X, z) in enumerate(zip(X3, Z2, strict=True)):
        row = Solution(
            b.keep[k],
            float(b.error[k]),
            b.status[k],
            bool(b.proved[k]),
            int(b.work[k]),
            b.solver,
            b.reason,
            b.seconds,
        )
        check_solution(row, X, z, eps)
        rows = np.asarray(X, float).reshape(len(X), -1)
        assert b.error[k] == Instance(rows, np.reshape(z, -1)).error(b.keep[k])
    return b
