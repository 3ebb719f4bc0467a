"""Twenty SIGKILLs at random times: of everything, of Snakemake alone, of one job alone."""

import os
import random
import signal
import time

from tests.faults.conftest import jobs_of, kill_session, results, started
from tests.workflow.conftest import Checkout

KILLS = 20
SEED = 20_260_101
SHORTEST, LONGEST = 2.5, 9.0  # seconds: from planning to the middle of the third or fourth job


def hurt(checkout: Checkout, kind: str, delay: float) -> bool:
    """Run for ``delay`` seconds, then kill; False when there was nothing left to kill."""
    with started(checkout, "--cores", "2", "--rerun-incomplete") as run:
        time.sleep(delay)
        if run.poll() is not None:
            return False
        if kind == "one job":
            jobs = jobs_of(run)
            for pid in jobs[:1]:
                os.kill(pid, signal.SIGKILL)
            if jobs:
                time.sleep(1.0)  # Snakemake notices, names the job, goes on with the others
            kill_session(run)
            return bool(jobs)
        if kind == "snakemake":  # its jobs go on without it, while the next run begins
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
            checkout.run("--unlock")
            with started(checkout, "--cores", "2") as second:
                time.sleep(delay)
                return second.poll() is None
        kill_session(run)
        return True


def test_twenty_kills_at_random_times_end_in_the_same_bytes(
    finished: Checkout, fresh: Checkout
) -> None:
    chance = random.Random(SEED)
    killed: dict[str, int] = dict.fromkeys(("everything", "snakemake", "one job"), 0)
    for number in range(KILLS):
        kind = list(killed)[number % 3]
        killed[kind] += hurt(fresh, kind, chance.uniform(SHORTEST, LONGEST))
        fresh.run("--unlock")
    print(f"kills that hit a living run: {killed}")
    assert min(killed.values()) >= 3, f"hardly ever caught alive: {killed}"
    fresh.run()
    assert fresh.paper() == finished.paper()
    assert results(fresh) == results(finished)
    assert not list(fresh.folder.glob("paper/**/.part-*"))
