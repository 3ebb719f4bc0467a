"""Runs of the CI config through profiles/slurm give the bytes of local runs."""

import time
from pathlib import Path

from tests.slurm.cluster import Cluster
from tests.slurm.conftest import through_slurm
from tests.workflow.conftest import Checkout

PART = ("results/measure/thresholds.parquet", "results/measure/depth.parquet")


def submitted(cluster: Cluster, checkout: Checkout, *targets: str) -> list[str]:
    """Run through the profile; return the states of the jobs that it submitted."""
    before, begin = set(cluster.jobs()), time.monotonic()
    checkout.run(*through_slurm(*targets))
    states = [state for job, state in cluster.jobs().items() if job not in before]
    print(f"through Slurm: {time.monotonic() - begin:.0f} s, {len(states)} jobs")
    return states


def test_part_through_slurm_gives_the_bytes(
    cluster: Cluster, fresh: Checkout, tmp_path: Path
) -> None:
    """No TeX, three jobs: what every change is tested with (.ci/run)."""
    local = Checkout(tmp_path / "local")
    local.run("--cores", "2", *PART)
    assert submitted(cluster, fresh, *PART) == ["COMPLETED"] * 3
    for name in PART:
        assert (fresh.folder / name).read_bytes() == (local.folder / name).read_bytes()


def test_slurm_gives_the_bytes_of_a_local_run(
    cluster: Cluster, finished: Checkout, fresh: Checkout
) -> None:
    states = submitted(cluster, fresh)
    assert set(states) == {"COMPLETED"}
    assert len(states) >= 10
    assert fresh.paper() == finished.paper()
