"""The atlas: rows of every experiment on MRSS without networks, drawn and decided shard by shard.

Each experiment of the ``atlas`` section of the config has a grid of (d, n) and replicates; a shard
is an equal slice of the replicates of every point, so that shards are equally long. No instance is
drawn again, whatever came of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from slth import frames, seeding
from slth.checks import FloatArray
from slth.ensembles import lookup, sample, sample_target
from slth.problem import Status
from slth.progress import track
from slth.solvers import _registry as registry
from slth.solvers._solve import solve, solve_batch
from slth.studies.atlas.covering_radius import covering_radius, subset_sums
from slth.studies.atlas.settings import (
    Covering,
    Experiment,
    Lattice,
    Least,
    Search,
    Settings,
    Sizes,
    Volume,
    laws_of,
)
from slth.studies.atlas.size_hits import near_by_size
from slth.studies.atlas.volume import covered_volumes
from slth.studies.job import Job

KEY = ["experiment", "ensemble", "d", "n", "eps", "replicate", "solver", "seed", "status"]
COLUMNS = {
    "least": [*KEY, "proved", "error", "kept", "work"],
    "lattice": [*KEY, "aimed", "proved", "error", "kept", "work"],
    "covering": [*KEY, "radius_low", "radius_high", "error"],
    "sizes": [*KEY, "k", "hits", "error"],
    "search": [*KEY, "proved", "error", "kept", "work"],
    "volume": [*KEY, "t", "restricted", "free"],
}
_NOTHING = dict.fromkeys(["solver", "status", "proved", "error", "kept", "work"])
TARGET = 0.5  # every coordinate of the one target of the sizes
REACH = 4.0  # of the errors of one size, in eps


@dataclass(frozen=True)
class Point:
    """One grid point and its replicates in a shard. eps: nan where the least error is sought."""

    experiment: str
    ensemble: str
    d: int
    n: int
    eps: float
    replicates: tuple[int, ...]
    seeds: tuple[int, ...]

    def candidates(self) -> FloatArray:
        """The candidates of each replicate, (replicates, n, d)."""
        return np.stack([sample(self.ensemble, self.n, self.d, s) for s in self.seeds])

    def targets(self) -> FloatArray:
        """A target of each replicate, uniform on the cube, (replicates, d)."""
        return np.stack([sample_target(self.d, s, self.ensemble) for s in self.seeds])

    def rows(self, **columns: Any) -> pd.DataFrame:
        """One row per replicate: the key, and ``columns`` (arrays or scalars)."""
        key = {name: getattr(self, name) for name in ("experiment", "ensemble", "d", "n", "eps")}
        table = pd.DataFrame({**key, "replicate": self.replicates, "seed": self.seeds})
        table = table.assign(**columns)
        return table[[name for name in COLUMNS[self.experiment] if name in table]]


def measure(experiment: str, settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return the rows of one shard of an experiment of the atlas.

    settings: the ``atlas`` section of the config. experiment: least (least error of an instance),
    lattice (the same for integer candidates, targets on and off the lattice of their sums),
    covering (distance of the farthest target from the sums, and least error for one target), sizes
    (hits and least error among the subsets of each size), search (least error found by each solver
    for equal work), volume (share of [-1, 1] covered after each candidate, d = 1, tolerance eps).
    """
    own = getattr(settings, experiment)
    places = list(_points(experiment, own, seed, settings.shards, shard))
    parts = [
        DRIVERS[experiment](own, place)
        for place in track(places, len(places), f"atlas: {experiment}")
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS[experiment])
    return pd.concat(parts, ignore_index=True)


def _points(
    experiment: str, own: Experiment, seed: int, shards: int, shard: int
) -> Iterator[Point]:
    mine = np.array_split(np.arange(own.replicates), shards)[shard].tolist()
    if not mine:
        return
    for block in own.grid:
        for ensemble in laws_of(dict(own), dict(block)):
            for n in block.n:
                key = ("atlas", experiment, ensemble, block.d, n)
                seeds = tuple(seeding.child(seed, *key, replicate) for replicate in mine)
                eps = float(getattr(block, "eps", np.nan))
                yield Point(experiment, ensemble, block.d, n, eps, tuple(mine), seeds)


def _least(own: Least, point: Point) -> pd.DataFrame:
    return _solved(point, own.solver, budget=own.budget)


