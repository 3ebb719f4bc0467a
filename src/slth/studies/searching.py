"""On which device an experiment's brackets are searched from below."""

import sys
from collections.abc import Mapping
from typing import Any

from slth import devices as gpu


def search_on(search: Mapping[str, Any], device: str) -> dict[str, Any]:
    """Return ``search`` with the "cpu" or "cuda" that the config's ``device`` means here.

    search: the ``bracket`` section of the config; with ``device`` it is what
    `slth.supnorm.bracket` takes. Which device, and what was asked for, is said on stderr.
    """
    found = gpu.resolve(device, (gpu.CPU, gpu.CUDA))
    print(f"device: {found} (asked for {device}, search of brackets)", file=sys.stderr)
    return {**search, "device": found}
