"""Where a run came from: its seed, its config, the versions it ran on. No clock, no host name."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "torch",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "matplotlib",
    "seaborn",
    "snakemake",
)


def provenance(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return seed, SHA-256 of the validated config, Python and package versions."""
    from slth import __version__

    return {
        "seed": config["seed"],
        "config": config_hash(config),
        "python": platform.python_version(),
        "packages": {"slth": __version__} | {name: version(name) for name in PACKAGES},
    }


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256 of the config as canonical JSON: key order and YAML layout do not count."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
