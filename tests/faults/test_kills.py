"""Twenty SIGKILLs at random times: of everything, of Snakemake alone, of one job alone."""

import os
import random
import signal
import subprocess
import time

from tests.faults.conftest import jobs_of, results, started
from tests.workflow.conftest import Checkout

KINDS = ("everything", "snakemake", "one job", "planning")
KILLS = 20
SEED = 20_260_101
LONGEST = 6.0  # seconds after the first job began; a job takes 3 to 10


def hurt(checkout: Checkout, kind: str, delay: float) -> bool:
    """Run until ``delay`` seconds after the first job began, kill; False if nothing was left."""
    with started(checkout, "--cores", "2") as run:
        if kind != "planning":
            wait_for_job(run)
        time.sleep(delay)
        jobs = jobs_of(run)
        if run.poll() is not None or (kind == "one job" and not jobs):
            return False
        if kind == "one job":  # Snakemake names it and goes on with the others
            os.kill(jobs[0], signal.SIGKILL)
            time.sleep(1.0)
        if kind == "snakemake":  # its jobs go on without it, beside those of the next run
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
            checkout.run("--unlock")
            with started(checkout, "--cores", "2") as second:
                wait_for_job(second)
                time.sleep(delay)
        return True


def wait_for_job(run: subprocess.Popen[bytes], limit: float = 120.0) -> None:
    """Wait until a job of the run is at work, or the run has ended."""
    end = time.monotonic() + limit
    while run.poll() is None and not jobs_of(run):
        assert time.monotonic() < end, f"no job after {limit} s"
        time.sleep(0.1)


def test_twenty_kills_at_random_times_end_in_the_same_bytes(
    finished: Checkout, fresh: Checkout
) -> None:
    chance = random.Random(SEED)
    killed = dict.fromkeys(KINDS, 0)
    for number in range(KILLS):
        kind = KINDS[number % len(KINDS)]
        killed[kind] += hurt(fresh, kind, chance.uniform(0.0, LONGEST))
        fresh.run("--unlock")
    print(f"kills that hit a living run: {killed}")
    assert sum(killed.values()) >= KILLS // 2, f"hardly ever caught alive: {killed}"
    assert min(killed.values()) >= 1, f"not of every kind: {killed}"
    fresh.run()
    assert fresh.paper() == finished.paper()
    assert results(fresh) == results(finished)
    assert not list(fresh.folder.glob("paper/**/.part-*"))
