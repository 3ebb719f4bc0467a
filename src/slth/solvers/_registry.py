"""The solvers by name. To add one: write its file, add its line."""

import importlib

from slth import checks
from slth.solvers._base import Solver

# name: module and class; loaded when first asked for, so that a script depends on what it uses
SOLVERS: dict[str, str] = {
    "enumeration": "slth.solvers.enumeration:Enumeration",
    "mitm": "slth.solvers.mitm.solver:MeetInTheMiddle",
    "lattice": "slth.solvers.lattice.solver:Lattice",
    "klist": "slth.solvers.klist.solver:KList",
    "beam": "slth.solvers.beam.solver:Beam",
    "annealing": "slth.solvers.annealing.solver:Annealing",
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


class Catalogue(dict[str, dict[str, str]]):
    """Name → what a solver handles, what it cannot, its cost, its source."""

    def __repr__(self) -> str:
        lines = []
        for name, facts in self.items():
            lines += [name, *(f"  {word:<8} {facts[word]}" for word in facts)]
        return "\n".join(lines)


def catalogue() -> Catalogue:
    """Return what every solver says of itself."""
    words = ("handles", "cannot", "cost", "source")
    return Catalogue({name: {word: getattr(get(name), word) for word in words} for name in SOLVERS})
