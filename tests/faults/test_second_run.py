"""Two runs at once in one folder: the second refuses in words, the first is not disturbed."""

import os
import signal
import subprocess
import time

from tests.faults.conftest import jobs_of, started, wait_until
from tests.workflow.conftest import Checkout

TARGET = "results/measure/thresholds.parquet"


def hold_a_job(run: subprocess.Popen[bytes], limit: float = 120.0) -> int:
    """Stop the first job of a run, so that the run lasts until it goes on; return its id."""
    end = time.monotonic() + limit
    while not (jobs := jobs_of(run)):
        assert run.poll() is None
        assert time.monotonic() < end, f"no job after {limit} s"
        time.sleep(0.1)
    os.kill(jobs[0], signal.SIGSTOP)
    return jobs[0]


def test_second_run_refuses_and_the_first_ends_well(finished: Checkout, fresh: Checkout) -> None:
    with started(fresh, "--cores", "1", TARGET) as first:
        wait_until(fresh, "results/.running")
        held = hold_a_job(first)
        second = fresh.run("--cores", "1", TARGET, check=False)
        assert second.returncode == 1
        assert "cannot be locked" in second.stderr
        assert "Traceback" not in second.stderr
        fresh.run("--unlock")  # from under the living run, as a user in a hurry would
        third = fresh.run("--cores", "1", "paper/numbers/benchmark.tex", check=False)
        assert third.returncode == 1
        assert f"another run (process {first.pid}) is at work" in third.stderr
        assert "Traceback" not in third.stderr
        os.kill(held, signal.SIGCONT)
        assert first.wait(300) == 0
    made, known = (c.folder / TARGET for c in (fresh, finished))
    assert made.read_bytes() == known.read_bytes()
