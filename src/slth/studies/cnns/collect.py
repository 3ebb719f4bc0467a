"""The rows of every shard, in the order of networks, granularities and sizes."""

from collections.abc import Sequence

import pandas as pd

from slth import frames
from slth.studies.cnns.words import GRANULARITIES, RULES
from slth.studies.job import Job

KEYS = ("network", "granularity", "n", "targets", "replicate")


def ordered(rows: pd.DataFrame, networks: Sequence[str]) -> pd.DataFrame:
    """Rows by network, as listed, granularity, n, rule of targets and replicate; others as come."""
    order = {"network": list(networks), "granularity": list(GRANULARITIES), "targets": list(RULES)}
    found = [
        rows[key].map(order[key].index) if key in order else rows[key]
        for key in KEYS
        if key in rows
    ]
    if rows.empty or not found:
        return rows
    place = pd.concat(found, axis=1).sort_values([str(each.name) for each in found], kind="stable")
    return rows.loc[place.index].reset_index(drop=True)


def run(job: Job) -> None:
    """Gather every table of ``params.kinds``; ``params.networks``: the order of the networks."""
    for kind in job.params.kinds:
        rows = frames.read_all(job.input[kind], kind)
        frames.write(job.output[kind], ordered(rows, job.params.networks), kind)
