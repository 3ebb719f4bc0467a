"""The subset problems of one pool of hidden channels: which are drawn, and who solves them."""

from dataclasses import dataclass, replace

import numpy as np

from slth import checks, seeding
from slth.checks import BoolArray, FloatArray
from slth.solvers import _registry as registry
from slth.solvers._base import Solver
from slth.solvers._solve import solve_batch
from slth.tickets.whole.geometry import FEW_D, Geometry
from slth.tickets.whole.source import Feature, Source

# "auto": meet-in-the-middle for d ≤ FEW_D and targets up to FAR, over EXACT_N[d] candidates at
# most. 20 candidates of one number miss by about 2^-20 of their size, 26 of two by 2^-13.
EXACT_N, FAR = {1: 20, 2: 26}, 0.5
REACH = 3.0  # of the candidates that these are spread over, in largest targets
WIDE_D, NARROW = 64, 64  # beyond, a beam of NARROW rests misses by no more than a wide one
AUTO = "auto"


@dataclass(frozen=True)
class Searcher:
    """How subset problems are solved: eps, solver, budget, seed and threads of `slth.solve`.

    solver "auto": for d ≤ 2 and targets ≤ 1/2 "mitm", over 20 or 26 candidates spread evenly over
    those up to three times the largest target (all of a smaller pool); "beam" for the rest. Only
    the hidden channels that these may use are drawn. A beam without a budget goes by
    `slth.solvers.beam.pool.search`; one with a budget, and every solver that is named, is given all
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

    def chosen(self, targets: list[FloatArray]) -> Solver:
        """The solver of problems with these targets."""
        if isinstance(self.solver, Solver):
            return self.solver
        if self.solver != AUTO:
            return registry.get(self.solver)
        d = targets[0].shape[1]
        if d <= FEW_D and max(float(np.abs(z).max()) for z in targets) <= FAR:
            return registry.get("mitm")
        beam = registry.get("beam")
        return replace(beam, width=NARROW) if d > WIDE_D else beam  # type: ignore[type-var]

    def pooled(self, solver: Solver) -> bool:
        """Whether a solver goes by the pool: it forms only what it looks at."""
        return self.budget is None and solver.name == "beam"

    def looked_at(self, a: FloatArray, targets: list[FloatArray]) -> slice | np.ndarray:
        """The candidates, of lengths a from the shortest up, that a search is given."""
        d = max(z.shape[1] for z in targets)
        solver = self.chosen(targets)
        if self.pooled(solver):
            from slth.tickets.whole.beams import looked_at

            return slice(looked_at(solver, a, targets))
        if self.solver != AUTO or solver.name == "beam":
            return slice(len(a))
        largest = max(float(np.abs(z).max()) for z in targets)
        most = EXACT_N[d]
        within = min(len(a), max(most, int(np.searchsorted(a, REACH * largest))))
        return np.unique(np.linspace(0, within - 1, min(most, within)).astype(np.int64))


@dataclass(eq=False)
class Picked:
    """What a pool keeps: the m shortest hidden channels, kept (blocks, m).

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


def pick(
    source: Source,
    geometry: Geometry,
    feature: Feature,
    target: FloatArray,
    searcher: Searcher,
) -> Picked:
    """Choose the hidden channels of one pool for target (outputs, taps), at the source's scale."""
    hidden, lengths = source.pool(geometry.name, feature)
    targets = geometry.split(target)
    solver = searcher.chosen(targets)
    some = searcher.looked_at(lengths, targets)
    a = lengths[some]
    m = (some.stop if isinstance(some, slice) else int(some[-1]) + 1) if len(a) else 0
    V = source.directions(geometry, feature, m)[some]
    answers = []
    for X, Z in zip(geometry.split(V), targets, strict=True):
        if not len(a):
            found = np.zeros((len(Z), 0), bool), np.zeros(len(Z), np.int64), np.ones(len(Z), bool)
        elif searcher.pooled(solver):
            from slth.tickets.whole.beams import beam

            found = beam(solver, a, X, Z, searcher.threads)
        else:
            found = _any(solver, a, X, Z, searcher, geometry, feature)
        answers.append((*found, *_settled(found[0], a, X, Z)))
    kept, work, proved, sums, error, size = zip(*answers, strict=True)
    chosen = np.zeros((geometry.blocks, m), dtype=bool)
    chosen[:, some] = np.concatenate(kept)
    done = np.concatenate(proved) & (len(a) == len(lengths))
    return Picked(
        feature, hidden[:m], chosen, geometry.join(sums), np.concatenate(error),
        np.concatenate(size), np.concatenate(work), solver.name, done, len(lengths),
    )  # fmt: skip


def _settled(
    kept: BoolArray, a: FloatArray, X: FloatArray, Z: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Σ a X of what is kept (B, d), sums in index order, its error and ‖z‖_∞ (B,).

    A subset that is no better than the empty one becomes that.
    """
    sums = np.stack([np.einsum("m,md->d", a[k], x[k]) for k, x in zip(kept, X, strict=True)])
    error, size = np.abs(sums - Z).max(axis=1), np.abs(Z).max(axis=1)
    worse = error >= size
    kept[worse], sums[worse], error[worse] = False, 0.0, size[worse]
    return sums, error, size


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
    eps = None if searcher.eps is None else searcher.eps * geometry.scales[feature.group]
    found = solve_batch(
        a[:, None] * X, Z, eps, solver, searcher.budget, own, threads=searcher.threads
    )
    return found.keep, found.work, found.proved
