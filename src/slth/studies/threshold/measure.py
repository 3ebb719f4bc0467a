"""Observed success rates beside the predictions: one row per grid point."""

from typing import Any

import numpy as np
import pandas as pd

from slth import frames
from slth.ensembles import lookup
from slth.intervals import clopper_pearson
from slth.progress import track
from slth.studies.job import Job
from slth.studies.threshold.sample import POINT, point_of
from slth.theory.quenched import quenched_n_star, success_probability
from slth.theory.refined import refined_probability


def summarise(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return one row per grid point: rate with its Clopper–Pearson interval, and the predictions.

    Unproved cells (a solver's budget ran out) count as neither hit nor miss of the instance: they
    are listed in ``unsettled`` and left out of ``trials``.
    """
    groups = list(rows.groupby(POINT, sort=False))
    points = track(groups, len(groups), "predictions")
    return pd.DataFrame([_summary(part, confidence) for _, part in points])


def _summary(rows: pd.DataFrame, confidence: float) -> dict[str, Any]:
    ensemble, d, n, eps = point_of(rows)
    hit = rows["status"] == "HIT"
    settled = hit | rows["proved"]
    trials, hits = int(settled.sum()), int(hit.sum())
    low, high = clopper_pearson(hits, trials, confidence) if trials else (0.0, 1.0)
    prediction = success_probability(ensemble, n, d, eps)
    refined = np.nan if lookup(ensemble).step else refined_probability(ensemble, n, d, eps)
    return {
        "ensemble": ensemble,
        "d": d,
        "n": n,
        "eps": eps,
        "trials": trials,
        "hits": hits,
        "unsettled": len(rows) - trials,
        "rate": hits / trials if trials else np.nan,
        "low": low,
        "high": high,
        "confidence": confidence,
        "prediction": prediction,
        "n_star": quenched_n_star(d, eps),
        "device": ", ".join(sorted(set(rows.get("device", [])))),
        "inside": low <= prediction <= high,
        "refined": refined,
        "refined_inside": float(low <= refined <= high) if np.isfinite(refined) else np.nan,
    }


def run(job: Job) -> None:
    """Success rates with their intervals and predictions."""
    rows = frames.read_all(job.input.cells, "decided cells")
    frames.write(job.output[0], summarise(rows, job.params.confidence), "threshold points")
