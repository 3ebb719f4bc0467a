"""What the benchmark measures: tasks, and the instances of each, the same for every solver."""

from dataclasses import dataclass

import numpy as np

from slth import seeding
from slth.ensembles import sample_batch, sample_target

LIMIT = 60.0  # seconds a peer may take for one instance
GIVE_UP = 1  # time-outs after which a peer is asked no more


@dataclass(frozen=True)
class Task:
    """One row group of the benchmark.

    kind: "batch" (many instances at once), "exact" (time to the answer) or "best" (least error for
    a fixed effort). eps None: minimise; else any subset within eps will do. instances: for our
    batch call, whose first one the peers get; seeds: fresh draws, medians are over them. ours,
    peers: solver names. threads: of ours; peers get one. budget: work units of kind "best", None:
    those of BUDGETS. quick: small budgets.
    """

    name: str
    kind: str
    ensemble: str
    n: int
    d: int
    eps: float | None = None
    seeds: int = 10
    instances: int = 1
    ours: tuple[str, ...] = ("mitm",)
    peers: tuple[str, ...] = ()
    threads: int = 1
    budget: int | None = None
    quick: bool = False


# work units for kind "best": about 5 s each on one core of the reference machine; None: its own
BUDGETS: dict[str, int | None] = {
    "klist": 2**31,
    "annealing": 5 * 10**7,
    "lp_rounding": None,
    "differencing": None,
}
ALL = ("highs", "gurobi", "scip", "cpsat")
MILPS = ("highs", "gurobi")
HEURISTICS = ("klist", "annealing", "lp_rounding", "differencing")
# (d, n, budget) of the k-list runs on two threads, 10 to 30 s each
LONGER = (
    (9, 100, 2**35),
    (9, 1000, 2**33),
    (16, 1000, 2**34),
    (25, 1000, 2**34),
    (25, 10_000, 2**34),
    (36, 10_000, 2**34),
)

FULL = (
    Task("line-best", "batch", "uniform", 21, 1, instances=397_000, peers=ALL),
    Task("line-best-2", "batch", "uniform", 21, 1, instances=397_000, threads=2),
    Task("line-hit", "batch", "uniform", 21, 1, eps=0.01, instances=397_000, peers=ALL),
    Task("line-hit-2", "batch", "uniform", 21, 1, eps=0.01, instances=397_000, threads=2),
    Task("exact-32", "exact", "normal", 32, 4),
    Task("exact-36", "exact", "normal", 36, 4),
    Task("exact-40", "exact", "normal", 40, 4, peers=ALL),
    Task("exact-44", "exact", "normal", 44, 4),
    Task("exact-48", "exact", "normal", 48, 4),
    Task("exact-48-2", "exact", "normal", 48, 4, threads=2),
    Task("exact-52-2", "exact", "normal", 52, 4, threads=2),
    Task("exact-56-2", "exact", "normal", 56, 4, threads=2),
    Task("hit-40", "exact", "normal", 40, 4, eps=0.05, peers=ALL),
    Task("hit-48", "exact", "normal", 48, 4, eps=0.01, peers=ALL),
    Task("best-9-100", "best", "normal", 100, 9, ours=HEURISTICS, peers=MILPS),
    Task("best-9-1000", "best", "normal", 1000, 9, ours=HEURISTICS),
    Task("best-16-1000", "best", "normal", 1000, 16, ours=HEURISTICS),
    Task("best-25-1000", "best", "normal", 1000, 25, ours=HEURISTICS),
    Task("best-36-10000", "best", "normal", 10_000, 36, ours=HEURISTICS),
    *(
        Task(f"longer-{d}-{n}", "best", "normal", n, d, ours=("klist",), threads=2, budget=budget)
        for d, n, budget in LONGER
    ),
)

QUICK = (
    Task("line-best", "batch", "uniform", 16, 1, seeds=2, instances=2000, peers=("highs",)),
    Task(
        "line-hit", "batch", "uniform", 16, 1, eps=0.01, seeds=2, instances=2000, peers=("highs",)
    ),
    Task("exact-16", "exact", "normal", 16, 3, seeds=2, peers=("highs",)),
    Task("exact-20", "exact", "normal", 20, 3, seeds=2),
    Task("hit-16", "exact", "normal", 16, 2, eps=0.1, seeds=2, peers=("highs",)),
    Task("best-4-60", "best", "normal", 60, 4, seeds=2, ours=HEURISTICS, quick=True),
)


def draw(task: Task, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``count`` instances: X (count, n, d), Z (count, d), z uniform in the cube."""
    own = seeding.child(seed, "benchmark", task.ensemble, task.n, task.d)
    if task.kind == "batch" and task.d == 1:  # a generator an instance would take a minute
        X = seeding.generator(own, "line").uniform(-1, 1, (count, task.n, 1))
        return X, seeding.generator(own, "line z").uniform(-1, 1, (count, 1))
    X = sample_batch(task.ensemble, count, task.n, task.d, own)
    Z = np.stack([sample_target(task.d, seeding.child(own, "z", k)) for k in range(count)])
    return X, Z
