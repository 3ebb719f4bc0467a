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
from slth.solvers.kernels.compiled import njit
from slth.solvers.klist.model import ball_radius, gauss_radius, log_recall, tables
from slth.solvers.klist.plan import BASE_BYTES, ROOT_KEEP, RUNNERS, VECTOR_WORK, cube_of_ball

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
        return int(_bits(math.log2(max(size, 1)), math.log2(self.size), float(self.log_cell)))


@functools.lru_cache(maxsize=1024)
def plan_flips(n: int, d: int, budget: int, memory: int) -> FlipPlan | None:
    """Return the plan of smallest predicted radius within ``budget`` and ``memory``, or None.

    Searched: 2^2 … 2^7 flips; L = 2^6 … 2^23 in half octaves; cells of 2^4 … 2^12 sets; 1 … 256
    passes. Of the L that fit, the RUNNERS longest are compared. n > 2^16, or too many for the
    budget: None. Cost: about 2 ms, remembered.
    """
    if n > MAX_MEMBERS or n < 8 or n * n > budget:
        return None
    found = [_of_depth(t, n, d, budget, memory) for t in range(2, MAX_DEPTH + 1) if 2**t <= n // 2]
    kept = [each for each in found if each is not None]
    return min(kept, key=lambda each: each.radius, default=None)


def _of_depth(depth: int, n: int, d: int, budget: int, memory: int) -> FlipPlan | None:
    found = _best(depth, n, d, float(budget), float(memory), tables(d))
    radius, work, peak, size, cell, log_repeats = found
    if not math.isfinite(radius):
        return None
    return FlipPlan(
        depth,
        n,
        int(2.0**size),
        int(cell),
        int(2.0**log_repeats),
        int(work),
        int(peak),
        radius * cube_of_ball(d),
    )


@njit(cache=True, nogil=True)
def _best(
    depth: int, n: int, d: int, budget: float, memory: float, table: FloatArray
) -> tuple[float, float, float, float, float, float]:
    """The plan of least radius: (radius or inf, work, peak, log2 size, log2 cell, log2 repeats)."""
    best = math.inf, 0.0, 0.0, 0.0, 0.0, 0.0
    pairs = _log_choose(n, 2)  # lists that hold more than all of them are no longer for it
    each = 2 * 4.0 * d + 2 * 2.0**depth + 16 + FOUND
    for cell in range(4, 13):
        for log_repeats in range(9):
            left = RUNNERS
            for half_octaves in range(46, 11, -1):
                size = half_octaves / 2
                peak = BASE_BYTES + 2.0**size * each
                work = _work(depth, n, size, cell, 2.0**log_repeats)
                if work > budget or peak > memory:
                    continue
                radius = _radius(depth, n, d, size, cell, 2.0**log_repeats, table)
                if radius < best[0]:
                    best = radius, work, peak, size, float(cell), float(log_repeats)
                left -= size <= pairs
                if left == 0:
                    break
    return best


@njit(cache=True, nogil=True)
def _log_choose(n: int, k: int) -> float:
    """log2 of C(n, k)."""
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)


@njit(cache=True, nogil=True)
def _work(depth: int, n: int, size: float, cell: float, repeats: float) -> float:
    """Pairs and vectors if every list is full as far as there are pairs for it."""
    work, log_list = n * n / 2, min(size, _log_choose(n, 2))
    for level in range(2, depth + 1):
        bits = _bits(log_list, size, cell)
        work += (repeats + SAMPLED) * (
            2.0 ** (2 * log_list - 1 - bits) + VECTOR_WORK * 2.0**log_list
        )
        log_list = min(size, _log_choose(n, 2**level))
        united = log_list if level < depth else min(log_list, math.log2(ROOT_KEEP))
        work += UNITE_WORK * 2.0**united
    return work


@njit(cache=True, nogil=True)
def _bits(log_list: float, size: float, cell: float) -> float:
    return max(1.0, math.ceil(2 * (log_list - size)) + np.round(size) - cell)


@njit(cache=True, nogil=True)
def _radius(
    depth: int, n: int, d: int, size: float, cell: float, repeats: float, table: FloatArray
) -> float:
    """Predict the 2-norm of the shortest sum at the root."""
    log_list = min(size, _log_choose(n, 2))
    share = log_list - _log_choose(n, 2)
    ball = share < -0.5
    radius = math.sqrt(2) * (gauss_radius(d, share, table) if ball else math.sqrt(d))
    for level in range(2, depth + 1):
        half = 2 ** (level - 1)
        bits = _bits(log_list, size, cell)
        disjoint = _log_choose(n - half, half) - _log_choose(n, half)
        log_pairs = min(2 * log_list - 1 + disjoint, _log_choose(n, 2 * half))
        wanted = size if level < depth else 0.0
        log_kappa, shrunk = 0.0, radius
        for _ in range(3):
            share = min(wanted - log_pairs - log_kappa, 0.0)
            if ball:
                shrunk = radius * ball_radius(d, share, table)
            else:
                shrunk = math.sqrt(2 * half) * gauss_radius(d, share, table)
            one = 2.0 ** log_recall(d, bits, shrunk / radius)
            log_kappa = np.log2(1 - (1 - one) ** repeats)
        radius, ball = shrunk, ball or share < -0.5
        log_list = min(wanted, log_pairs + log_kappa)
    return radius
