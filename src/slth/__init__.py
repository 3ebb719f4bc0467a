"""Strong lottery tickets by multidimensional random subset sum.

Names load on first use (PEP 562), so `import slth` costs nothing and a script that needs one room
does not import the others. Type checkers read the imports that never run.
"""

from importlib import import_module
from sys import modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slth import ensembles, learned, networks, plot, supnorm, theory, tickets
    from slth.checks import TooLargeError
    from slth.ensembles import sample, sample_target
    from slth.problem import BatchSolution, Instance, Solution, Status
    from slth.solvers._all import Hits, solve_all
    from slth.solvers._registry import Catalogue
    from slth.solvers._solve import solve, solve_batch, solve_targets
    from slth.solvers._watching import InterruptedSearch, Progress
    from slth.supnorm import Bracket
    from slth.tickets import Ticket
else:
    import_module("slth.solvers")  # first: the name of this package is the function below

__version__ = "0.2.0"

# name: its module; ":" behind it where the name is the module itself
_NAMES = {
    "BatchSolution": "slth.problem",
    "Bracket": "slth.supnorm",
    "Hits": "slth.solvers._all",
    "Instance": "slth.problem",
    "InterruptedSearch": "slth.solvers._watching",
    "Progress": "slth.solvers._watching",
    "Solution": "slth.problem",
    "Status": "slth.problem",
    "Ticket": "slth.tickets",
    "TooLargeError": "slth.checks",
    "ensembles": "slth.ensembles:",
    "learned": "slth.learned:",
    "networks": "slth.networks:",
    "plot": "slth.plot:",
    "sample": "slth.ensembles",
    "sample_target": "slth.ensembles",
    "solve": "slth.solvers._solve",
    "solve_all": "slth.solvers._all",
    "solve_batch": "slth.solvers._solve",
    "solve_targets": "slth.solvers._solve",
    "supnorm": "slth.supnorm:",
    "theory": "slth.theory:",
    "tickets": "slth.tickets:",
}

__all__ = [
    "BatchSolution",
    "Bracket",
    "Hits",
    "Instance",
    "InterruptedSearch",
    "Progress",
    "Solution",
    "Status",
    "Ticket",
    "TooLargeError",
    "ensembles",
    "learned",
    "networks",
    "plot",
    "sample",
    "sample_target",
    "solve",
    "solve_all",
    "solve_batch",
    "solve_targets",
    "solvers",
    "supnorm",
    "theory",
    "tickets",
]


def solvers() -> "Catalogue":
    """Return name → what a solver handles, cannot, costs, and its source; prints as a table.

    >>> slth.solvers()["mitm"]["handles"]
    'any d, n ≤ 64; proves the optimum; batches of small instances'
    """
    from slth.solvers._registry import catalogue

    return catalogue()


if not TYPE_CHECKING:  # checkers know the names from the imports, and report the others

    def __getattr__(name: str) -> Any:
        if name not in _NAMES:
            words = f"module 'slth' has no attribute {name!r}"
            raise AttributeError(words, name=name, obj=modules[__name__])  # Python suggests others
        module = import_module(_NAMES[name].rstrip(":"))
        return module if _NAMES[name].endswith(":") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*__all__, "__all__", "__doc__", "__version__"})
