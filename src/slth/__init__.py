"""Strong lottery tickets by multidimensional random subset sum.

Names load on first use (PEP 562), so `import slth` costs nothing and a script that needs one room
does not import the others.
"""

import importlib
from typing import TYPE_CHECKING, Any

import slth.solvers  # noqa: F401 - the package, whose name here is the function below

if TYPE_CHECKING:
    from slth.solvers._registry import Catalogue

__version__ = "0.1.0"

_NAMES = {
    "sample": "slth.ensembles",
    "ensembles": "slth.ensembles:",
    "solve": "slth.solvers._solve",
    "solve_all": "slth.solvers._all",
    "solve_batch": "slth.solvers._solve",
    "solve_targets": "slth.solvers._solve",
    "Instance": "slth.problem",
    "Solution": "slth.problem",
    "Status": "slth.problem",
    "theory": "slth.theory:",
    "networks": "slth.networks:",
    "tickets": "slth.tickets:",
    "learned": "slth.learned:",
    "supnorm": "slth.supnorm:",
}

__all__ = sorted([*_NAMES, "solvers"])


def solvers() -> "Catalogue":  # type: ignore[no-redef]
    """Return name → what a solver handles, cannot, costs, and its source; prints as a table."""
    from slth.solvers._registry import catalogue

    return catalogue()


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'slth' has no attribute {name!r}")
    module = importlib.import_module(_NAMES[name].rstrip(":"))
    return module if _NAMES[name].endswith(":") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
