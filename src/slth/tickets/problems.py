"""The subset problems of a construction, and the table of their solutions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from slth import checks, seeding
from slth.checks import FloatArray
from slth.problem import BatchSolution, Instance, status_of, tolerance
from slth.solvers._base import Solver
from slth.solvers._solve import solve_batch

KEY = ["layer", "channel", "sign", "group"]
COLUMNS = [*KEY, "d", "candidates", "eps", "solver", "status", "proved", "error", "kept", "work"]
COLUMNS += ["target", "trivial"]


@dataclass(frozen=True, eq=False)
class SubsetProblems:
    """The B subset problems of one (layer, input channel, sign): one for each output group.

    All of them choose from the same hidden channels: hidden (m,) int64, their indices in the
    source layer. X (B, m, d) candidates, Z (B, d) targets. m = 0 is possible: a small source may
    hold no channel of the sign. Layers, channels and groups count from 0; sign is "+" or "-", or
    "*" where one problem is about inputs of both signs.

    size: subsets have this many members (all m where the pool is smaller); None = any. solver: the
    construction's own, used where the caller asks for "auto"; None = as `slth.solve` chooses.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> source = slth.tickets.sample_source(net, n=12, construction="rss_dense")
    >>> problems = slth.tickets.subset_problems(net, source, construction="rss_dense")[0]
    >>> problems.layer, problems.channel, problems.sign, problems.X.shape, problems.Z.shape
    (0, 0, '+', (3, 11, 1), (3, 1))
    """

    layer: int
    channel: int
    sign: str
    hidden: np.ndarray
    X: FloatArray
    Z: FloatArray
    size: int | None = None
    solver: Solver | None = None

    def key(self) -> tuple[int, int, str]:
        """(layer, channel, sign): with the group, what names a problem and keys its seed."""
        return self.layer, self.channel, self.sign


def solve_problems(
    problems: Iterable[SubsetProblems],
    eps: float | None = None,
    solver: str | Solver = "auto",
    budget: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    device: str = "cpu",
) -> pd.DataFrame:
    """Solve every problem once and return a row for each, failures included.

    eps: tolerance per coordinate, None = minimise; the other arguments are those of `slth.solve`.
    Columns: layer, channel, sign, group, d, candidates, eps (NaN for None), solver, status (name
    of a `Status`), proved, error, kept (size of the subset), work, target (‖z‖_∞, the error of the
    empty subset), trivial (‖z‖_∞ ≤ eps: the empty subset is a hit, so HIT says nothing), and
    subset (the hidden channels chosen). A problem that misses eps keeps its best subset. Seeds are
    keyed by layer, channel, sign and group, so any split of the problems among jobs gives the same
    rows.

    >>> net = slth.networks.normalise(slth.networks.build_dense_network([4, 3, 2]))[0]
    >>> source = slth.tickets.sample_source(net, n=12, construction="rss_dense")
    >>> problems = slth.tickets.subset_problems(net, source, construction="rss_dense")
    >>> rows = slth.tickets.solve_problems(problems, eps=0.01)
    >>> len(rows), rows["status"].value_counts().to_dict()
    (24, {'HIT': 24})
    """
    eps = tolerance(eps)
    frames = [
        _rows(p, eps, _solve(p, eps, solver, budget, seed, threads, device))
        for p in _each(problems)
    ]
    if not frames:
        raise ValueError("problems: got none, takes one or more SubsetProblems")
    return pd.concat(frames, ignore_index=True)


def _each(problems: Iterable[SubsetProblems]) -> Iterator[SubsetProblems]:
    """The problems one by one, checked: a generator may make each when its turn comes."""
    if not isinstance(problems, Iterable):
        raise TypeError(f"problems: got {type(problems).__name__}, takes SubsetProblems")
    for i, p in enumerate(problems):
        yield checks.instance(f"problems[{i}]", p, SubsetProblems)


def _solve(
    p: SubsetProblems,
    eps: float | None,
    solver: str | Solver,
    budget: int | None,
    seed: int,
    threads: int | None,
    device: str,
) -> BatchSolution:
    if not len(p.hidden):
        return _empty(p.X, p.Z, eps)
    own = seeding.child(seed, "subset problem", *p.key())
    size = None if p.size is None else min(p.size, len(p.hidden))
    chosen = (
        p.solver
        if isinstance(solver, str) and solver == "auto" and p.solver is not None
        else solver
    )
    if isinstance(chosen, Solver) and device not in chosen.devices:
        device = "cpu"  # the construction's own solver, which the caller did not name
    return solve_batch(p.X, p.Z, eps, chosen, budget, own, device, threads, size=size)


def _empty(X: FloatArray, Z: FloatArray, eps: float | None) -> BatchSolution:
    """Without candidates the empty subset is the only one: its error is ‖z‖_∞, proved."""
    error = np.abs(Z).max(axis=1)
    status = np.array([status_of(e, eps, True, False) for e in error], dtype=object)
    keep = np.zeros(X.shape[:2], dtype=bool)
    proved = np.ones(len(Z), dtype=bool)
    work = np.zeros(len(Z), dtype=np.int64)
    return BatchSolution(keep, error, status, proved, work, "none", "no candidates", 0.0)


def _rows(p: SubsetProblems, eps: float | None, s: BatchSolution) -> pd.DataFrame:
    size = np.abs(p.Z).max(axis=1)
    return pd.DataFrame(
        {
            "layer": p.layer,
            "channel": p.channel,
            "sign": p.sign,
            "group": np.arange(len(p.Z)),
            "d": p.Z.shape[1],
            "candidates": len(p.hidden),
            "eps": np.nan if eps is None else eps,
            "solver": s.solver,
            "status": [status.name for status in s.status],
            "proved": s.proved,
            "error": s.error,
            "kept": s.keep.sum(axis=1),
            "work": s.work,
            "target": size,
            "trivial": np.zeros(len(size), dtype=bool) if eps is None else size <= eps,
            "subset": [p.hidden[keep] for keep in s.keep],
        }
    )


def with_subsets(
    solutions: pd.DataFrame,
    problems: Iterable[SubsetProblems],
    subsets: Mapping[tuple, np.ndarray],
    solver: str,
) -> pd.DataFrame:
    """Return ``solutions`` with subsets from elsewhere, keyed (layer, channel, sign, group).

    kept, error and status are those of the new subsets; proved is False, work 0.
    """
    by_key = {p.key(): p for p in problems}
    table = solutions.reset_index(drop=True).copy()
    errors, chosen = [], []
    for layer, channel, sign, group in table[KEY].itertuples(index=False, name=None):
        p, subset = by_key[layer, channel, sign], subsets[layer, channel, sign, group]
        errors.append(Instance(p.X[group], p.Z[group]).error(np.isin(p.hidden, subset)))
        chosen.append(subset)
    table["solver"], table["proved"], table["work"] = solver, False, 0
    table["error"], table["kept"] = errors, [len(subset) for subset in chosen]
    table["subset"] = pd.Series(chosen, dtype=object)
    table["status"] = [
        status_of(error, None if np.isnan(eps) else eps, False, False).name
        for error, eps in zip(errors, table["eps"], strict=True)
    ]
    return table


def in_order(solutions: pd.DataFrame, problems: Sequence[SubsetProblems]) -> pd.DataFrame:
    """Sort the rows as the problems are; refuse missing, doubled and foreign rows and members."""
    missing = {*KEY, "subset"} - set(solutions.columns)
    if missing:
        raise ValueError(f"solutions: has no column {', '.join(sorted(missing))}")
    pools = {(*p.key(), g): i for i, p in enumerate(problems) for g in range(len(p.Z))}
    keys = list(solutions[KEY].itertuples(index=False, name=None))
    if len(keys) != len(set(keys)) or set(keys) != set(pools):
        raise ValueError(
            f"solutions: got {len(keys)} rows with {len(set(keys) & set(pools))} of the keys "
            f"wanted, takes one row for each of the {len(pools)} subset problems"
        )
    hidden = [set(p.hidden.tolist()) for p in problems]
    for key, subset in zip(keys, solutions["subset"], strict=True):
        if not hidden[pools[key]].issuperset(np.asarray(subset).tolist()):
            raise ValueError(f"solutions: the subset of {key} has members outside its candidates")
    rank = {key: i for i, key in enumerate(pools)}
    order = np.argsort([rank[key] for key in keys], kind="stable")
    return solutions.iloc[order].reset_index(drop=True)
