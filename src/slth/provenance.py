"""Where a run came from: seed, config, versions, commit. No clock, no host name."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
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
    "mlxtend",
    "matplotlib",
    "seaborn",
    "snakemake",
)


# where git looks for a repository, before the folder it is run in
REPOSITORY = {
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
}


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
    """Return the commit of a checkout and whether its files differ from it; None where unknown.

    Both are None outside git; where git refuses (a repository of another owner, a damaged index, no
    git) what it would not say is None, and stderr has its reason. Fetched files have a commit, and
    nothing to tell whether they differ from it.
    """
    if not (root / ".git").exists():  # the folder of another repository may lie above
        return {"commit": held(root), "modified": None}
    commit = _git(root, "rev-parse", "--verify", "HEAD")
    changes = None if commit is None else _git(root, "status", "--porcelain", "-uno")
    return {"commit": commit, "modified": None if changes is None else bool(changes)}


def commit_line(found: Mapping[str, Any]) -> str:
    """The commit and what it lacks, in one line; "none" outside git."""
    if found["commit"] is None:
        return "none"
    words = {True: ", files differ", False: "", None: ", unknown whether files differ"}
    return f"{found['commit']}{words[found['modified']]}"


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints; None when it fails, which is said."""
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    # a hook of git has the folder and the index of its own repository in the environment
    own = {name: value for name, value in os.environ.items() if name not in REPOSITORY}
    try:
        done = subprocess.run(command, capture_output=True, env=own, check=False)
    except OSError as error:
        reason = str(error)
    else:
        if done.returncode == 0:
            return done.stdout.decode("utf-8", errors="replace").strip()
        words = done.stderr.decode("utf-8", errors="replace").split()
        reason = " ".join(words) or "no reason given"
    _say(f"git {arguments[0]}: {reason}; what it would say counts as unknown")
    return None


@cache
def _say(line: str) -> None:
    """Print a line to stderr, once in a process: every rule that names the commit asks for it."""
    print(line, file=sys.stderr)
