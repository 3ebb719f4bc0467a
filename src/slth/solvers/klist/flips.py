"""The flip sieve: sets of 2, 4, 8 … candidates whose flipping moves the sum the least.

From a subset S with residual r = z − Σ_S X_i, flipping candidate i adds y_i = ±X_i to the sum.
Wanted: a set F of f = 2^t candidates with Σ_F y_i ≈ r, that is Σ_F (y_i − r/f) ≈ 0. The list of
2^k-sets holds the shortest sums of two disjoint 2^(k−1)-sets. One list a level serves as both sides
of the merge, where a k-list tree over groups of candidates needs 2^(t−k).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth import seeding
from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.klist.ends import UNLIMITED
from slth.solvers.klist.flips_plan import UNITE_WORK, FlipPlan
from slth.solvers.klist.merge import Index, Run
from slth.solvers.klist.merge_kernels import FAR, WIDTH, count_within, distances
from slth.solvers.klist.near import Single, Sums, near, unite
from slth.solvers.klist.plan import VECTOR_WORK

PAIR_SAMPLE = 2**18  # pairs that the threshold of the first list rests on
ROWS = 256  # rows of the first list's pairs that one task measures


@dataclass
class Sieve:
    """Searches for flips of ``members`` that bring Σ ± X_i/2 from its ``plus`` to ``offset``.

    X: (n, d) candidates; offset: (d,); members: at most 2^16 of them; plus: (members,) bool, the
    signs to start from. sized: as many signs turn to plus as to minus. work counts the pairs
    measured and the vectors made, at most ``limit``.
    """

    X: FloatArray
    offset: FloatArray
    members: NDArray[np.int64]
    plus: BoolArray
    plan: FlipPlan
    seed: int
    run: Run
    sized: bool = False
    limit: int = UNLIMITED
    work: int = 0

    def climb(self, keep: int) -> tuple[FloatArray, NDArray[np.uint16]]:
        """Return about ``keep`` rests (m, d), and the positions in members flipped for each (m, f).

        Rest: Σ ± X_i/2 − offset after the flips. m may be 0.
        """
        plan, steps = self.plan, self._steps()
        if len(steps) * (len(steps) - 1) // 2 > self.limit:
            return _nothing(steps)
        i, j = self._pairs(steps, plan.size if plan.depth > 1 else keep)
        sums = unite(self._singles(), i, j, steps, self.run)
        for level in range(2, plan.depth + 1):
            if len(sums.marks) < 2:
                break
            size, bits = plan.size if level < plan.depth else keep, plan.cuts(len(sums.marks))
            vectors = plan.repeats * VECTOR_WORK * len(sums.marks)
            if self.work + vectors > self.limit:
                break
            self.work += vectors
            rng = seeding.generator(self.seed, "near", level)
            left = self.limit - self.work
            i, j, work = near(sums, size, bits, plan.repeats, rng, self.run, left)
            self.work += work
            i, j = _shortest(sums, i, j, (self.limit - self.work) // UNITE_WORK)
            sums = unite(sums, i, j, steps, self.run)
            self.work += UNITE_WORK * len(i)
        if sums.flips.shape[1] < 2**plan.depth:
            return _nothing(steps)
        rests = np.zeros((len(sums.flips), steps.shape[1]))
        for flip in sums.flips.T:
            rests += steps[flip]
        return rests, sums.flips

    def _steps(self) -> FloatArray:
        """What a flip adds to the rest, with its share of the rest: f of them add it whole."""
        X = self.X[self.members]
        rest = np.where(self.plus[:, None], X, -X).sum(axis=0) / 2 - self.offset
        steps: FloatArray = np.where(self.plus[:, None], -X, X) + rest / 2**self.plan.depth
        return steps

    def _singles(self) -> Sums:
        n = len(self.members)
        marks = seeding.generator(self.seed, "marks").integers(0, 2**64, n, dtype=np.uint64)
        none = np.empty((0, 0), dtype=np.float32)
        return Sums(none, np.arange(n, dtype=np.uint16)[:, None], marks)

    def _pairs(self, steps: FloatArray, keep: int) -> tuple[Index, Index]:
        """Return (i, j), i < j, of about the ``keep`` shortest sums of two steps."""
        n = len(steps)
        total = n * (n - 1) // 2
        self.work += total
        side = np.where(self.plus, 1, -1).astype(np.int8) if self.sized else np.zeros(n, np.int8)
        V = (steps / max(np.abs(steps).max(), 1e-300)).astype(np.float32)
        threshold, share = FAR * FAR / np.float32(8), 1.0
        if keep < total:
            rng = seeding.generator(self.seed, "pairs")
            a = rng.integers(0, n, PAIR_SAMPLE)
            b = (a + rng.integers(1, n, PAIR_SAMPLE)) % n
            allowed = side[a] + side[b] == 0
            seen = np.square(V[a[allowed]] + V[b[allowed]]).sum(axis=1)
            share = keep / total
            rank = int(share * PAIR_SAMPLE)
            if rank < len(seen):
                threshold = np.partition(seen, rank)[rank]
        blocks = _blocks(V)

        def part(start: int, _: object) -> tuple[Index, Index]:
            end = min(n, start + ROWS)
            room = int(2 * share * (end - start) * n) + 1024
            return _match_pairs(V, blocks, side, start, end, threshold, room, stopping.flag())

        found = self.run(part, range(0, n, ROWS))
        return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found])


def _nothing(steps: FloatArray) -> tuple[FloatArray, NDArray[np.uint16]]:
    return np.empty((0, steps.shape[1])), np.empty((0, 0), dtype=np.uint16)


def _shortest(sums: Sums, i: Index, j: Index, most: int) -> tuple[Index, Index]:
    """The pairs (i, j), or ``most`` of them with the shortest sums if there are more."""
    if len(i) <= most:
        return i, j
    lengths = np.square(sums.vectors[i] + sums.vectors[j]).sum(axis=1)
    first = np.sort(np.argsort(lengths, kind="stable")[:most])
    return i[first], j[first]


def _blocks(V: Single) -> Single:
    """−V as blocks (ceil, d, WIDTH), padded by FAR."""
    n, d = V.shape
    blocks = np.full((-(-n // WIDTH), d, WIDTH), FAR, dtype=np.float32)
    for t in range(len(blocks)):
        part = V[t * WIDTH : (t + 1) * WIDTH]
        blocks[t, :, : len(part)] = -part.T
    return blocks


@njit(cache=True, nogil=True)
def _match_pairs(V, blocks, side, first, last, threshold, room, halt):  # type: ignore[no-untyped-def]
    """Pairs (i, j), first <= i < last, i < j, of opposite sides within ``threshold``."""
    n, d = V.shape
    i, j = np.empty(room + WIDTH, dtype=np.int32), np.empty(room + WIDTH, dtype=np.int32)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    found = 0
    for lo in range(first, last, 4):
        if stopped(halt):
            break
        rows[:] = -FAR
        for r in range(min(4, last - lo)):
            rows[r] = V[lo + r]
        for t in range(lo // WIDTH, len(blocks)):
            distances(rows, blocks[t], out)
            for r in range(4):
                if found < room and count_within(out[r], threshold) > 0:
                    for c in range(WIDTH):
                        a, b = lo + r, t * WIDTH + c
                        i[found], j[found] = a, b
                        hit = out[r, c] <= threshold and a < b < n
                        found += int(hit and side[a] + side[min(b, n - 1)] == 0)
    return i[:found].copy(), j[:found].copy()
