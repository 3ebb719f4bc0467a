"""Min–max mixed-integer programme by HiGHS: the baseline every published experiment used."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from slth.checks import BoolArray
from slth.problem import Instance
from slth.solvers import _highs
from slth.solvers._base import Answer, Options, Solver

BASE_BYTES, ENTRY_BYTES = 3 * 2**25, 1600  # measured: up to 1100 bytes for each entry of X
NODE_BYTES = 64  # of an open node, for each candidate
DEFAULT_NODES = 100_000  # branch-and-bound nodes


@dataclass(frozen=True)
class Milp(Solver):
    """Minimise t subject to |Σ_i x_i X_i − z| ≤ t in every coordinate, x ∈ {0, 1}^n.

    With eps the first question is feasibility, t = eps without an objective; when that is settled
    "no" or runs out of nodes, the min–max model finds the best subset it can. Never proves:
    HiGHS works to a tolerance of about 1e-7 of the data; for a proof use "mitm".
    """

    name: ClassVar[str] = "milp"
    printed: ClassVar[str] = "MILP"
    handles: ClassVar[str] = "any n and d; a baseline, useful for n ≤ 20"
    cannot: ClassVar[str] = "prove; reach errors under about 1e-6 of the data; use mitm or klist"
    cost: ClassVar[str] = "exponential in n; seconds at n = 20, d = 1; budget = nodes"
    source: ClassVar[str] = "Huangfu and Hall 2018 (HiGHS), doi:10.1007/s12532-017-0130-5"

    optimal_up_to: ClassVar[int] = 16

    def bytes_needed(self, n: int, d: int) -> int:
        """Scipy and HiGHS; its copies of 2d rows of n + 1 entries (model, presolved, LP, cuts)."""
        return BASE_BYTES + (n + 1) * (ENTRY_BYTES * d + 2000)

    def search(self, instance: Instance, options: Options) -> Answer:
        """Return the better of HiGHS's incumbent and the empty subset; work counts nodes."""
        scaled = instance.shifted(instance.exponent - 1)  # HiGHS's tolerances are absolute
        nodes = DEFAULT_NODES if options.budget is None else options.budget
        room = options.memory - self.bytes_needed(instance.n, instance.d)
        nodes = max(1, min(nodes, room // (NODE_BYTES * instance.n)))
        best, work = np.zeros(instance.n, dtype=bool), 0
        for limit in _passes(scaled.eps):
            if nodes - work < 1:
                break
            keep, spent = _solve(scaled, limit, nodes - work)
            work += spent
            if keep is not None and instance.error(keep) < instance.error(best):
                best = keep
            if instance.eps is not None and instance.error(best) <= instance.eps:
                break
        return Answer(best, False, work)


def _passes(eps: float | None) -> list[float | None]:
    return [None] if eps is None else [eps, None]


def _solve(instance: Instance, limit: float | None, nodes: int) -> tuple[BoolArray | None, int]:
    """Run HiGHS: with ``limit`` any x within it, without it the least t. At least one node."""
    x, spent = _highs.call("integer", **_model(instance, limit), nodes=nodes)
    keep = None if x is None else np.asarray(x[: instance.n] > 0.5)
    return keep, max(1, spent)


def _model(instance: Instance, limit: float | None) -> dict[str, Any]:
    """Variables (x_1..x_n, t): z ≤ Σ x_i X_i + t and Σ x_i X_i − t ≤ z; t = limit when given."""
    n, d = instance.X.shape
    if limit is not None:  # no larger error occurs, and HiGHS takes 1e20 for infinity
        limit = min(limit, float((np.abs(instance.X).sum(axis=0) + np.abs(instance.z)).max()))
    ones = np.ones((d, 1))
    free = np.full(d, np.inf)
    t_low, t_high = (0.0, np.abs(instance.z).max()) if limit is None else (limit, limit)
    return {
        "objective": np.append(np.zeros(n), 1.0 if limit is None else 0.0),
        "rows": np.block([[instance.X.T, ones], [instance.X.T, -ones]]),
        "sides": (np.append(instance.z, -free), np.append(free, instance.z)),
        "bounds": np.array([np.append(np.zeros(n), t_low), np.append(np.ones(n), t_high)]),
    }
