"""The solvers by name. To add one: write its file, add its line."""

import importlib

from slth import checks, dependencies
from slth.solvers._base import Solver
from slth.values import LINES, WIDTH, table_html

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


WORDS = ("handles", "cannot", "cost", "source")


class Catalogue(dict[str, dict[str, str]]):
    """Name → what a solver handles, what it cannot, its cost, its source."""

    def __repr__(self) -> str:
        """One line per solver, at most ten in all; the entries themselves are dicts of words."""
        names = list(self)
        shown = names if len(names) < LINES else names[: LINES - 2]
        wide = max((len(name) for name in shown), default=0)
        lines = ["solvers: what each handles; [name] has cannot, cost and source"]
        for name in shown:
            line = f"  {name:<{wide}}  {self[name]['handles']}"
            lines.append(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
        if len(shown) < len(names):
            lines.append(f"  … and {', '.join(names[len(shown) :])}"[:WIDTH])
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return table_html(
            ("solver", *WORDS),
            [(name, *(facts[word] for word in WORDS)) for name, facts in self.items()],
        )


def catalogue() -> Catalogue:
    """Return what every solver says of itself; none is imported whose file says it in literals."""
    return Catalogue({name: _facts(name) for name in SOLVERS})


def _facts(name: str) -> dict[str, str]:
    try:
        facts = {word: dependencies.attribute(SOLVERS[name], word) for word in WORDS}
    except (LookupError, FileNotFoundError):  # a solver of another package
        facts = {}
    if all(isinstance(facts.get(word), str) for word in WORDS):
        return facts
    solver = get(name)
    return {word: getattr(solver, word) for word in WORDS}
