"""The solvers by name. To add one: write its file, add its line."""

import importlib

from slth import checks
from slth.solvers.base import Solver

# name: module and class; loaded when first asked for, so that a script depends on what it uses
SOLVERS: dict[str, str] = {
    "enumeration": "slth.solvers.enumeration:Enumeration",
    "mitm": "slth.solvers.mitm:MeetInTheMiddle",
    "klist": "slth.solvers.klist:KList",
    "annealing": "slth.solvers.annealing:Annealing",
    "lp_rounding": "slth.solvers.lp_rounding:LpRounding",
    "differencing": "slth.solvers.differencing:Differencing",
    "milp": "slth.solvers.milp:Milp",
}


def get(name: str) -> Solver:
    """Return the solver registered as ``name``; ValueError with the near misses otherwise."""
    target = SOLVERS[checks.choice("solver", name, ["auto", *SOLVERS])]
    module, cls = target.split(":")
    solver = getattr(importlib.import_module(module), cls)()
    assert isinstance(solver, Solver)
    return solver


def module_of(name: str) -> str:
    """Return the module that implements ``name`` (for dependency tracking)."""
    return SOLVERS[name].split(":")[0]


def catalogue() -> dict[str, dict[str, str]]:
    """Return name → what it handles, what it cannot, its cost, its source."""
    words = ("handles", "cannot", "cost", "source")
    return {name: {word: getattr(get(name), word) for word in words} for name in SOLVERS}
