"""The beam over the pools of a layer; apart, since it loads compiled code."""

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers._base import Solver
from slth.solvers.beam.batch import UNLIMITED, solve_block
from slth.solvers.beam.ladder import LEAST
from slth.solvers.beam.pool import BLOCK, search
from slth.solvers.beam.solver import Beam
from slth.solvers.kernels import stopping


def looked_at(solver: Solver, a: FloatArray, targets: list[FloatArray]) -> int:
    """How many of the shortest candidates, of lengths a, a beam may look at for these targets."""
    assert isinstance(solver, Beam)
    d = max(z.shape[1] for z in targets)
    scale = max(float(np.sqrt(np.square(z).mean(axis=1)).max()) for z in targets)
    within = int(np.searchsorted(a, solver.reach * scale))
    return min(len(a), max(LEAST[0] * d + LEAST[1], within))


def beam(
    solver: Solver, a: FloatArray, X: FloatArray, Z: FloatArray, threads: int | None
) -> tuple[BoolArray, np.ndarray, BoolArray]:
    """What is kept of X (B, n, d) for Z (B, d), work, and that nothing is proved.

    As `slth.solvers.beam.pool.search`, without threads of its own for a few problems.
    """
    assert isinstance(solver, Beam)
    if len(Z) > BLOCK:
        found = search(a, X, Z, solver.width, gap=solver.gap, reach=solver.reach, threads=threads)
        return found.keep, found.work, np.zeros(len(Z), bool)
    keep, work = np.zeros(X.shape[:2], bool), np.zeros(len(Z), np.int64)
    one, goal = np.ascontiguousarray(X), np.ascontiguousarray(Z)
    steps = float(solver.gap), float(solver.reach)
    solve_block(one, a, goal, steps, solver.width, UNLIMITED, keep, work, stopping.flag())
    return keep, work, np.zeros(len(Z), bool)
