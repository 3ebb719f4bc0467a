"""The error of the beam against n, instance by instance."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from slth import frames, seeding
from slth.checks import FloatArray
from slth.ensembles import sample
from slth.progress import track
from slth.solvers._solve import solve_batch
from slth.solvers.beam.solver import Beam
from slth.studies.job import Job
from slth.studies.power.settings import Settings

HELD = 2**23  # numbers of candidates held at once: 64 MiB
COLUMNS = (
    *("experiment", "ensemble", "d", "n", "eps", "width", "ratio", "target_sd", "replicate"),
    *("seed", "solver", "status", "proved", "error", "empty", "kept", "work"),
)


def measure_power(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return a row for each ensemble, d, n, beam width and replicate of a shard.

    Every replicate of an (ensemble, d, n) is an instance of its own, lengths of the candidates
    included, which all the widths search: points of different n are independent, those of different
    widths are not. error: sup norm of the rest; empty: that of the empty subset, max|z|; ratio:
    n / d from which on sizes are fitted; work: rests examined.
    """
    mine = range(shard, settings.replicates, settings.shards)
    points = [(e, d, n) for e in settings.ensembles for d in settings.d for n in settings.n]
    parts = [
        _searched(settings, seed, *point, some)
        for point in track(points, len(points), "power: points")
        for some in _portions(mine, point[1] * point[2])
    ]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def instances(
    settings: Settings, seeds: Sequence[int], ensemble: str, d: int, n: int
) -> tuple[FloatArray, FloatArray]:
    """Draw an instance from every seed: candidates (B, n, d), targets (B, d)."""
    X = np.stack([sample(ensemble, n, d, seed) for seed in seeds])
    Z = [seeding.generator(seed, "power target").standard_normal(d) for seed in seeds]
    return X, settings.target_sd * np.stack(Z)


def _portions(mine: range, numbers: int) -> Iterator[range]:
    """The replicates, so many at a time that their candidates are held."""
    step = max(1, HELD // numbers)
    return (mine[i : i + step] for i in range(0, len(mine), step))


def _searched(
    settings: Settings, seed: int, ensemble: str, d: int, n: int, replicates: range
) -> pd.DataFrame:
    seeds = [seeding.child(seed, "power", ensemble, d, n, replicate) for replicate in replicates]
    X, Z = instances(settings, seeds, ensemble, d, n)
    key = {"experiment": "power", "ensemble": ensemble, "d": d, "n": n, "eps": np.nan}
    key |= {"ratio": settings.least_ratio, "target_sd": settings.target_sd}
    parts = []
    for width in settings.widths:
        found = solve_batch(X, Z, solver=Beam(width=width), threads=1)
        columns = {
            "replicate": replicates,
            "seed": seeds,
            "status": [status.name for status in found.status],
            "proved": found.proved,
            "error": found.error,
            "empty": np.abs(Z).max(axis=1),
            "kept": found.keep.sum(axis=1),
            "work": found.work,
        }
        parts.append(pd.DataFrame({**key, "width": width, "solver": found.solver, **columns}))
    return pd.concat(parts, ignore_index=True)


def run(job: Job) -> None:
    """Search every instance of a shard."""
    p = job.params
    frames.write(job.output[0], measure_power(Settings(**p.settings), p.seed, p.shard), "power")
