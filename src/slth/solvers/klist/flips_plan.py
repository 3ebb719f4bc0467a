"""How large the flip sieve is: a rule in (n, d, budget, memory), by a model of the radius reached.

f = 2^t flips; lists of L sets a level; m passes of 2^-b of the pairs each. The model: sums of two
candidates of unit variance are N(0, 2 I_d), a truncated list is uniform in a ball of radius ρ. With
κ the share of close pairs that share a cell (`klist_plan`) and δ = C(n − f, f)/C(n, f) the share of
pairs of f-sets that are disjoint,

    L'/((1 − (1 − κ)^m) δ L²/2) = P(‖a + b‖ ≤ ρ').
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from slth.checks import FloatArray
from slth.solvers.klist.plan import (
    BASE_BYTES,
    ROOT_KEEP,
    VECTOR_WORK,
    _ball_radius,
    _cube_of_ball,
    _gauss_radius,
    _log_recall,
)

MAX_DEPTH = 7
MAX_MEMBERS = 2**16  # numbers of candidates are 16-bit
PAIR_SHARE = 8  # at most 1/16 of the budget measures pairs of candidates
SAMPLED = 0.15  # of a pass, to find the threshold
UNITE_WORK = 512  # finding a set and its sum takes the time of this many pairs
FOUND = 200  # bytes of the pairs held, and of their sorting, for each pair kept


@dataclass(frozen=True)
class FlipPlan:
    """2^depth flips; lists of ``size`` sets; ``repeats`` passes over cells of about 2^log_cell.

    used: candidates that may flip. work: predicted pairs, a list vector a pass counted as
    VECTOR_WORK. bytes: predicted peak. radius: predicted sup-norm error for candidates of unit
    variance.
    """

    depth: int
    used: int
    size: int
    log_cell: int
    repeats: int
    work: int
    bytes: int
    radius: float

    def complete(self, n: int) -> bool:
        """Whether every subset is accounted for: never."""
        return False

    @property
    def finalists(self) -> int:
        """Sums kept at the root, to be compared in the sup norm."""
        return min(self.size, ROOT_KEEP)

    def cuts(self, size: int) -> int:
        """Cuts of a list of ``size``: as many pairs are measured as in a full list, or all."""
        sizes = np.log2([max(size, 1)]), np.log2([self.size])
        return int(_bits(*sizes, np.array([float(self.log_cell)]))[0])


@functools.lru_cache(maxsize=1024)
def plan_flips(n: int, d: int, budget: int, memory: int) -> FlipPlan | None:
    """Return the plan of smallest predicted radius within ``budget`` and ``memory``, or None.

    Searched: 2^2 … 2^7 flips; L = 2^6 … 2^23 in half octaves; cells of 2^4 … 2^12 sets; 1 … 256
    passes. n > 2^16, or too many for the budget: None. Cost: about 50 ms, remembered.
    """
    if n > MAX_MEMBERS or n < 8 or n * n > budget:
        return None
    found = [_of_depth(t, n, d, budget, memory) for t in range(2, MAX_DEPTH + 1) if 2**t <= n // 2]
    kept = [each for each in found if each is not None]
    return min(kept, key=lambda each: each.radius, default=None)


def _log_choose(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)


def _of_depth(depth: int, n: int, d: int, budget: int, memory: int) -> FlipPlan | None:
    size, cell, log_repeats = (
        g.ravel()
        for g in np.meshgrid(np.arange(6, 23.5, 0.5), np.arange(4.0, 13.0), np.arange(0.0, 9.0))
    )
    work = _work(depth, n, size, cell, 2.0**log_repeats)
    each = 2 * 4.0 * d + 2 * 2.0**depth + 16 + FOUND
    peak = BASE_BYTES + 2.0**size * each
    fit = (work <= budget) & (peak <= memory)
    if not fit.any():
        return None
    size, cell, log_repeats, work, peak = (a[fit] for a in (size, cell, log_repeats, work, peak))
    radius = _radius(depth, n, d, size, cell, 2.0**log_repeats)
    k = int(np.argmin(radius))
    return FlipPlan(
        depth,
        n,
        int(2.0 ** size[k]),
        int(cell[k]),
        int(2.0 ** log_repeats[k]),
        int(work[k]),
        int(peak[k]),
        float(radius[k]) * _cube_of_ball(d),
    )


def _work(
    depth: int, n: int, size: FloatArray, cell: FloatArray, repeats: FloatArray
) -> FloatArray:
    """Pairs and vectors if every list is full as far as there are pairs for it."""
    work = np.full(len(size), n * n / 2)
    log_list = np.minimum(size, _log_choose(n, 2))
    for level in range(2, depth + 1):
        bits = _bits(log_list, size, cell)
        work += (repeats + SAMPLED) * (
            2.0 ** (2 * log_list - 1 - bits) + VECTOR_WORK * 2.0**log_list
        )
        log_list = np.minimum(size, _log_choose(n, 2**level))
        work += UNITE_WORK * 2.0 ** (
            log_list if level < depth else np.minimum(log_list, math.log2(ROOT_KEEP))
        )
    return work


def _bits(log_list: FloatArray, size: FloatArray, cell: FloatArray) -> FloatArray:
    return np.maximum(1, np.ceil(2 * (log_list - size)) + np.round(size) - cell)


def _radius(
    depth: int,
    n: int,
    d: int,
    size: FloatArray,
    cell: FloatArray,
    repeats: FloatArray,
) -> FloatArray:
    """Predict the 2-norm of the shortest sum at the root."""
    log_list = np.minimum(size, _log_choose(n, 2))
    share = log_list - _log_choose(n, 2)
    ball = share < -0.5
    radius = math.sqrt(2) * np.where(ball, _gauss_radius(d, share), math.sqrt(d))
    for level in range(2, depth + 1):
        half = 2 ** (level - 1)
        bits = _bits(log_list, size, cell)
        disjoint = _log_choose(n - half, half) - _log_choose(n, half)
        log_pairs = np.minimum(2 * log_list - 1 + disjoint, _log_choose(n, 2 * half))
        wanted = size if level < depth else np.zeros_like(size)
        log_kappa = np.zeros_like(size)
        for _ in range(3):
            share = np.minimum(wanted - log_pairs - log_kappa, 0.0)
            gauss = math.sqrt(2 * half) * _gauss_radius(d, share)
            shrunk = np.where(ball, radius * _ball_radius(d, share), gauss)
            one = 2.0 ** _log_recall(d, bits, shrunk / radius)
            log_kappa = np.log2(1 - (1 - one) ** repeats)
        radius, ball = shrunk, ball | (share < -0.5)
        log_list = np.minimum(wanted, log_pairs + log_kappa)
    return radius
