"""Where a tensor search of d >= 2 starts: a descent, and a radius with a few hits expected."""

import math

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance

EXPECTED_HITS = 5.0  # pairs expected within the first radius


def first_radius(X: FloatArray, z: FloatArray, size: int | None) -> float:
    """Radius r within which about EXPECTED_HITS subsets are expected; inf: no coordinate varies.

    N Π_j 2r/(√(2π) s_j) exp(−m_j²/(2 s_j²)) = EXPECTED_HITS with N = 2^n, s_j² = Σ_i X_ij²/4; or,
    at size k, N = C(n, k), s_j² = k(n − k)/(n(n − 1))·Σ_i (X_ij − mean_j)². z has distance m_j from
    the mean of the sums. Coordinates without spread are left out.
    """
    n = len(X)
    k = n / 2 if size is None else size
    if size is None:
        log_hits, variance = n * math.log(2), np.square(X).sum(axis=0) / 4
    else:
        log_hits = math.log(math.comb(n, size))
        factor = k * (n - k) / (n * max(n - 1, 1))
        variance = factor * np.square(X - X.mean(axis=0)).sum(axis=0)
    away, spread = z - k / n * X.sum(axis=0), variance > 0
    if not spread.any():
        return math.inf
    s, m = np.sqrt(variance[spread]), away[spread]
    loss = np.log(np.sqrt(np.pi / 2) * s) + np.square(m / s) / 2
    exponent = float(loss.sum() - log_hits + math.log(EXPECTED_HITS)) / len(s)
    return math.exp(min(exponent, 600.0))


def descend(X: FloatArray, z: FloatArray, size: int | None, limit: int) -> tuple[float, int, int]:
    """Return (error, mask, subsets examined): the best change while one helps.

    From ∅ by flips; at a fixed size from the first candidates by exchanges. Near the optimum when z
    is out of reach, where all pairs would lie within the first radius.
    """
    n = len(X)
    keep = np.arange(n) < (size or 0)
    error, work = float(np.abs(X[keep].sum(axis=0) - z).max()), 1
    while True:
        rest = X[keep].sum(axis=0) - z
        if size is None:
            changes = np.where(keep, -1.0, 1.0)[:, None] * X
        else:
            changes = (X[~keep][None] - X[keep][:, None]).reshape(-1, X.shape[1])
        if len(changes) == 0 or work + len(changes) >= limit:
            break
        errors = np.abs(rest + changes).max(axis=1)
        work += len(changes)
        best = int(errors.argmin())
        if errors[best] >= error:
            break
        error = float(errors[best])
        if size is None:
            keep[best] ^= True
        else:
            out, into = divmod(best, int((~keep).sum()))
            swap = [np.flatnonzero(keep)[out], np.flatnonzero(~keep)[into]]
            keep[swap] ^= True
    mask = int((keep.astype(np.uint64) << np.arange(n, dtype=np.uint64)).sum().view(np.int64))
    return Instance(X, z).error(keep), mask, work
