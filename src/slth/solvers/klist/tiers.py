"""Which candidates go where, by their lengths alone: signed greedily, into the tree, into tiers.

Candidates are ordered from long to short. The tree takes a run of them; it leaves a full list of
partial sums whose spread shrinks with every merge. Shorter candidates, too short to matter in the
tree, refine that list: merging 2^s sums of deviation at most the spread divides the spread, and the
error, by 2^(s/d) for the work of one merge. Ensembles with short vectors (nsn) have several such
tiers, N(0, I_d) has none in d > 2. All other candidates are signed greedily.
"""

import bisect
import math
from dataclasses import dataclass

import numpy as np

from slth.checks import FloatArray
from slth.solvers.klist.flips_plan import MAX_MEMBERS, PAIR_SHARE, FlipPlan, plan_flips
from slth.solvers.klist.plan import MAX_LEAF, VECTOR_WORK, Plan, plan

MAX_TIERS = 8
LEAST_TIER = 0.4  # candidates per dimension: a tier divides the error by 2^0.4 at least
WEAK = 0.2
LEAST_TREE = 4  # candidates per dimension in the tree, so that it reaches what the rest leaves
MOST_SHORT = 0.25  # of the candidates of a sieve may be shorter than half their rms
STARTS = 8  # places tried for the tree among the candidates
SHARES = (1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0.0625)  # of n, in the tree


@dataclass(frozen=True)
class TieredPlan:
    """A plan and the positions, in the order from long to short, of its tree and of its tiers.

    work: predicted pairs, tiers included. error: predicted sup norm.
    """

    plan: Plan | FlipPlan
    members: np.ndarray
    tiers: tuple[np.ndarray, ...]
    work: int
    error: float


def choose(scales: FloatArray, d: int, budget: int, memory: int) -> TieredPlan | None:
    """Return the tiered of least predicted error within ``budget`` and ``memory``, or None.

    scales (n,): rms entries of the candidates, descending. Compared are a flip sieve (`_sieve`)
    and trees of a share of the candidates, at STARTS + 1 places in their order, of the whole budget
    and of half of it, which leaves as much for tiers. Candidates shorter than WEAK of the tree's
    rms add no new sums on the scale of a merge: a tree with such is predicted as one without them.
    """
    n, rising = len(scales), scales[::-1]
    squares = np.concatenate([[0.0], np.cumsum(np.square(scales))]).tolist()
    short = int(np.searchsorted(rising, WEAK * math.sqrt(squares[-1] / n)))
    shares = SHARES if short >= 4 else SHARES[:1]
    sizes = sorted({max(int(n * share), min(n, LEAST_TREE * d)) for share in shares})
    best: TieredPlan | None = _sieve(scales, d, budget, memory)
    for allowed in (budget, budget // 2):
        trees = [t for t in (plan(size, d, allowed, memory) for size in sizes) if t is not None]
        used = [tree.used for tree in trees]
        radii = [math.log2(tree.radius) for tree in trees]
        for tree in trees:
            for start in sorted({(n - tree.used) * k // STARTS for k in range(STARTS + 1)}):
                end = start + tree.used
                rms = math.sqrt((squares[end] - squares[start]) / tree.used)
                weak = max(0, int(np.searchsorted(rising, WEAK * rms)) - (n - end))
                tiers, work = _tiers(tree, squares, end, rms, d, budget)
                gain = sum(len(tier) for tier in tiers) / d
                error = rms * 2.0 ** (float(np.interp(tree.used - weak, used, radii)) - gain)
                if best is None or error < best.error:
                    best = TieredPlan(tree, np.arange(start, end), tuple(tiers), work, error)
    return best


def _sieve(scales: FloatArray, d: int, budget: int, memory: int) -> TieredPlan | None:
    """Return the flip sieve of the shortest candidates that the budget pays for.

    None if many candidates are much shorter than the others: the first lists would hold them alone,
    and larger sets would soon share candidates.
    """
    n = len(scales)
    used = min(n, MAX_MEMBERS, math.isqrt(budget // PAIR_SHARE))
    if used == 0:
        return None
    rms = math.sqrt(float(np.square(scales[n - used :]).mean()))
    if np.count_nonzero(scales[n - used :] < rms / 2) > MOST_SHORT * used:
        return None
    found = plan_flips(used, d, budget, memory)
    if found is None:
        return None
    return TieredPlan(found, np.arange(n - used, n), (), found.work, rms * found.radius)


def tier_bits(tree: Plan, size: int) -> int:
    """Cuts of the merge of the root's list with the 2^size sums of a tier.

    The pairs measured are those of the merge at the root, and at most 1/16 of the tree's work.
    """
    log_list = math.log2(tree.lists[-1])
    target = min(2 * log_list - tree.bits[-1], math.log2(tree.work) - 4)
    return max(0, math.ceil(size + log_list - target))


def _tiers(
    tree: Plan, squares: list[float], first: int, rms: float, d: int, budget: int
) -> tuple[list[np.ndarray], int]:
    """Choose tiers among the positions from ``first`` on; (tiers, work with the tree).

    Each is the s longest consecutive candidates, s = log2 of the list, that are short enough:
    ½ √(Σ scales²) ≤ spread.
    """
    n = len(squares) - 1
    size = min(MAX_LEAF, int(math.log2(tree.lists[-1])))
    spread, at, work = tree.spread * rms, first, tree.work
    tiers: list[np.ndarray] = []
    while len(tiers) < MAX_TIERS:
        bound = 4 * spread * spread
        at = bisect.bisect_left(
            range(n),
            True,
            at,
            key=lambda k: squares[min(k + size, n)] - squares[k] <= bound,
        )
        end = min(at + size, n)
        pairs = 2.0 ** (end - at - tier_bits(tree, end - at)) * tree.lists[-1]
        more = int(pairs + VECTOR_WORK * (tree.lists[-1] + 2 ** (end - at)))
        if end - at < max(4, LEAST_TIER * d) or work + more > budget:
            break
        work += more
        tiers.append(np.arange(at, end))
        spread *= 2.0 ** (-(end - at) / d)
        at = end
    return tiers, work
