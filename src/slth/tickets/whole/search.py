"""The subset problems of one pool of hidden channels: which are drawn, and who solves them."""

from dataclasses import dataclass, field

import numpy as np
import torch

from slth import checks, seeding
from slth.checks import BoolArray, FloatArray
from slth.problem import status_of
from slth.solvers import _registry as registry
from slth.solvers._base import Solver
from slth.solvers._solve import solve_batch
from slth.tickets.whole.geometry import Geometry
from slth.tickets.whole.source import Feature, Source

EXACT_D, EXACT_N = 2, 26  # "auto": meet-in-the-middle up to here, the beam beyond
AUTO = "auto"


@dataclass(frozen=True)
class Searcher:
    """How subset problems are solved: eps, solver, budget, seed and threads of `slth.solve`.

    solver "auto": "mitm" for d ≤ 2 and n ≤ 26 of a sign, "beam" for the rest. A beam without a
    budget looks at the pool through `slth.solvers.beam.pool.search`, which never forms what it does
    not look at: only the hidden channels that it may use are drawn. Every other solver is given all
    candidates of the pool.
    """

    eps: float | None = None
    solver: str | Solver = AUTO
    budget: int | None = None
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.eps is not None:
            checks.positive("eps", self.eps)
        if self.budget is not None:
            checks.integer("budget", self.budget, low=1)
        if not isinstance(self.solver, Solver):
            checks.choice("solver", self.solver, [AUTO, *registry.SOLVERS])

    def chosen(self, d: int, n: int) -> Solver:
        """The solver of problems of d numbers over n candidates."""
        if isinstance(self.solver, Solver):
            return self.solver
        if self.solver != AUTO:
            return registry.get(self.solver)
        return registry.get("mitm" if d <= EXACT_D and n <= EXACT_N else "beam")


@dataclass(eq=False)
class Picked:
    """What a pool keeps: hidden (m,) in the pool's order, their |a|, kept (blocks, m).

    achieved: (outputs, taps) Σ a V of the kept, at the source's own scale (c times the layer's).
    error, target, work: (blocks,) at the same scale, as `solve_problems` has them.
    """

    feature: Feature
    hidden: np.ndarray
    kept: BoolArray
    achieved: FloatArray
    error: FloatArray
    target: FloatArray
    work: np.ndarray
    solver: str
    proved: BoolArray
    candidates: int
    statuses: list[str] = field(default_factory=list)


def pick(
    source: Source,
    geometry: Geometry,
    feature: Feature,
    target: FloatArray,
    searcher: Searcher,
    metric: FloatArray | None = None,
) -> Picked:
    """Choose the hidden channels of one pool for target (outputs, taps), at the source's scale.

    metric: (taps, taps) M, the error e of an output's kernel is searched in ‖e M‖; None: as it is.
    errors are those of the kernels themselves, recomputed in float64.
    """
    hidden, a = source.pool(geometry.name, feature)
    targets = geometry.split(target)
    solver = searcher.chosen(geometry.dimension, len(a))
    pooled = solver.name == "beam" and searcher.budget is None
    if pooled and len(a):
        m = _looked_at(a, targets, solver)
        hidden, a = hidden[:m], a[:m]
    V = source.directions(geometry, feature, len(a))
    shown, goal = (V, target) if metric is None else (_times(V, metric), _times(target, metric))
    kept, work, proved = [], [], []
    for X, Z in zip(geometry.split(shown), geometry.split(goal), strict=True):
        if not len(a):
            answer = np.zeros((len(Z), 0), bool), np.zeros(len(Z), np.int64), np.ones(len(Z), bool)
        elif pooled:
            answer = _beam(solver, a, X, Z, searcher.threads)
        else:
            answer = _any(solver, a, X, Z, searcher, geometry, feature)
        for values, one in zip((kept, work, proved), answer, strict=True):
            values.append(one)
    parts = geometry.split(V)
    sums = [np.einsum("bm,bmd->bd", k * a, X) for k, X in zip(kept, parts, strict=True)]
    error = np.concatenate([np.abs(s - z).max(axis=1) for s, z in zip(sums, targets, strict=True)])
    size = np.concatenate([np.abs(z).max(axis=1) for z in targets])
    done = np.concatenate(proved) & (metric is None)
    return Picked(
        feature, hidden, np.concatenate(kept), geometry.join(sums), error, size, np.concatenate(work),
        solver.name, done, len(a),
        [status_of(e, searcher.eps, bool(p), False).name for e, p in zip(error, done, strict=True)],
    )  # fmt: skip


def _times(values: FloatArray, metric: FloatArray) -> FloatArray:
    """values @ metric, on torch's one thread: NumPy's would depend on the machine's."""
    product = torch.from_numpy(values.reshape(-1, len(metric))) @ torch.from_numpy(metric)
    return product.numpy().reshape(values.shape)


def _looked_at(a: FloatArray, targets: list[FloatArray], solver: Solver) -> int:
    """How many of the shortest candidates a beam may look at: up to the largest target's reach."""
    from slth.solvers.beam.ladder import LEAST

    scale = max(float(np.sqrt(np.square(z).mean(axis=1)).max()) for z in targets)
    d = max(z.shape[1] for z in targets)
    reach = float(getattr(solver, "reach", 1.0))
    return min(len(a), max(LEAST[0] * d + LEAST[1], int(np.searchsorted(a, reach * scale))))


def _beam(
    solver: Solver, a: FloatArray, X: FloatArray, Z: FloatArray, threads: int | None
) -> tuple[BoolArray, np.ndarray, BoolArray]:
    from slth.solvers.beam.pool import search
    from slth.solvers.beam.solver import Beam

    assert isinstance(solver, Beam)
    found = search(a, X, Z, solver.width, gap=solver.gap, reach=solver.reach, threads=threads)
    return found.keep, found.work, np.zeros(len(Z), bool)


def _any(
    solver: Solver,
    a: FloatArray,
    X: FloatArray,
    Z: FloatArray,
    searcher: Searcher,
    geometry: Geometry,
    feature: Feature,
) -> tuple[BoolArray, np.ndarray, BoolArray]:
    key = ("subset problem", geometry.name, feature.channel, feature.sign)
    own = seeding.child(searcher.seed, *key)
    found = solve_batch(
        a[:, None] * X, Z, searcher.eps, solver, searcher.budget, own, threads=searcher.threads
    )
    return found.keep, found.work, found.proved
