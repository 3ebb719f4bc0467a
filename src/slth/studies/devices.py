"""On which device an experiment's subset problems are solved."""

import sys

from slth import devices as gpu
from slth.solvers import _registry as registry
from slth.solvers._auto import ON_GPU


def device_for(solver: str, device: str) -> str:
    """Return "cpu" or "cuda" for the config's ``device``, and say on stderr which and why.

    "auto" is a GPU where torch sees one and the solver takes it.
    """
    names = ON_GPU if solver == "auto" else (solver,)
    taken = set.intersection(*(set(registry.get(name).devices) for name in names))
    found = gpu.resolve(device, taken)
    print(f"device: {found} (asked for {device}, solver {solver})", file=sys.stderr)
    return found
