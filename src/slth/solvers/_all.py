"""`solve_all`: every subset within eps, up to a cap."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from slth import checks, cores
from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers import _registry as registry
from slth.solvers import _scaling as scaling
from slth.solvers._base import DEFAULT_MEMORY, Options
from slth.solvers._solve import instance_of
from slth.solvers.kernels import stopping
from slth.values import Printed, Value, at_most

DEFAULT_CAP = 4096
LARGEST_CAP = 2**24


@dataclass(frozen=True, eq=False, repr=False)
class Hits(Printed, Value):
    """All subsets within eps, or as many as were asked for.

    keep: (k, n) bool, one subset a row, the least error first. error: (k,) float64, each recomputed
    from its row. complete: there is no other, proved; False: the cap or the budget came first.
    work: nodes visited. seconds: for information.

    >>> hits = slth.solve_all([1, 2, 3, 4], 5, eps=1)
    >>> len(hits.keep), hits.error.tolist(), hits.complete
    (6, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0], True)
    """

    keep: BoolArray
    error: FloatArray
    complete: bool
    work: int
    solver: str
    seconds: float = field(compare=False)

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        facts: dict[str, object] = {"work": f"{self.work:,} nodes of {self.solver}"}
        if len(self):
            least, worst = at_most(float(self.error[0])), at_most(float(self.error[-1]))
            facts = {"error": f"{least} to {worst}", **facts}
        end = "there is no other" if self.complete else "there may be more"
        return f"Hits: {len(self):,} subsets; {end}", facts

    def __len__(self) -> int:
        """The number of subsets found."""
        return len(self.keep)


def solve_all(
    X: ArrayLike | Instance,
    z: ArrayLike | None = None,
    eps: float | None = None,
    cap: int = DEFAULT_CAP,
    budget: int | None = None,
    *,
    threads: int | None = None,
    memory: int = DEFAULT_MEMORY,
    size: int | None = None,
) -> Hits:
    """Find every S ⊆ [n] with ‖Σ_S X_i − z‖_∞ ≤ eps, by lattice enumeration.

    X: (n, d) candidates, n ≤ 128; z: (d,) target; eps: tolerance per coordinate, > 0, or 0 for
    integers. Or X: an `Instance`, which has its own z and eps. cap: subsets to return at most, 1 to
    2^24. budget: nodes, None = no limit. threads: None = as many as this process may use; large
    searches without a budget are shared out, and the answer is the same. memory: bytes. size: only
    subsets of exactly this many candidates. The subsets, and their order, depend on the arguments
    alone.

    Raises ValueError/TypeError naming the argument; checks.TooLargeError when ``memory`` is not
    enough. Cost: some 30 ns a node and 5 µs per subset; about 2^(n/2) nodes at d = 9 and an eps at
    which one subset is expected, 0.1 s for a market split of 6 equations in 50 unknowns.
    Method and proof: docs/lattice.md.

    >>> hits = slth.solve_all([1, 2, 3, 4], 5, eps=0)
    >>> hits.complete, sorted(hits.keep.astype(int).tolist())
    (True, [[0, 1, 1, 0], [1, 0, 0, 1]])
    """
    instance = instance_of(X, z, eps)
    if instance.eps is None:
        raise TypeError("eps: got None, takes a number; for the best subset use slth.solve")
    cap = checks.integer("cap", cap, 1, LARGEST_CAP)
    if budget is not None:
        budget = checks.integer("budget", budget, 1, 2**62)
    if size is not None:
        size = checks.integer("size", size, low=0, high=instance.n)
    threads = cores.usable() if threads is None else checks.integer("threads", threads, low=1)
    allowed = checks.integer("memory", memory, low=1)
    options = Options(budget, threads=threads, memory=allowed, size=size)
    lattice = registry.get("lattice")
    refusal = lattice.refusal(instance.n, instance.d)
    if refusal:
        raise ValueError(f"X: got n = {instance.n}, d = {instance.d}; {refusal}")
    needed = lattice.bytes_needed(instance.n, instance.d) + cap * (2 * instance.n + 200)
    checks.memory("solve_all", needed, options.memory, "allow more with memory=, or lower cap")
    scaling.exponents(("X", "z"), instance.X[None], instance.z[None])

    from slth.solvers.lattice.every import every  # numba, which few callers need

    start = time.perf_counter()
    keep, complete, work = stopping.interruptible(lambda: every(instance, options, cap))
    error = np.array([instance.error(row) for row in keep])
    order = np.argsort(error, kind="stable")
    seconds = time.perf_counter() - start
    return Hits(keep[order], error[order], complete, work, "lattice", seconds)