def _lattice(own: Lattice, point: Point) -> pd.DataFrame:
    """Targets of the ensemble's own, integers; and uniform ones, if the sums fill the integers."""
    law, on = lookup(point.ensemble), point.targets()
    aims = {"on": on}
    if law.step == 1:
        off = np.stack([sample_target(point.d, seed, "normal") for seed in point.seeds])
        aims["off"] = law.target_bound * off
    parts = [
        _solved(point, own.solver, targets).assign(aimed=aimed) for aimed, targets in aims.items()
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS["lattice"]]


def _search(own: Search, point: Point) -> pd.DataFrame:
    """Solvers that do not take n candidates at all have no row."""
    able = [name for name in own.solvers if not registry.get(name).refusal(point.n, point.d)]
    parts = [_searched(point, name, own.budget) for name in able]
    return pd.concat(parts, ignore_index=True) if parts else point.rows(**_NOTHING).iloc[:0]


def _searched(point: Point, solver: str, budget: int) -> pd.DataFrame:
    """Every instance by a seed of its own, since a batch's draws follow its order."""
    given = zip(point.candidates(), point.targets(), point.seeds, strict=True)
    found = [
        solve(X, z, solver=solver, budget=budget, seed=seeding.child(seed, "solver"), threads=1)
        for X, z, seed in given
    ]
    return point.rows(
        solver=solver,
        status=[one.status.name for one in found],
        proved=[one.proved for one in found],
        error=[one.error for one in found],
        kept=[int(one.keep.sum()) for one in found],
        work=[one.work for one in found],
    )


def _solved(
    point: Point, solver: str, targets: FloatArray | None = None, budget: int | None = None
) -> pd.DataFrame:
    """Exact least errors, which no seed changes."""
    aims = point.targets() if targets is None else targets
    answer = solve_batch(point.candidates(), aims, solver=solver, budget=budget, threads=1)
    return point.rows(
        solver=solver,
        status=[status.name for status in answer.status],
        proved=answer.proved,
        error=answer.error,
        kept=answer.keep.sum(axis=1),
        work=answer.work,
    )


def _covering(own: Covering, point: Point) -> pd.DataFrame:
    found = []
    for X, z in zip(point.candidates(), point.targets(), strict=True):
        sums = subset_sums(X)
        found.append((*covering_radius(sums, own.resolution), np.abs(sums - z).max(axis=1).min()))
    low, high, error = np.array(found).T
    return point.rows(
        solver="all sums",
        status=Status.OPTIMAL.name,
        radius_low=low,
        radius_high=high,
        error=error,
    )


def _sizes(own: Sizes, point: Point) -> pd.DataFrame:
    """Hits and least error among the k-subsets, k = 1, ..., n; target ½ in every coordinate.

    error: inf beyond REACH eps.
    """
    target, reach = np.full(point.d, TARGET), REACH * point.eps
    found = [near_by_size(X, target, point.eps, reach) for X in point.candidates()]
    hits, error = (np.array(column) for column in zip(*found, strict=True))
    parts = []
    for k in range(1, point.n + 1):
        status = np.where(hits[:, k] > 0, Status.HIT.name, Status.NO_HIT.name)
        columns = {"k": k, "hits": hits[:, k], "error": error[:, k]}
        parts.append(point.rows(solver="all sums", status=status, **columns))
    return pd.concat(parts, ignore_index=True)


def _volume(own: Volume, point: Point) -> pd.DataFrame:
    pairs = [covered_volumes(X[:, 0], point.eps) for X in point.candidates()]
    restricted, free = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    done = np.where(restricted[:, -1] >= 1, Status.HIT.name, Status.NO_HIT.name)
    parts = [
        point.rows(
            solver="intervals", status=done, t=t, restricted=restricted[:, t], free=free[:, t]
        )
        for t in range(point.n + 1)
    ]
    return pd.concat(parts, ignore_index=True)


DRIVERS: dict[str, Callable[[Any, Point], pd.DataFrame]] = {
    "least": _least,
    "lattice": _lattice,
    "covering": _covering,
    "sizes": _sizes,
    "search": _search,
    "volume": _volume,
}


def run(job: Job) -> None:
    """Decide every instance of a shard."""
    asked = (Settings(**job.params.settings), job.params.seed, job.params.shard)
    for name in COLUMNS:
        frames.write(job.output[name], measure(name, *asked), f"atlas {name} rows")
