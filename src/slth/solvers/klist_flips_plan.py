"""How large the flip sieve is: a rule in (n, d, budget, memory), by a model of the radius reached.

f = 2^t flips; lists of L sets a level; m passes of 2^-b of the pairs each. The model: sums of two
candidates of unit variance are N(0, 2 I_d), a truncated list is uniform in a ball of radius ρ. With
κ the share of close pairs that share a cell (`klist_plan`) and exp(−f²/n) the share of pairs of
f-sets that are disjoint,

    L'/((1 − (1 − κ)^m) exp(−f²/n) L²/2) = P(‖a + b‖ ≤ ρ').
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from slth.solvers.klist_plan import (
    BASE_BYTES,
    VECTOR_WORK,
    _ball_radius,
    _cube_of_ball,
    _gauss_radius,
    _log_recall,
)
from slth.checks import FloatArray

MAX_DEPTH = 7
MAX_MEMBERS = 2**16
FOUND = 3.5 * 12  # bytes of the pairs held for each pair kept


@dataclass(frozen=True)
class FlipPlan:
    """2^depth flips; lists of ``size`` sets; ``repeats`` passes over cells of about 2^log_cell.

    members: candidates that may flip. work: predicted pairs, a list vector a pass counted as
    VECTOR_WORK. bytes: predicted peak. radius: predicted sup-norm error for unit variance.
    """

    depth: int
    size: int
    log_cell: int
    repeats: int
    members: int
    work: int
    bytes: int
    radius: float

    def cuts(self, size: int) -> int:
        """Cuts of a list of ``size``."""
        return max(1, round(math.log2(size)) - self.log_cell)


@functools.lru_cache(maxsize=1024)
def plan_flips(n: int, d: int, budget: int, memory: int) -> FlipPlan | None:
    """Return the plan of smallest predicted radius within ``budget`` and ``memory``, or None."""
    members = min(n, MAX_MEMBERS, math.isqrt(max(budget // 4, 0)))
    if members < 4:
        return None
    found = [_of_depth(t, members, d, budget, memory) for t in range(2, MAX_DEPTH + 1) if 2**t <= members]
    kept = [each for each in found if each is not None]
    return min(kept, key=lambda each: each.radius, default=None)


def _log_choose(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)


def _of_depth(depth: int, n: int, d: int, budget: int, memory: int) -> FlipPlan | None:
    size, cell, log_repeats = (
        g.ravel()
        for g in np.meshgrid(np.arange(6, 23.5, 0.5), np.arange(4.0, 13.0), np.arange(0.0, 9.0))
    )
    repeats = 2.0**log_repeats
    log_list = np.minimum(size, _log_choose(n, 2))
    share = log_list - _log_choose(n, 2)
    ball = share < -0.5
    radius = math.sqrt(2) * np.where(ball, _gauss_radius(d, share), math.sqrt(d))
    work = np.full(len(size), n * n / 2)
    for level in range(2, depth + 1):
        half = 2 ** (level - 1)
        bits = np.maximum(1, np.round(log_list) - cell)
        work = work + repeats * (2.0 ** (2 * log_list - 1 - bits) + VECTOR_WORK * 2.0**log_list)
        log_pairs = np.minimum(
            2 * log_list - 1 - half * half / n / math.log(2), _log_choose(n, 2 * half)
        )
        wanted = size if level < depth else np.zeros_like(size)
        log_kappa = np.zeros_like(size)
        for _ in range(3):
            share = np.minimum(wanted - log_pairs - log_kappa, 0.0)
            shrunk = np.where(
                ball,
                radius * _ball_radius(d, share),
                math.sqrt(2 * half) * _gauss_radius(d, share),
            )
            one = 2.0 ** _log_recall(d, bits, shrunk / radius)
            log_kappa = np.log2(1 - (1 - one) ** repeats)
        radius, ball = shrunk, ball | (share < -0.5)
        log_list = np.minimum(wanted, log_pairs + log_kappa)
    log_list = np.minimum(size, 2.0 * _log_choose(n, 2))
    flips = 2.0**depth
    each = 2 * 4.0 * d + 2 * flips + 16 + FOUND
    peak = BASE_BYTES + 2.0**log_list * each
    error = radius * _cube_of_ball(d)
    error[(work > budget) | (peak > memory)] = np.inf
    k = int(np.argmin(error))
    if not np.isfinite(error[k]):
        return None
    return FlipPlan(
        depth,
        int(2.0 ** size[k]),
        int(cell[k]),
        int(repeats[k]),
        n,
        int(work[k]),
        int(peak[k]),
        float(error[k]),
    )
