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
from scipy import special

from slth.checks import FloatArray

MAX_DEPTH = 9
MAX_LEAF = 22  # candidates of a group
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
    2^15 pairs measured for each one kept. Cost: about 20 ms, remembered.
    """
    depths = range(1, min(MAX_DEPTH, n.bit_length() - 1) + 1)
    found = [_plan_of_depth(depth, n, d, budget, memory) for depth in depths]
    kept = [each for each in found if each is not None]
    return min(kept, key=lambda each: each.radius, default=None)


def _plan_of_depth(depth: int, n: int, d: int, budget: int, memory: int) -> Plan | None:
    base, growth, ratio = (
        g.ravel()
        for g in np.meshgrid(np.arange(3, 23.5, 0.5), [0.0, 0.5, 1.0], np.arange(5.0, 16.0))
    )
    leaf = np.minimum(np.minimum(np.floor(base) + 1, MAX_LEAF), n / 2**depth)
    log_lists = [leaf]
    for level in range(1, depth):
        log_lists.append(np.minimum(base + growth * (level - 1), 2 * log_lists[-1] - 1))
    targets = [*log_lists[1:], log_lists[-1]]  # the root measures as if it kept a full list
    bits = [
        np.floor(np.clip(2 * size - target - ratio, 0, None))
        for size, target in zip(log_lists, targets, strict=True)
    ]
    work = sum(
        2.0 ** (depth - 1 - i) * (2.0 ** (2 * size - bits[i]) + 2 * VECTOR_WORK * 2.0**size)
        for i, size in enumerate(log_lists)
    )
    peak = _bytes(d, log_lists)
    radius = _radius(d, leaf, log_lists, bits) * _cube_of_ball(d)
    radius[(work > budget) | (peak > memory)] = np.inf
    k = int(np.argmin(radius))
    if not np.isfinite(radius[k]):
        return None
    at = slice(k, k + 1)
    full = _radius(d, leaf[at], [size[at] for size in log_lists], [b[at] for b in bits], full=True)
    return Plan(
        depth,
        min(n, round(float(leaf[k]) * 2**depth)),
        tuple(int(2 ** size[k]) for size in log_lists),
        tuple(int(b[k]) for b in bits),
        int(work[k]),
        int(peak[k]),
        float(full[0]) / math.sqrt(d + 2),  # of a coordinate of a point uniform in a ball
        float(radius[k]),
    )


def _bytes(d: int, log_lists: list[FloatArray]) -> FloatArray:
    """Predict the peak: one list waiting at each level, a merge of the largest, hits kept for all.

    Vectors take 8d bytes; a merge adds keys and orders (16 bytes a vector), the sums (two copies)
    and the pairs (twice 8 bytes); every node keeps its pairs (8 bytes). 1.25: lists may overshoot.
    """
    depth = len(log_lists)
    sizes = [2.0 ** np.ceil(log_lists[0]), *(1.25 * 2.0**size for size in log_lists[1:])]
    largest = functools.reduce(np.maximum, sizes)
    waiting = sum(8.0 * d * size for size in sizes)
    merging = largest * (3 * 8.0 * d + 32 + 16)
    kept = sum(8.0 * 2 ** (depth - i) * size for i, size in enumerate(sizes) if i > 0)
    return np.asarray(BASE_BYTES + waiting + merging + kept)


def _radius(
    d: int,
    leaf: FloatArray,
    log_lists: list[FloatArray],
    bits: list[FloatArray],
    full: bool = False,
) -> FloatArray:
    """Predict the 2-norm of the closest pair at the root, or of the last of a ``full`` list there.

    For candidates of unit variance.
    """
    sigma = np.sqrt(leaf) / 2
    radius = sigma * math.sqrt(d)
    last = log_lists[-1] if full else np.zeros_like(leaf)
    for i, (size, kept) in enumerate(zip(log_lists, [*log_lists[1:], last], strict=True)):
        log_kappa = np.zeros_like(size)
        for _ in range(3):  # the share of pairs in one cell depends on the radius, and back
            log_share = np.minimum(kept - 2 * size - log_kappa, 0.0)
            if i == 0:
                shrunk = math.sqrt(2) * sigma * _gauss_radius(d, log_share)
            else:
                shrunk = radius * _ball_radius(d, log_share)
            log_kappa = _log_recall(d, bits[i], shrunk / radius)
        radius = shrunk
    return np.asarray(radius)


def _cube_of_ball(d: int) -> float:
    """Half the side of the cube with the volume of the unit ball: ½ (π^{d/2}/Γ(d/2 + 1))^{1/d}."""
    return 0.5 * math.exp((d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1)) / d)


def _log_recall(d: int, bits: FloatArray, ratio: FloatArray) -> FloatArray:
    """log2 κ: each direction cuts 2^b − 1 times, each cut parts a pair with atan(ratio)/π."""
    cut = np.arctan(ratio) / math.pi
    low, extra = np.divmod(bits, d)
    each = [np.log2(np.maximum(1 - (2.0**b - 1) * cut, 0.05)) for b in (low, low + 1)]
    return np.asarray((d - extra) * each[0] + extra * each[1])


def _gauss_radius(d: int, log_share: FloatArray) -> FloatArray:
    """Radius r with P(‖N(0, I_d)‖ ≤ r) = 2^log_share."""
    return np.asarray(np.sqrt(2 * special.gammaincinv(d / 2, 2.0 ** np.maximum(log_share, -1000))))


def _ball_radius(d: int, log_share: FloatArray) -> FloatArray:
    """Radius r with P(‖U − U'‖ ≤ r) = 2^log_share for U, U' uniform in the unit d-ball."""
    r, log_p = _ball_table(d)
    tail = np.minimum(log_share - log_p[0], 0.0) / d  # P = r^d for small r
    return np.asarray(np.interp(log_share, log_p, r) * 2.0**tail)


@functools.lru_cache(maxsize=64)
def _ball_table(d: int) -> tuple[FloatArray, FloatArray]:
    """Table of P(r) = r^d I_{1−r²/4}(a, ½) + I_{r²/4}(a, a), a = (d + 1)/2 (Hammersley 1950)."""
    r = np.geomspace(1e-4, 2.0, 4000)
    half = (d + 1) / 2
    near = special.betainc(half, 0.5, np.clip(1 - r**2 / 4, 0, 1))
    far = special.betainc(half, half, r**2 / 4)
    with np.errstate(divide="ignore"):
        log_p = np.logaddexp2(d * np.log2(r) + np.log2(near), np.log2(far))
    return r, np.maximum.accumulate(log_p)
