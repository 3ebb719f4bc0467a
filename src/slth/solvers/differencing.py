"""Differencing: the fast, weak reference of the theory (Karmarkar–Karp, and its form in R^d)."""

import math
from typing import ClassVar

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, BatchAnswer, Options, Solver
from slth.solvers.enumeration import Enumeration
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.workers import Workers

DEFAULT_BUDGET = 2**30  # pairs: all n²/2 of them up to n = 46 000; 15 s there at d = 9
FINISH_BITS = 20  # in R^d the last 21 vectors are signed by enumeration: 10 ms at d = 9
LOOK = 1024  # merges between two looks at the flag that stops a search
LINE_BLOCK = 256  # instances of d = 1 a thread takes at a time


class Differencing(Solver):
    """Put the longest vector against the one that cancels it best; keep their difference instead.

    With signs σ = ±1, Σ_S X_i − z = ½ (Σ σ_i X_i − t) for t = 2z − Σ X_i: the target joins as one
    more vector, and the signs follow from the tree of differences.

    d = 1: largest differencing, the two largest numbers give one: error n^(−Θ(log n)).
    d >= 2: the longest vector is paired with the one, either sign, that leaves the shortest rest;
    the last 21 vectors are signed by enumeration. Turner, Meka and Rigollet pair inside cells of a
    grid level by level, for their proof; the nearest neighbour does the same and wastes no vector.
    One pass, without randomness, whatever eps is: for more error at more cost use "klist".
    """

    name: ClassVar[str] = "differencing"
    printed: ClassVar[str] = "differencing"
    handles: ClassVar[str] = "any n and d; best when n ≥ 10^4 and a loose error will do"
    cannot: ClassVar[str] = (
        "prove; use more time for a smaller error; use klist, or mitm for n ≤ 44"
    )
    cost: ClassVar[str] = (
        "O(n log n) for d = 1: 0.1 ms at n = 1000; O(n²d) for d >= 2: 0.3 s at n = 10^4, d = 9; "
        "budget = numbers (d = 1) or pairs and subsets (d >= 2), default 2^30"
    )
    source: ClassVar[str] = (
        "Karmarkar and Karp 1982, UCB/CSD-82-113; Turner, Meka and Rigollet 2020, arXiv:1910.13972"
    )

    def bytes_needed(self, n: int, d: int) -> int:
        """Two copies of the candidates, their norms and the tree; the table of the finish."""
        return 2**20 + 8 * (n + 1) * (2 * d + 8) + 64 * FINISH_BITS * d

    def search(self, instance: Instance, options: Options) -> Answer:
        """Difference once; the empty subset is kept when the result is no better."""
        if instance.d == 1:
            batch = self.search_batch(instance.X[None], instance.z[None], instance.eps, options)
            return Answer(batch.keep[0], False, int(batch.work[0]))
        budget = DEFAULT_BUDGET if options.budget is None else options.budget
        used = min(instance.n, max(1, budget // 2))  # half for the pairs, half for the finish
        signs, work = _space(_centred(instance.X[:used], instance.z), budget)
        keep = np.zeros(instance.n, dtype=bool)
        keep[:used] = signs
        empty = np.zeros_like(keep)
        best = keep if instance.error(keep) < instance.error(empty) else empty
        return Answer(best, False, work)

    def search_batch(
        self, X: FloatArray, Z: FloatArray, eps: float | None, options: Options
    ) -> BatchAnswer:
        """Search B instances: X (B, n, d), Z (B, d). d = 1 runs compiled."""
        B, n, d = X.shape
        if d > 1:
            return super().search_batch(X, Z, eps, options)
        used = n if options.budget is None else min(n, options.budget)
        keep = np.zeros((B, n), dtype=bool)
        blocks = [slice(start, start + LINE_BLOCK) for start in range(0, B, LINE_BLOCK)]

        def line(block: slice, _: None) -> None:
            numbers = np.array(X[block, :used, 0], order="C")  # writable: one compiled type
            _line_block(numbers, np.array(Z[block, 0]), keep[block], stopping.flag())

        with Workers(options.threads, lambda: None) as workers:
            workers.run(line, blocks)
        return BatchAnswer(keep, np.zeros(B, dtype=bool), np.full(B, used, dtype=np.int64))


def _centred(X: FloatArray, z: FloatArray) -> FloatArray:
    """Rows −t, X_1, …, X_n, scaled by a power of two so that squares neither vanish nor overflow.

    Shape (n + 1, d). Σ X_i is formed after scaling; no rounding is added.
    """
    largest = max(float(np.abs(X).max()), float(np.abs(z).max()))
    exponent = math.frexp(largest)[1] if largest > 0 else 0
    rows = np.ldexp(np.concatenate([z[None], X]), -exponent)
    rows[0] = rows[1:].sum(axis=0) - 2 * rows[0]
    return rows


def _space(W: FloatArray, budget: int) -> tuple[BoolArray, int]:
    """Return (n,) bool, σ_i = +1 where σ_0 = +1, and the pairs and subsets measured."""
    m = len(W)
    bits = max(0, min(FINISH_BITS, m - 1, (budget // 2).bit_length() - 1))
    merges = m - 1 - bits
    window = max(1, (budget - 2**bits) // max(1, merges))
    ids, tree, work = _difference(W, merges, window, stopping.flag())
    stopping.check()
    signs = np.empty(m)
    signs[ids], subsets = _finish(W[: len(ids)])
    for longer, shorter, sign in tree[::-1]:
        signs[int(shorter)] = sign * signs[int(longer)]
    return signs[1:] == signs[0], max(1, int(work) + subsets)


def _finish(V: FloatArray) -> tuple[FloatArray, int]:
    """Signs of the rows of V with the least ‖Σ ± V_i‖_∞, the first +, by enumeration."""
    if len(V) == 1:
        return np.ones(1), 0
    instance = Instance(2 * V[1:], V[1:].sum(axis=0) - V[0])
    answer = Enumeration().search(instance, Options())
    return np.append(1.0, np.where(answer.keep, 1.0, -1.0)), answer.work


@njit(cache=True, nogil=True)
def _difference(W, merges, window, halt):  # type: ignore[no-untyped-def]
    """Merge ``merges`` times, in place: rows 0.. of W are what is left, ids says which they were.

    Returns ids, the tree, rows (longer, shorter, sign of shorter relative to longer), and the pairs
    measured: at most ``window`` a merge, a run of rows that moves on from merge to merge. Ends when
    ``halt`` is set.
    """
    count, d = W.shape
    ids = np.arange(count)
    norms = np.array([np.dot(W[i], W[i]) for i in range(count)])
    tree = np.empty((merges, 3))
    work, start = 0, 0
    for step in range(merges):
        if stopped(halt):
            break
        i = int(np.argmax(norms[:count]))
        best, j, opposite = np.inf, -1, True
        looks = min(window + 1, count)  # row i itself may be among them
        for look in range(looks):
            k = (start + look) % count
            if k == i:
                continue
            dot = 0.0
            for c in range(d):
                dot += W[i, c] * W[k, c]
            rest = norms[k] - 2 * abs(dot)  # ‖W_i ∓ W_k‖² − ‖W_i‖²
            if rest < best:
                best, j, opposite = rest, k, dot >= 0
        work += looks - 1
        start += looks
        sign = -1.0 if opposite else 1.0
        tree[step, 0], tree[step, 1], tree[step, 2] = ids[i], ids[j], sign
        W[i] += sign * W[j]
        norms[i] = np.dot(W[i], W[i])
        count -= 1
        W[j] = W[count]
        norms[j], ids[j] = norms[count], ids[count]
    return ids[:count].copy(), tree, work


@njit(cache=True, nogil=True)
def _line_block(X, z, keep, halt):  # type: ignore[no-untyped-def]
    """Largest differencing of each row of X (B, m) with its z; writes keep (B, >= m).

    Ends when ``halt`` is set.
    """
    B, m = X.shape
    values, ids = np.empty(m + 1), np.empty(m + 1, dtype=np.int64)
    larger, smaller = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    signs = np.empty(m + 1)
    for b in range(B):
        signs[0] = X[b].sum() - 2 * z[b]  # −t, first as the number whose sign is known
        signs[1:] = X[b]
        values[:] = np.abs(signs)
        ids[:] = np.arange(m + 1)
        for top in range((m + 1) // 2, -1, -1):
            _sift(values, ids, top, m + 1)
        for step in range(m):
            if step % LOOK == 0 and stopped(halt):
                return
            last = m - step
            larger[step], a = ids[0], values[0]
            values[0], ids[0] = values[last], ids[last]
            _sift(values, ids, 0, last)
            smaller[step] = ids[0]
            values[0], ids[0] = a - values[0], larger[step]
            _sift(values, ids, 0, last)
        _two_colour(signs, larger, smaller)
        total = 0.0
        for i in range(m):
            keep[b, i] = signs[i + 1] == signs[0]
            if keep[b, i]:
                total += X[b, i]
        if abs(total - z[b]) >= abs(z[b]):
            keep[b] = False


@njit(cache=True, nogil=True)
def _two_colour(numbers, larger, smaller):  # type: ignore[no-untyped-def]
    """Replace numbers by their signs σ: the sides of every difference are opposite.

    σ_i = side_i · sgn(number_i), with side(smaller) = −side(larger) for each difference.
    """
    m = len(larger)
    sides = np.ones(m + 1)
    for step in range(m - 1, -1, -1):
        sides[smaller[step]] = -sides[larger[step]]
    for i in range(m + 1):
        numbers[i] = -sides[i] if numbers[i] < 0 else sides[i]


@njit(cache=True, nogil=True)
def _sift(values, ids, top, count):  # type: ignore[no-untyped-def]
    """Restore the heap below ``top``: a parent is not smaller than its children."""
    value, name = values[top], ids[top]
    while 2 * top + 1 < count:
        child = 2 * top + 1
        if child + 1 < count and values[child + 1] > values[child]:
            child += 1
        if values[child] <= value:
            break
        values[top], ids[top] = values[child], ids[child]
        top = child
    values[top], ids[top] = value, name
