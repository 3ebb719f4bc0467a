"""What goes wrong on a cluster: jobs cancelled, over their memory, a drained node, a dead driver.

Each run ends in the bytes of a local run.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial

from tests.faults.conftest import kill_session
from tests.slurm.cluster import Cluster
from tests.slurm.conftest import output, start, through_slurm
from tests.workflow.conftest import Checkout

KILLS = 5
LIMIT = 300.0  # seconds that anything here may take


def wait_for(event: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LIMIT
    while not event():
        assert time.monotonic() < end, f"no {what} after {LIMIT} s"
        time.sleep(0.2)


def busy(cluster: Cluster, run: subprocess.Popen[bytes]) -> bool:
    """Whether a job is at work, or the run that would submit one has ended."""
    return bool(cluster.running()) or run.poll() is not None


def cancelled(cluster: Cluster, before: set[str]) -> bool:
    """Cancel a job that runs; whether one was caught, which may have ended just before."""
    new = {job: state for job, state in cluster.jobs().items() if job not in before}
    running = [job for job, state in new.items() if state == "RUNNING"]
    if "CANCELLED" not in new.values() and running:
        cluster.call("scancel", running[0], check=False)
    return "CANCELLED" in new.values()


def test_killed_driver_loses_nothing(cluster: Cluster, finished: Checkout, fresh: Checkout) -> None:
    """Slurm's jobs go on without Snakemake, and the next run submits them a second time."""
    caught = 0
    for number in range(KILLS):
        run = start(fresh)
        wait_for(partial(busy, cluster, run), "job")
        time.sleep(2.0 * number)
        if run.poll() is None:
            os.kill(run.pid, signal.SIGKILL)
            caught += 1
        kill_session(run)
        fresh.run("--unlock")
    assert caught >= 3, "the driver was hardly ever caught alive"
    fresh.run(*through_slurm())
    assert fresh.paper() == finished.paper()


def test_cancelled_job_over_memory_and_drained_node_lose_nothing(
    cluster: Cluster, finished: Checkout, fresh: Checkout
) -> None:
    before = set(cluster.jobs())
    # enough on the third attempt only: torch and the data set take about 400 MB
    over = ("--set-resources", "train_target:mem_mb=60*attempt**2.5", "--retries", "3")
    run = start(fresh, *over)
    try:
        wait_for(lambda: cancelled(cluster, before), "cancelled job")
        node = f"nodename={cluster.host}"
        wait_for(lambda: (fresh.folder / "results/solve/cells").is_dir(), "solved cell")
        cluster.call("scontrol", "update", node, "state=drain", "reason=test")
        wait_for(lambda: not cluster.running(), "end of the jobs of a drained node")
        time.sleep(5.0)
        assert not cluster.running()
        assert run.poll() is None
        cluster.call("scontrol", "update", node, "state=resume")
        assert run.wait(LIMIT) == 0, output(fresh)
    finally:
        kill_session(run)
    new = {state for job, state in cluster.jobs().items() if job not in before}
    assert {"OUT_OF_MEMORY", "FAILED"} & new, new
    assert fresh.paper() == finished.paper()
