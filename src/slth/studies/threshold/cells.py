"""Success probability of MRSS against n: cells, rows, summary.

A cell is one instance: (ensemble, d, n, replicate), with a seed of its own. Every instance is
drawn once and decided exactly: some subset is within eps, or none is.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from slth import seeding
from slth.ensembles import sample, sample_target
from slth.progress import track
from slth.solvers.front import solve_batch
from slth.studies.devices import placed

KEY = ["experiment", "ensemble", "d", "n", "eps", "replicate", "seed"]
POINT = ["ensemble", "d", "n", "eps"]


def cells(settings: Mapping[str, Any], seed: int, shard: int) -> pd.DataFrame:
    """Return the cells of one shard: an equal slice of the replicates of every grid point.

    settings: the ``threshold`` section of the config. Slices rather than grid points make the
    shards equally long, whatever the sizes in the grid.
    """
    replicates = np.array_split(np.arange(settings["replicates"]), settings["shards"])[shard]
    rows = [
        (
            "threshold",
            ensemble,
            block["d"],
            n,
            float(settings["eps"]),
            int(replicate),
            seeding.child(seed, "threshold", ensemble, block["d"], n, int(replicate)),
        )
        for ensemble in settings["ensembles"]
        for block in settings["grid"]
        for n in block["n"]
        for replicate in replicates
    ]
    return pd.DataFrame(rows, columns=KEY)


def decide(table: pd.DataFrame, solver: str, device: str = "cpu") -> pd.DataFrame:
    """Decide every cell of ``table``; return its rows with status, proved, error, kept, work.

    device: of the search, "auto" for a GPU where there is one; its log and the rows say which.
    """
    device = placed(solver, device)
    groups = list(table.groupby(POINT, sort=False))
    points = track(groups, len(groups), "threshold points")
    return pd.concat([_decide_point(rows, solver, device) for _, rows in points], ignore_index=True)


def point_of(rows: pd.DataFrame) -> tuple[str, int, int, float]:
    """(ensemble, d, n, eps) of rows that share them."""
    first = rows.iloc[0]
    return str(first["ensemble"]), int(first["d"]), int(first["n"]), float(first["eps"])


def _decide_point(rows: pd.DataFrame, solver: str, device: str) -> pd.DataFrame:
    ensemble, d, n, eps = point_of(rows)
    X = np.stack([sample(ensemble, n=n, d=d, seed=int(s)) for s in rows["seed"]])
    Z = np.stack([sample_target(d, seed=int(s), ensemble=ensemble) for s in rows["seed"]])
    answer = solve_batch(X, Z, eps=eps, solver=solver, device=device, threads=1, decide=True)
    return rows.assign(
        solver=answer.solver,
        device=device,
        status=[status.name for status in answer.status],
        proved=answer.proved,
        error=answer.error,
        kept=answer.keep.sum(axis=1),
        work=answer.work,
    )
