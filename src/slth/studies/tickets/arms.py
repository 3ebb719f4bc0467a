"""What the stages of an arm share.

An arm is one (network, granularity, readout); a replicate is one draw of its random networks, one
for every n of the arm.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from torch import nn

from slth import seeding

Settings = Mapping[str, Any]
Networks = dict[str, nn.Sequential]


def keyed(rows: pd.DataFrame, arm: Settings, n: int, replicate: int) -> pd.DataFrame:
    """The rows with the key of their ticket before them."""
    key = {
        "experiment": "tickets",
        "arm": arm["name"],
        "network": arm["network"],
        "granularity": arm["granularity"],
        "readout": arm["readout"],
        "n": n,
        "replicate": replicate,
    }
    return rows.reset_index(drop=True).assign(**key)[[*key, *rows.columns]]


def options(arm: Settings) -> dict[str, Any]:
    """Options of the construction."""
    return {"granularity": arm["granularity"], "readout": arm["readout"]}


def arm_seed(arm: Settings, seed: int, replicate: int) -> int:
    """Arms of one network share their random networks: granularities compare like with like."""
    return seeding.child(seed, "tickets", arm["network"], replicate)
