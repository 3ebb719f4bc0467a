"""How large the k-list tree is: a rule in (n, d, budget, memory), by a model of the radius reached.

A plan with 2^t groups of candidates has lists of L_0 (the subsets of a group), L_1, …, L_{t−1}
vectors and merges t times. Each merge measures P of the L² pairs and keeps the L' shortest sums.
The model: leaf sums are N(0, m/4 · I_d) for m candidates of unit variance; a merged list is uniform
in a ball of radius ρ; so with κ the share of close pairs that share a cell,

    L'/(κ L²) = P(‖a + b‖ ≤ ρ'),      κ = Π_k (1 − (2^{b_k} − 1) atan(ρ'/ρ)/π)

for b_k cuts along direction k. The plan with the smallest radius at the root is taken.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.klist.model import ball_radius, gauss_radius, log_recall, tables

MAX_DEPTH = 9
MAX_LEAF = 22  # candidates of a group
RUNNERS = 4  # radii fall with longer lists, but for what rounding the cuts down does
BASE_BYTES = 2**26  # compiled code, histograms, quantiles
ROOT_KEEP = 4096  # pairs looked at in the sup norm: a cube's corner is √d times farther than a face
VECTOR_WORK = 256  # making, sorting and packing a list vector takes the time of this many pairs


@dataclass(frozen=True)
class Plan:
    """A tree: groups of candidates (2^depth), how many of the n are used, lists and cuts by level.

    lists[i]: vectors kept at level i (level 0: all subsets of a group). bits[i]: cuts of the merge
    into level i + 1. work: predicted pairs, a list vector counted as VECTOR_WORK. bytes: predicted
    peak. For candidates of unit variance, spread: predicted standard deviation of a coordinate in
    a full list at the root; radius: predicted sup-norm error.
    """

    depth: int
    used: int
    lists: tuple[int, ...]
    bits: tuple[int, ...]
    work: int
    bytes: int
    spread: float
    radius: float

    @property
    def groups(self) -> int:
        """Leaves of the tree."""
        return 2**self.depth

    def complete(self, n: int) -> bool:
        """Whether every subset is accounted for, so that another tree finds nothing new."""
        return self.depth == 1 and self.bits[0] == 0 and self.used == n


@functools.lru_cache(maxsize=1024)
def plan(n: int, d: int, budget: int, memory: int) -> Plan | None:
    """Return the plan of smallest predicted radius within ``budget`` and ``memory``, or None.

    Searched: depth 1..9; L_1 = 2^3 … 2^23 in half octaves, growing by 2^0, 2^½ or 2 a level; 2^5 …
    2^15 pairs measured for each one kept. Of the L_1 that fit, the RUNNERS longest are compared.
    Cost: about 1 ms, remembered.
    """
    depths = range(1, min(MAX_DEPTH, n.bit_length() - 1) + 1)
    found = [_plan_of_depth(depth, n, d, budget, memory) for depth in depths]
    kept = [each for each in found if each is not None]
    return min(kept, key=lambda each: each.radius, default=None)


def _plan_of_depth(depth: int, n: int, d: int, budget: int, memory: int) -> Plan | None:
    table = tables(d)
    radius, work, peak, lists, bits = _best(depth, n, d, float(budget), float(memory), table)
    if not math.isfinite(radius):
        return None
    full = _radius(d, lists, bits, lists[-1], table)
    return Plan(
        depth,
        min(n, round(float(lists[0]) * 2**depth)),
        tuple(int(2**size) for size in lists),
        tuple(int(b) for b in bits),
        int(work),
        int(peak),
        full / math.sqrt(d + 2),  # of a coordinate of a point uniform in a ball
        radius * cube_of_ball(d),
    )


@njit(cache=True, nogil=True)
def _best(
    depth: int, n: int, d: int, budget: float, memory: float, table: FloatArray
) -> tuple[float, float, float, FloatArray, FloatArray]:
    """The plan of least radius: (radius or inf, work, peak, log2 lists, bits)."""
    lists, bits = np.zeros(depth), np.zeros(depth)
    best = math.inf, 0.0, 0.0, lists.copy(), bits.copy()
    for growth in (0.0, 0.5, 1.0):
        for ratio in range(5, 16):
            left = RUNNERS if depth > 1 else 41  # a short leaf may be the better one there
            for half_octaves in range(46, 5, -1):
                _fill(depth, n, half_octaves / 2, growth, ratio, lists, bits)
                work, peak = _work(lists, bits), _peak(d, lists)
                if work > budget or peak > memory:
                    continue
                radius = _radius(d, lists, bits, 0.0, table)
                if radius < best[0]:
                    best = radius, work, peak, lists.copy(), bits.copy()
                left -= 1
                if left == 0:
                    break
    return best


@njit(cache=True, nogil=True)
def _fill(
    depth: int,
    n: int,
    base: float,
    growth: float,
    ratio: int,
    lists: FloatArray,
    bits: FloatArray,
) -> None:
    """Set log2 of the lists and the cuts (depth,) of one plan."""
    lists[0] = min(math.floor(base) + 1, MAX_LEAF, n / 2**depth)
    for level in range(1, depth):
        lists[level] = min(base + growth * (level - 1), 2 * lists[level - 1] - 1)
    for level in range(depth):  # the root measures as if it kept a full list
        target = lists[min(level + 1, depth - 1)]
        bits[level] = math.floor(max(2 * lists[level] - target - ratio, 0.0))


@njit(cache=True, nogil=True)
def _work(lists: FloatArray, bits: FloatArray) -> float:
    """Predict the pairs measured, a list vector counted as VECTOR_WORK."""
    work, depth = 0.0, len(lists)
    for i in range(depth):
        size = 2.0 ** lists[i]
        work += 2.0 ** (depth - 1 - i) * size * (size * 2.0 ** -bits[i] + 2 * VECTOR_WORK)
    return work


@njit(cache=True, nogil=True)
def _peak(d: int, lists: FloatArray) -> float:
    """Predict the peak: one list waiting at each level, a merge of the largest, hits kept for all.

    Vectors take 8d bytes; a merge adds keys and orders (16 bytes per vector), the sums (two copies)
    and the pairs (twice 8 bytes); every node keeps its pairs (8 bytes). 1.25: lists may overshoot.
    """
    depth = len(lists)
    largest = 2.0 ** math.ceil(lists[0])
    waiting, kept = 8.0 * d * largest, 0.0
    for i in range(1, depth):
        size = 1.25 * 2.0 ** lists[i]
        largest = max(largest, size)
        waiting += 8.0 * d * size
        kept += 8.0 * 2 ** (depth - i) * size
    merging = largest * (3 * 8.0 * d + 32 + 16)
    return BASE_BYTES + waiting + merging + kept


@njit(cache=True, nogil=True)
def _radius(d: int, lists: FloatArray, bits: FloatArray, last: float, table: FloatArray) -> float:
    """Predict the 2-norm of the 2^last-th closest pair at the root.

    For candidates of unit variance.
    """
    sigma = math.sqrt(lists[0]) / 2
    radius = sigma * math.sqrt(d)
    for i in range(len(lists)):
        kept = lists[i + 1] if i + 1 < len(lists) else last
        log_kappa, shrunk = 0.0, radius
        for _ in range(3):  # the share of pairs in one cell depends on the radius, and back
            log_share = min(kept - 2 * lists[i] - log_kappa, 0.0)
            if i == 0:
                shrunk = math.sqrt(2) * sigma * gauss_radius(d, log_share, table)
            else:
                shrunk = radius * ball_radius(d, log_share, table)
            log_kappa = log_recall(d, bits[i], shrunk / radius)
        radius = shrunk
    return radius


def cube_of_ball(d: int) -> float:
    """Half the side of the cube with the volume of the unit ball: ½ (π^{d/2}/Γ(d/2 + 1))^{1/d}."""
    return 0.5 * math.exp((d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1)) / d)
