"""SIGKILL at any point, then what the README says: unlock, run again, same bytes."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import Checkout, environment

pytestmark = pytest.mark.xdist_group("workflow")  # one worker: one finished run

# the run is killed when a file matching this first appears, once for every pattern in turn
MOMENTS = [
    "results/sample/cells/*",
    "results/solve/**/*",
    "results/construct/**/*",
    "results/measure/**/*",
    "paper/figures/*",
]


def run_until(checkout: Checkout, pattern: str, limit: float = 300.0) -> bool:
    """Start a run, SIGKILL all of it when ``pattern`` matches; False if it ended before."""
    log = (checkout.folder / "killed.log").open("w")
    process = subprocess.Popen(
        checkout.command(),
        cwd=checkout.folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment(),
        start_new_session=True,
    )
    end = time.monotonic() + limit
    try:
        while process.poll() is None and time.monotonic() < end:
            if any(path.is_file() for path in checkout.folder.glob(pattern)):
                os.killpg(process.pid, signal.SIGKILL)
                return True
            time.sleep(0.02)
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def test_killed_runs_resume_to_the_same_bytes(finished: Checkout, fresh: Checkout) -> None:
    killed = 0
    for pattern in MOMENTS:
        killed += run_until(fresh, pattern)
        fresh.run("--unlock")
    assert killed >= 3, "the run was hardly ever caught alive: the test shows nothing"
    fresh.run()
    assert fresh.paper() == finished.paper()
    assert leftovers(fresh.folder) == []


def leftovers(folder: Path) -> list[str]:
    """Return outputs that no finished job owns (temporary files under paper/)."""
    return [path.name for path in (folder / "paper").rglob(".part-*")]


@pytest.mark.parametrize("name", ["results/solve/cells/0.parquet"])
def test_deleted_result_is_made_again(finished: Checkout, name: str) -> None:
    path = finished.folder / name
    before, paper = path.read_bytes(), finished.paper()
    path.unlink()
    finished.run("--cores", "2", name)
    assert path.read_bytes() == before
    finished.run()
    assert finished.paper() == paper
