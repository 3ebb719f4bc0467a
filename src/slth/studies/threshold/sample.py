"""The cells of the study: success probability of MRSS against n.

A cell is one instance: (ensemble, d, n, replicate), with a seed of its own. Every instance is
drawn once and decided exactly: some subset is within eps, or none is.
"""

import numpy as np
import pandas as pd

from slth import frames, seeding
from slth.studies.job import Job
from slth.studies.threshold.settings import Settings

KEY = ["experiment", "ensemble", "d", "n", "eps", "replicate", "seed"]
POINT = ["ensemble", "d", "n", "eps"]


def run(job: Job) -> None:
    """Draw the keys of the instances of a shard."""
    table = cells(Settings(**job.params.settings), job.params.seed, job.params.shard)
    frames.write(job.output[0], table, "cells")


def cells(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return the cells of one shard: an equal slice of the replicates of every grid point.

    settings: the ``threshold`` section of the config. Slices rather than grid points make the
    shards equally long, whatever the sizes in the grid.
    """
    replicates = np.array_split(np.arange(settings.replicates), settings.shards)[shard]
    rows = [
        (
            "threshold",
            ensemble,
            block.d,
            n,
            float(settings.eps),
            int(replicate),
            seeding.child(seed, "threshold", ensemble, block.d, n, int(replicate)),
        )
        for ensemble in settings.ensembles
        for block in settings.grid
        for n in block.n
        for replicate in replicates
    ]
    return pd.DataFrame(rows, columns=KEY)


def point_of(rows: pd.DataFrame) -> tuple[str, int, int, float]:
    """(ensemble, d, n, eps) of rows that share them."""
    first = rows.iloc[0]
    return str(first["ensemble"]), int(first["d"]), int(first["n"]), float(first["eps"])
