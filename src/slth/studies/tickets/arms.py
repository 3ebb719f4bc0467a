"""What the stages of an arm share.

An arm is one (network, granularity, readout); a replicate is one draw of its random networks, one
for every n of the arm.
"""

from typing import Any

import pandas as pd
from torch import nn

from slth import seeding
from slth.studies.tickets.settings import Arm

Networks = dict[str, nn.Sequential]


def keyed(rows: pd.DataFrame, arm: Arm, n: int, replicate: int) -> pd.DataFrame:
    """The rows with the key of their ticket before them."""
    key: dict[str, Any] = {
        "experiment": "tickets",
        "arm": arm.name,
        "network": arm.network,
        "granularity": arm.granularity,
        "readout": arm.readout,
        "n": n,
        "replicate": replicate,
    }
    return rows.reset_index(drop=True).assign(**key)[[*key, *rows.columns]]


def options(arm: Arm) -> dict[str, Any]:
    """Options of the construction."""
    return {"granularity": arm.granularity, "readout": arm.readout}


def replicates(arm: Arm, shard: int) -> range:
    """The replicates of a job: their order is that of the jobs, however many there are."""
    count = min(arm.shards, arm.seeds)
    return range(shard * arm.seeds // count, (shard + 1) * arm.seeds // count)


def arm_seed(arm: Arm, seed: int, replicate: int) -> int:
    """Arms of one network share their random networks: granularities compare like with like."""
    return seeding.child(seed, "tickets", arm.network, replicate)
