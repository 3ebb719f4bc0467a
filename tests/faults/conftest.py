"""Runs that are started, hurt and resumed; each must end in the bytes of a run left alone."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.workflow.conftest import Checkout, environment, finished, fresh, tex

__all__ = ["finished", "fresh", "tex"]


@contextmanager
def started(checkout: Checkout, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a run in a session of its own, its output in run.log; nothing of it survives."""
    with (checkout.folder / "run.log").open("ab") as log:
        process = subprocess.Popen(
            checkout.command(*arguments),
            cwd=checkout.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_session(process)


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL everything in the session of a run, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def jobs_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the ids of the processes in the session of a run, its own left out."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--sid", str(process.pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return [int(pid) for pid, words in lines if ".snakemake/scripts" in words]


def wait_until(checkout: Checkout, pattern: str, limit: float = 120.0) -> None:
    """Wait until a file in the checkout matches ``pattern``."""
    end = time.monotonic() + limit
    while not any(path.is_file() for path in checkout.folder.glob(pattern)):
        assert time.monotonic() < end, f"no {pattern} after {limit} s"
        time.sleep(0.05)


def results(checkout: Checkout) -> dict[str, bytes]:
    """Return the bytes of every result that a run may be compared by, the manifest included."""
    folders = ("sample", "solve", "construct", "learn", "measure", "render")
    paths = [p for part in folders for p in (checkout.folder / "results" / part).rglob("*.*")]
    kept = [path for path in paths if path.is_file() and "latex" not in path.parts]
    kept += (checkout.folder / "results").glob("manifest.json")
    return {Path(path).relative_to(checkout.folder).as_posix(): path.read_bytes() for path in kept}
