"""Where a run came from: seed, config, versions, commit. No clock, no host name."""

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from slth.fetching import held

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


def commit_of(root: Path) -> dict[str, Any]:
    """Return the commit of a checkout and whether its files differ from it; None outside git.

    Fetched files have a commit, and nothing to tell whether they differ from it.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": held(root), "modified": None}
    return {"commit": commit, "modified": bool(_git(root, "status", "--porcelain", "-uno"))}


def commit_line(found: Mapping[str, Any]) -> str:
    """The commit and what it lacks, in one line; "none" outside git."""
    return f"{found['commit'] or 'none'}{', files differ' if found['modified'] else ''}"


def _git(root: Path, *arguments: str) -> str | None:
    if not (root / ".git").exists():  # the folder of another repository may lie above
        return None
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
