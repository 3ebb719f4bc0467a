"""The CI config through profiles/slurm gives the paper of a local run, byte for byte."""

import time

from tests.slurm.cluster import Cluster
from tests.slurm.conftest import through_slurm
from tests.workflow.conftest import Checkout


def test_slurm_gives_the_bytes_of_a_local_run(
    cluster: Cluster, finished: Checkout, fresh: Checkout
) -> None:
    begin = time.monotonic()
    done = fresh.run(*through_slurm())
    states = list(cluster.jobs().values())
    print(f"through Slurm: {time.monotonic() - begin:.0f} s, {len(states)} jobs")
    assert set(states) == {"COMPLETED"}
    assert len(states) >= 10, done.stderr
    assert fresh.paper() == finished.paper()
