"""Every cell decided: some subset is within eps, or none is."""

import numpy as np
import pandas as pd

from slth import frames
from slth.ensembles import sample, sample_target
from slth.progress import track
from slth.solvers._solve import solve_batch
from slth.studies.devices import device_for
from slth.studies.job import Job
from slth.studies.threshold.sample import POINT, point_of


def run(job: Job) -> None:
    """Decide the instances of a shard."""
    rows = decide(frames.read(job.input.cells, "cells"), job.params.solver, job.params.device)
    frames.write(job.output[0], rows, "decided cells")


def decide(table: pd.DataFrame, solver: str, device: str = "cpu") -> pd.DataFrame:
    """Decide every cell of ``table``; return its rows with status, proved, error, kept, work.

    device: of the search, "auto" for a GPU where there is one; its log and the rows say which.
    """
    device = device_for(solver, device)
    groups = list(table.groupby(POINT, sort=False))
    points = track(groups, len(groups), "threshold points")
    return pd.concat([_decide_point(rows, solver, device) for _, rows in points], ignore_index=True)


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
