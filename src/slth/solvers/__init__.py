"""The solver room: `slth.solvers()` lists it, `solve` and `solve_batch` enter it."""

import sys
import types

from slth.solvers.base import Answer, BatchAnswer, Options, Solver
from slth.solvers.front import solve, solve_batch, solve_targets
from slth.solvers.registry import SOLVERS, catalogue, get

__all__ = [
    "SOLVERS",
    "Answer",
    "BatchAnswer",
    "Options",
    "Solver",
    "catalogue",
    "get",
    "solve",
    "solve_batch",
    "solve_targets",
]


class _Room(types.ModuleType):
    def __call__(self) -> dict[str, dict[str, str]]:
        """Return name → what it handles, what it cannot, its cost, its source."""
        return catalogue()


sys.modules[__name__].__class__ = _Room
