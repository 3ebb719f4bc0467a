"""What the workflow does before a run: notice results that changed, keep a second run out.

The plan is the list of files that runs of one config make. It stands beside the records of their
SHA-256 (`slth.digests`), so that a changed file is made again only where the config still asks
for it.
"""

import fcntl
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from slth.digests import changed
from slth.provenance import config_hash

FOLDER = "results/digests"  # of the records
PLAN = "plan.json"
LOCK = "results/.running"


def to_make_again(config: Mapping[str, Any], folder: str | Path = FOLDER) -> dict[str, str]:
    """Return the results of ``config`` that are not as they were written, with what is wrong."""
    return changed(folder, planned_files(config, folder))


def planned_files(config: Mapping[str, Any], folder: str | Path = FOLDER) -> set[str]:
    """Return the files that earlier runs of ``config`` were to make."""
    try:
        held = json.loads(Path(folder, PLAN).read_text(encoding="utf-8"))
        return set(held["files"]) if held["config"] == config_hash(config) else set()
    except (OSError, ValueError, LookupError, TypeError):
        return set()  # no plan, or a damaged one: the next run writes it


def plan(config: Mapping[str, Any], files: Iterable[str], folder: str | Path = FOLDER) -> None:
    """Add ``files`` to the plan of ``config``; a plan of another config is dropped."""
    names = sorted(planned_files(config, folder) | {Path(name).as_posix() for name in files})
    path = Path(folder, PLAN)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{PLAN}.{os.getpid()}")
    draft.write_text(json.dumps({"config": config_hash(config), "files": names}, indent=1))
    draft.replace(path)


def stale_inputs(kept: Iterable[str], folder: str | Path = FOLDER) -> dict[str, str]:
    """Delete the damaged among ``kept``, files a run would read as they are; return their faults.

    Such files belong to an earlier config, so that nothing forces them to be made again.
    """
    there = {Path(name).as_posix() for name in kept if Path(name).exists()}
    found = changed(folder, there)
    for name in found:
        Path(name).unlink()
    return found


def only_run(path: str | Path = LOCK) -> TextIO:
    """Hold the lock of this folder while the returned file is open; exit with 1 when it is held.

    Snakemake's own lock survives a killed run and is taken away with ``--unlock``, also from under
    a run that is alive. This one lives and dies with the process.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    held = Path(path).open("a+", encoding="utf-8")  # noqa: SIM115 (open as long as the run)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.seek(0)
        owner = held.read().strip() or "unknown"
        held.close()
        print(
            f"run: another run (process {owner}) is at work in this folder; wait for it to end",
            file=sys.stderr,
        )
        sys.exit(1)
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held
