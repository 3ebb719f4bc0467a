"""What the workflow does before a run: plan its files, make changed ones again, keep others out."""

import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from slth.digests import changed

FOLDER = "results/digests"  # of the records
PLAN = "results/digests/plan.json"
LOCK = "results/.running"


def make_changed_again(
    workflow: Any, begin: Callable[[], None] | None = None, folder: str | Path = FOLDER
) -> None:
    """Have Snakemake make every result of its plan again that is not as it was written.

    begin: called with the plan of a run that is no dry run.

    It has no hook between the making of the plan's graph and the choice of the jobs to run; its
    own `--forcerun` also takes files for targets, which results of an earlier config are not.
    """
    build = workflow._build_dag

    def build_dag() -> None:
        found = changed(folder)
        workflow.dag.forcefiles.update(found)
        build()
        made = {str(path) for job in workflow.dag.jobs for path in job.output}
        for path in sorted(found.keys() & made):
            print(f"results: {path}: {found[path]}; it is made again", file=sys.stderr)
        if begin is not None and not workflow.dryrun:
            begin()

    workflow._build_dag = build_dag


def plan(files: Iterable[str], path: str | Path = PLAN) -> None:
    """Note which files a whole run makes, for its manifest."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    draft = Path(f"{path}.{os.getpid()}")
    draft.write_text(
        json.dumps(sorted({Path(name).as_posix() for name in files}), indent=1), encoding="utf-8"
    )
    draft.replace(path)


def planned(path: str | Path = PLAN) -> list[str]:
    """Return the files of the last whole run that was begun."""
    found: list[str] = json.loads(Path(path).read_text(encoding="utf-8"))
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
