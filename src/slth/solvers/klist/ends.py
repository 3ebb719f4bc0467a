"""Beside the k-list tree: all pairs of two small lists, the candidates left over, the polish."""

import math

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped

PAIR_FLIPS = 2048  # candidates among which the polish tries pairs of flips: n²/2 trials per pass
ROUNDS = 8
SETTLE_WORK = 16  # trials per candidate: greedy sign, then at most ROUNDS of flips
UNLIMITED = 1 << 62  # work, where no budget is given
LOOK = 1024  # candidates between two looks at the flag that stops a search
PASSES = 30  # each pass of the polish applies its best flip


def base_bytes(n: int, d: int) -> int:
    """Compiled code, the candidates and the copies that scaling, ordering and polishing take."""
    return 2**20 + 6 * 8 * n * d + 128 * n


def exhaust_bytes(n: int, d: int) -> int:
    """Two half lists, one more of them subtracted, with a column that counts."""
    return 4 * 8 * (d + 1) << (n - n // 2)


def subset_sums(X: FloatArray) -> FloatArray:
    """All 2^m subset sums of X (m, d): (2^m, d); bit k of the row number says k is kept."""
    sums = np.zeros((2 ** len(X), X.shape[1]))
    for k, x in enumerate(X):
        np.add(sums[: 2**k], x, out=sums[2**k : 2 ** (k + 1)])
    return sums


def exhaust(X: FloatArray, z: FloatArray) -> BoolArray:
    """Return the subset with the least ‖Σ X_i − z‖_∞, by all 2^n pairs of two half lists."""
    n = len(X)
    A, B = subset_sums(X[: n // 2]), subset_sums(X[n // 2 :])
    i, j = _closest(A, z - B, stopping.flag())
    stopping.check()
    mask = i | j << (n // 2)
    return ((mask >> np.arange(n)) & 1).astype(bool)


def settle(
    X: FloatArray,
    members: np.ndarray,
    offset: FloatArray,
    longest_first: bool = True,
    rounds: int = ROUNDS,
) -> BoolArray:
    """Return signs (m,) bool that make offset − Σ ± X_i/2 short.

    Greedy signs, longest candidates first or in the order given, then single flips while any
    shortens the rest. Work at most SETTLE_WORK trials per candidate, or 1 + rounds if that is less.
    """
    norms = np.einsum("md,md->m", X[members], X[members])
    order = np.argsort(-norms, kind="stable") if longest_first else np.arange(len(members))
    plus = np.empty(len(members), dtype=bool)
    plus[order] = _signs(X[members[order]], offset, rounds, stopping.flag())
    stopping.check()
    return plus


def polish(
    X: FloatArray,
    z: FloatArray,
    keep: BoolArray,
    allowance: int,
    sized: bool = False,
    left: int = UNLIMITED,
) -> tuple[BoolArray, int]:
    """Descend by the best single flip or pair of flips while the sup norm falls; (keep, work).

    ``sized``: by swaps alone, which leave the number of candidates kept.

    Pairs are tried among the shortest candidates, as many as ``allowance`` trials pay for twice;
    never more than ``left`` trials. The input is not changed.
    """
    most = min(PAIR_FLIPS, len(X), math.isqrt(allowance))
    if most == 0:
        return keep, 0
    order = np.argsort(np.abs(X).max(axis=1), kind="stable")[:most]
    passes = max(1, min(PASSES, 2 * allowance // most**2))
    passes = min(passes, left // (most * (most + 1) // 2))
    if passes <= 0:
        return keep, 0
    out = keep.copy()
    rest = z - X[keep].sum(axis=0)
    work = int(_descend(X[order], rest, out, order, passes, sized, stopping.flag()))
    stopping.check()
    return out, work


@njit(cache=True, nogil=True)
def _closest(A, C, halt):  # type: ignore[no-untyped-def]
    """Return (i, j) with the least ‖A_i − C_j‖_∞."""
    best, bi, bj = np.inf, 0, 0
    for i in range(A.shape[0]):
        if stopped(halt):
            break
        for j in range(C.shape[0]):
            worst = 0.0
            for k in range(A.shape[1]):
                worst = max(worst, abs(A[i, k] - C[j, k]))
                if worst >= best:
                    break
            if worst < best:
                best, bi, bj = worst, i, j
    return bi, bj


@njit(cache=True, nogil=True)
def _signs(X, offset, rounds, halt):  # type: ignore[no-untyped-def]
    rest = offset.copy()
    plus = np.zeros(len(X), dtype=np.bool_)
    for i in range(len(X)):
        plus[i] = np.dot(rest, X[i]) > 0
        rest -= X[i] / 2 if plus[i] else -X[i] / 2
    for _ in range(rounds):
        moved = False
        for i in range(len(X)):
            if i % LOOK == 0 and stopped(halt):
                return plus
            step = X[i] if plus[i] else -X[i]  # the flip adds it to the rest
            if 2 * np.dot(rest, step) + np.dot(step, step) < -1e-12:
                rest += step
                plus[i] = not plus[i]
                moved = True
        if not moved:
            break
    return plus


@njit(cache=True, nogil=True)
def _descend(X, rest, keep, order, passes, sized, halt):  # type: ignore[no-untyped-def]
    """Flip keep[order[i]] (and keep[order[j]]) while max |rest| falls; rest = z − Σ_keep X."""
    m, d = X.shape
    best = np.abs(rest).max()
    step = np.empty((m, d))
    trials = 0
    for _ in range(passes):
        for i in range(m):
            sign = 1.0 if keep[order[i]] else -1.0
            for k in range(d):
                step[i, k] = sign * X[i, k]
        bi, bj = -1, -1
        for i in range(m):
            if stopped(halt):
                return trials
            for j in range(i, m):  # j = i: a single flip
                if sized and keep[order[i]] == keep[order[j]]:
                    continue
                worst = 0.0
                for k in range(d):
                    other = 0.0 if j == i else step[j, k]
                    worst = max(worst, abs(rest[k] + step[i, k] + other))
                    if worst >= best:
                        break
                if worst < best:
                    best, bi, bj = worst, i, j
        trials += m * (m + 1) // 2
        if bi < 0:
            break
        rest += step[bi]
        keep[order[bi]] = not keep[order[bi]]
        if bj != bi:
            rest += step[bj]
            keep[order[bj]] = not keep[order[bj]]
    return trials
