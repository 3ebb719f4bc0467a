"""Pictures of results: each function draws on an axes of matplotlib, yours or a new one.

Needs matplotlib, which `pip install 'slth[workflow]'` brings. The paper's figures use the same.
Names load on first use.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slth.plot._kernels import kernels
    from slth.plot._success import success
    from slth.plot._ticket import ticket
    from slth.plot._trace import trace

__all__ = ["kernels", "success", "ticket", "trace"]

if not TYPE_CHECKING:  # checkers know the names from the imports, and report the others

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'slth.plot' has no attribute {name!r}")
        try:
            module = importlib.import_module(f"slth.plot._{name}")
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != "matplotlib":
                raise
            raise ModuleNotFoundError(
                f"matplotlib: not installed; slth.plot.{name} needs it: pip install matplotlib, or "
                "with all of the workflow 'slth[workflow]'",
                name="matplotlib",
            ) from None
        return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
