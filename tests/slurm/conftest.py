"""A cluster for the tests of this folder, and runs through profiles/slurm on it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, refusal
from tests.workflow.conftest import Checkout, environment, finished, fresh, tex

__all__ = ["finished", "fresh", "tex"]

# what a test cannot wait for: a loopback shows files at once and answers at once
FAST = ["--latency-wait", "10", "--slurm-init-seconds-before-status-checks", "3"]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running cluster, stopped at the end whatever happens."""
    reason = refusal()
    if reason:
        pytest.skip(reason)
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        try:
            cluster.start()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"Slurm's daemons do not start on this machine: {error}")
        yield cluster
    finally:
        cluster.stop()


def through_slurm(*arguments: str) -> list[str]:
    """Return the arguments of a run through the profile."""
    return ["--profile", "profiles/slurm", *FAST, *arguments]


def start(checkout: Checkout, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a run through the profile in a session of its own; its output goes to slurm.log."""
    with (checkout.folder / "slurm.log").open("ab") as log:
        return subprocess.Popen(
            checkout.command(*through_slurm(*arguments)),
            cwd=checkout.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,
        )


def output(checkout: Checkout) -> str:
    """Return what the runs of `start` printed."""
    return Path(checkout.folder, "slurm.log").read_text(encoding="utf-8", errors="replace")
