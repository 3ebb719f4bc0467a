"""Linear relaxation, then rounding of the few fractional entries of a vertex."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from slth import seeding
from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers import _highs
from slth.solvers._base import Answer, Options, Solver
from slth.solvers.enumeration import Enumeration
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped

DEFAULT_BUDGET = 2**18  # roundings and flips
ENUMERATE = 16  # fractional entries of which all 2^16 roundings are tried
DRAWS = 2**12  # random roundings of a vertex with more of them
VERTICES = 32  # at most, however large the budget
BASE_BYTES, ENTRY_BYTES = 3 * 2**25, 700  # measured: up to 560 bytes for each entry of X
LOOSE = 1e-9  # an entry nearer than this to 0 or 1 is integral


@dataclass(frozen=True)
class LpRounding(Solver):
    """Minimise t subject to |Σ_i x_i X_i − z| ≤ t with x ∈ [0, 1]^n; round a vertex of it.

    The simplex method ends at a vertex: when t = 0 is reached at most d entries are fractional.
    All their roundings are tried up to 16, random ones with P(1) = x_i beyond; the best is improved
    by single flips. Since vertices of least t are many when n > d, further ones come from random
    objectives over the set of least t, while the budget lasts and eps is missed.
    The rounding error is that of d random vectors, whatever n: for more use "annealing" or "klist".

    vertices: at most this many linear programmes.
    """

    vertices: int = VERTICES

    name: ClassVar[str] = "lp_rounding"
    printed: ClassVar[str] = "LP rounding"
    handles: ClassVar[str] = "any n and d; exact when n ≤ d and a subset hits z"
    cannot: ClassVar[str] = "prove; gain from n: the error is about that of d candidates; use klist"
    cost: ClassVar[str] = (
        "at most 32 linear programmes of 2d rows, 30 ms each with roundings at n = 1000, d = 9; "
        "budget = roundings and flips tried, default 2^18"
    )
    source: ClassVar[str] = (
        "Beck and Fiala 1981, doi:10.1016/0166-218X(81)90022-6; "
        "Raghavan and Thompson 1987, doi:10.1007/BF02579324"
    )

    def bytes_needed(self, n: int, d: int) -> int:
        """Scipy and HiGHS; 2d rows of n + 1 entries, as measured; DRAWS roundings of a vertex.

        Of a rounding: uniform numbers, bits and these as numbers; sums, differences, sizes.
        """
        roundings = DRAWS * (17 * min(n, d + 1) + 24 * d)
        return BASE_BYTES + (n + 1) * (ENTRY_BYTES * d + 1500) + roundings

    def search(self, instance: Instance, options: Options) -> Answer:
        """Round vertices until one is within eps or the budget is spent; never below empty."""
        scaled = instance.shifted(instance.exponent - 1)  # HiGHS's tolerances are absolute
        budget = DEFAULT_BUDGET if options.budget is None else options.budget
        best, error = np.zeros(instance.n, dtype=bool), float(np.abs(scaled.z).max())
        work, least = 0, None
        for turn in range(self.vertices):
            if work >= budget or error <= (scaled.eps or 0.0):
                break
            x, least = _vertex(scaled, least, seeding.generator(options.seed, "vertex", turn))
            if x is None:
                break
            rng = seeding.generator(options.seed, "rounding", turn)
            keep, spent = _round(scaled, x, budget - work, rng)
            work += spent
            work += int(_descend(scaled.X, scaled.z, keep, budget - work, stopping.flag()))
            stopping.offer(keep)
            stopping.check()
            reached = scaled.error(keep)
            if reached < error:
                best, error = keep, reached
        return Answer(best, False, max(1, work))


def _vertex(
    instance: Instance, least: float | None, rng: np.random.Generator
) -> tuple[FloatArray | None, float | None]:
    """Return x of a vertex and the least t: of least t first, of a random objective after that."""
    objective = np.append(np.zeros(instance.n), 1.0)
    top: float | None = None  # of t
    if least is not None:
        objective = np.append(rng.standard_normal(instance.n), 0.0)
        top = least + 1e-7  # HiGHS's own feasibility tolerance
    found, _ = _highs.call("vertex", **_model(instance, objective, top))
    if found is None:
        return None, least
    x = np.clip(found[: instance.n], 0.0, 1.0)
    return x, float(found[instance.n]) if least is None else least


def _model(instance: Instance, objective: FloatArray, top: float | None) -> dict[str, Any]:
    """Variables (x_1..x_n, t): Σ x_i X_i − t ≤ z and z ≤ Σ x_i X_i + t; t ≤ top when given."""
    n, d = instance.X.shape
    ones = np.ones((d, 1))
    highest = np.append(np.ones(n), np.inf if top is None else top)
    return {
        "objective": objective,
        "rows": np.block([[instance.X.T, -ones], [-instance.X.T, -ones]]),
        "sides": np.concatenate([instance.z, -instance.z]),
        "bounds": np.array([np.zeros(n + 1), highest]),
    }


def _round(
    instance: Instance, x: FloatArray, budget: int, rng: np.random.Generator
) -> tuple[BoolArray, int]:
    """Return the best rounding of x found within ``budget`` roundings, and how many were tried."""
    keep = x >= 0.5
    loose = np.flatnonzero((x > LOOSE) & (x < 1 - LOOSE))
    if len(loose) == 0:
        return keep, 1
    keep[loose] = False
    target = instance.z - instance.X[keep].sum(axis=0)
    part = Instance(instance.X[loose], target)
    if len(loose) <= ENUMERATE and 2 ** len(loose) <= budget:
        answer = Enumeration().search(part, Options())
        keep[loose] = answer.keep
        return keep, answer.work
    draws = rng.random((min(DRAWS, budget), len(loose))) < x[loose]
    draws[0] = x[loose] >= 0.5  # to the nearest
    errors = np.abs(draws @ part.X - target).max(axis=1)
    keep[loose] = draws[int(errors.argmin())]
    return keep, len(draws)


@njit(cache=True, nogil=True)
def _descend(X, z, keep, budget, halt):  # type: ignore[no-untyped-def]
    """Take the best single flip while the sup norm falls, in place; flips tried, <= budget."""
    n, d = X.shape
    rest = -z
    for i in range(n):
        if keep[i]:
            rest += X[i]
    best, tried = np.abs(rest).max(), 0
    while tried + n <= budget and not stopped(halt):
        flip = -1
        for i in range(n):
            sign = -1.0 if keep[i] else 1.0
            worst = 0.0
            for k in range(d):
                worst = max(worst, abs(rest[k] + sign * X[i, k]))
                if worst >= best:
                    break
            if worst < best:
                best, flip = worst, i
        tried += n
        if flip < 0:
            break
        rest += -X[flip] if keep[flip] else X[flip]
        keep[flip] = not keep[flip]
    return tried
