"""The solvers: one file each, or one package a family; `slth.solvers()` lists them.

Names load on first use, so that a job that needs one solver does not import the others.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slth.solvers._all import Hits, solve_all
    from slth.solvers._base import Answer, BatchAnswer, Options, Solver
    from slth.solvers._registry import SOLVERS, catalogue, get
    from slth.solvers._solve import solve, solve_batch, solve_targets
    from slth.solvers._watching import InterruptedSearch, Progress

_MODULES = {
    "_all": ("Hits", "solve_all"),
    "_base": ("Answer", "BatchAnswer", "Options", "Solver"),
    "_registry": ("SOLVERS", "catalogue", "get"),
    "_solve": ("solve", "solve_batch", "solve_targets"),
    "_watching": ("InterruptedSearch", "Progress"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "SOLVERS",
    "Answer",
    "BatchAnswer",
    "Hits",
    "InterruptedSearch",
    "Options",
    "Progress",
    "Solver",
    "catalogue",
    "get",
    "solve",
    "solve_all",
    "solve_batch",
    "solve_targets",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'slth.solvers' has no attribute {name!r}")
    return getattr(importlib.import_module(f"slth.solvers.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
