"""Short sums of two vectors of one list, over candidate sets that share nothing.

a + b is short when a and −b are neighbours. The list is cut by quantiles along random orthonormal
directions, symmetric about 0, so that −b lies in the mirror of the cell of b: the pairs measured
are those of a cell with its mirror. A cut parts neighbours at an angle θ with probability θ/π, so
the cutting is repeated with other directions (locality-sensitive hashing by hyperplanes: Charikar
2002, doi:10.1145/509907.509965; its use in sieves: Laarhoven 2015,
doi:10.1007/978-3-662-47989-6_1).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slth.checks import FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.klist import near_kernels as kernels
from slth.solvers.klist.ends import UNLIMITED
from slth.solvers.klist.merge import Index, Run, cell_runs, fewer, sampled_rows, upper_edge
from slth.solvers.klist.merge_kernels import BINS, FAR

Single = NDArray[np.float32]
TASKS = 64  # parts of a pass, whatever the threads, so that the answer is the same
ROWS_A_TASK = 2**15
SAMPLE = 4096  # vectors that the quantiles of the cells rest on
LIKELY = 32  # times more pairs are compared for being disjoint than are wanted
SAMPLED_HITS = 2048  # pairs that the first threshold rests on
SPARE = 1.4  # pairs looked for a pair kept: sets found twice and chance
LATE = 1.3  # the threshold is raised when this many times fewer sets than due were found
FULL = 2.5  # pairs held a pair kept, before the longest are dropped


@dataclass(frozen=True)
class Sums:
    """A list of sums: vectors (L, d), their candidates in rising order (L, f), set hashes (L,)."""

    vectors: Single
    flips: NDArray[np.uint16]
    marks: NDArray[np.uint64]


@dataclass(frozen=True)
class Pass:
    """One cutting of a list: cell c holds the rows order[start[c]:start[c + 1]].

    pairs[c]: those measured between cell c and its mirror, for the first half of the cells.
    """

    start: NDArray[np.int64]
    order: Index
    pairs: NDArray[np.int64]


def near(
    sums: Sums,
    keep: int,
    bits: int,
    repeats: int,
    rng: np.random.Generator,
    run: Run,
    left: int = UNLIMITED,
) -> tuple[Index, Index, int]:
    """Return (i, j, work): at most ``keep`` pairs of disjoint sets with the smallest ‖a_i + a_j‖₂.

    Each of ``repeats`` passes measures 2^-bits of all pairs. No set comes back twice. work counts
    pairs measured; the pass that would exceed ``left`` measures fewer rows of its cells and is
    the last.
    """
    found, work, threshold, boost = _Found(sums, keep), 0, np.float32(0), 1.0
    for turn in range(1, repeats + 1):
        cut = _cut(sums.vectors, bits, rng, run)
        total = int(cut.pairs.sum())
        if total == 0:
            continue
        if threshold == 0:
            share = boost * SPARE * keep / total / repeats * (1.5 if repeats > 2 else 1.0)
            seen = sum(_picks(cut, part)[2] for part in _parts(cut, share))
            if work + seen > left:
                break
            threshold, room, seen = _threshold(sums, cut, share, run)
            work += seen
        short = work + total > left
        if short:
            cut = _shortened(cut, left - work)
            total = int(cut.pairs.sum())
            if total == 0:
                break
        for i, j, distance in _pass(sums, cut, threshold, room, run):
            found.add(i, j, distance)
        work += total
        if short:
            break
        if turn & (turn - 1) == 0 or found.count > FULL * keep:
            longest = found.trim()
            late = keep * turn / repeats / max(found.count, 1)
            if found.count == keep:
                threshold = min(threshold, longest)
            elif late > LATE and turn < repeats:  # sets found many times: n is small for 2f
                boost, threshold = boost * min(late, 8.0), np.float32(0)
    found.trim()
    return found.i, found.j, work


class _Found:
    """The pairs held so far."""

    def __init__(self, sums: Sums, keep: int) -> None:
        self.sums, self.keep, self.count = sums, keep, 0
        self.parts: list[tuple[Index, Index, Single]] = []
        self.i = self.j = np.empty(0, dtype=np.int32)

    def add(self, i: Index, j: Index, distance: Single) -> None:
        self.parts.append((i, j, distance))
        self.count += len(i)

    def trim(self) -> np.float32:
        """Drop sets found twice and all but the ``keep`` shortest; return the longest kept."""
        if not self.parts:
            return np.float32(0)
        i, j, distance = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        marks = self.sums.marks[i] ^ self.sums.marks[j]
        order = np.argsort(marks)
        marks = marks[order]
        first = order[np.concatenate([[True], marks[1:] != marks[:-1]])[: len(order)]]
        if len(first) > self.keep:
            first = first[np.argpartition(distance[first], self.keep)[: self.keep]]
        self.i, self.j, distance = i[first], j[first], distance[first]
        self.parts, self.count = [(self.i, self.j, distance)], len(first)
        return np.float32(distance.max(initial=0))


def unite(sums: Sums, i: Index, j: Index, steps: FloatArray, run: Run) -> Sums:
    """Return the list of the sets i ∪ j: each vector is the sum of its steps (n, d), rounded once.

    The vectors are scaled by a power of two, so that float32 neither overflows nor vanishes.
    """
    flips = np.empty((len(i), 2 * sums.flips.shape[1]), dtype=np.uint16)
    exact = np.empty((len(i), steps.shape[1]), dtype=np.float32)
    scale = _unit(steps, sums.flips[i[:64]], sums.flips[j[:64]])

    def part(start: int, _: object) -> None:
        rows = slice(start, start + ROWS_A_TASK)
        kernels.unite_rows(sums.flips, i[rows], j[rows], flips[rows])
        kernels.sum_rows(flips[rows], steps, scale, exact[rows])

    run(part, range(0, len(i), ROWS_A_TASK))
    return Sums(exact, flips, sums.marks[i] ^ sums.marks[j])


def _unit(steps: FloatArray, left: NDArray[np.uint16], right: NDArray[np.uint16]) -> float:
    sample = steps[left].sum(axis=1) + steps[right].sum(axis=1)
    largest = float(np.abs(sample).max(initial=0.0))
    return float(2.0 ** -np.floor(np.log2(largest))) if largest > 0 else 1.0


def _cut(V: Single, bits: int, rng: np.random.Generator, run: Run) -> Pass:
    """Cut V into 2^bits cells, bits >= 1, along min(bits, d) random orthonormal directions."""
    L, d = V.shape
    q, cells = min(bits, d), 2**bits
    turn = np.ascontiguousarray(np.linalg.qr(rng.standard_normal((d, d)))[0][:q], dtype=np.float32)
    seen = np.einsum("qd,sd->qs", turn, V[rng.integers(0, L, SAMPLE)]).astype(float)
    digits = [bits // d + (k < bits % d) for k in range(q)]
    ways = 2 ** np.array(digits, dtype=np.int64)
    edges = np.full((q, int(ways.max()) - 1), np.inf, dtype=np.float32)
    for k, way in enumerate(ways):
        edge = np.quantile(np.concatenate([seen[k], -seen[k]]), np.arange(1, way) / way)
        edges[k, : way - 1] = (edge - edge[::-1]) / 2
    keys = np.empty(L, dtype=np.int32)

    def part(start: int, _: object) -> None:
        rows = slice(start, start + ROWS_A_TASK)
        kernels.keys_of(V[rows], turn, edges, ways, keys[rows])

    run(part, range(0, L, ROWS_A_TASK))
    start, order = kernels.sort_by_key(keys, cells)
    size = np.diff(start)
    half, mirror = size[: cells // 2], size[::-1][: cells // 2]
    return Pass(start, order, _limits(half, mirror, L // cells) * mirror)


def _limits(half: NDArray[np.int64], mirror: NDArray[np.int64], fair: int) -> NDArray[np.int64]:
    """Rows of a cell that are measured: all, unless ties make it far larger than the rest."""
    most = 16 * (fair + 1) ** 2
    return np.where(mirror > 0, np.minimum(half, most // np.maximum(mirror, 1) + 1), 0)


def _threshold(sums: Sums, cut: Pass, share: float, run: Run) -> tuple[np.float32, float, int]:
    """Estimate from some cells the squared length under which ``share`` of the pairs are disjoint.

    Returns (threshold, share of the pairs under it, disjoint or not, pairs seen). Sets are compared
    for the LIKELY·share shortest pairs only, by a limit estimated from fewer cells first.
    """
    limit, seen = FAR * FAR / np.float32(8), 0
    for part in _parts(cut, share)[:-1]:
        counts, seen = _histogram(sums, cut, part, np.float32(-1), run)
        limit = upper_edge(counts[0], LIKELY * share)
    counts, pairs = _histogram(sums, cut, _parts(cut, share)[-1], limit, run)
    under = np.cumsum(counts[1])
    if under[-1] <= share * pairs:
        return limit, 1.2 * float(counts[0].sum()) / pairs, seen + pairs
    bin_ = int(np.searchsorted(under, share * pairs))
    threshold = upper_edge(np.eye(1, BINS, bin_, dtype=np.int64)[0], 1.0)
    return threshold, float(counts[0][: bin_ + 1].sum()) / pairs, seen + pairs


def _parts(cut: Pass, share: float) -> list[float]:
    """The parts of the pairs that `_threshold` looks at, one after the other."""
    total = int(cut.pairs.sum())
    part = min(1.0, max(min(1 / 8, SAMPLED_HITS / (share * total)), SAMPLED_HITS / total))
    return [part / 16, part] if LIKELY * share < 1 else [part]


def _picks(cut: Pass, part: float) -> tuple[NDArray[np.int64], int, int]:
    """One cell in a few, 64 of them if there are so many, of these one quad of rows in ``stride``.

    Returns (cells, stride, pairs seen).
    """
    hop = max(1, min(int(1 / part), len(cut.pairs) // 64))
    stride = max(1, int(1 / part) // hop)
    picked = np.arange(hop // 2, len(cut.pairs), hop)
    size = np.diff(cut.start)[::-1][picked]  # of the mirrors
    rows = sampled_rows(cut.pairs[picked] // np.maximum(size, 1), picked % stride, stride)
    return picked, stride, max(1, int((rows * size).sum()))


def _histogram(
    sums: Sums, cut: Pass, part: float, limit: np.float32, run: Run
) -> tuple[NDArray[np.int64], int]:
    """`kernels.sample`: histograms (2, BINS) of a ``part`` of the pairs, how many these are."""
    picked, stride, seen = _picks(cut, part)

    def sample(task: tuple[int, int], _: object) -> NDArray[np.int64]:
        cells = cut.start, cut.order, cut.pairs
        halt = stopping.flag()
        return kernels.sample(sums.vectors, sums.flips, *cells, picked, stride, limit, *task, halt)

    tasks = cell_runs(cut.pairs[picked], 16) if cut.pairs[picked].any() else []
    counts = np.sum([np.zeros((3, BINS), np.int64), *run(sample, tasks)], axis=0)
    return counts[:2], seen


def _shortened(cut: Pass, left: int) -> Pass:
    """Fewer rows of every cell, so that at most ``left`` pairs are measured."""
    mirror = np.diff(cut.start)[::-1][: len(cut.pairs)]
    rows = fewer(cut.pairs // np.maximum(mirror, 1), int(cut.pairs.sum()), left)
    return replace(cut, pairs=rows * mirror)


def _pass(
    sums: Sums, cut: Pass, threshold: np.float32, share: float, run: Run
) -> list[tuple[Index, Index, Single]]:
    def part(task: tuple[int, int], _: object) -> tuple[Index, Index, Single]:
        room = int(1.5 * share * int(cut.pairs[task[0] : task[1]].sum())) + 1024
        cells = cut.start, cut.order, cut.pairs
        halt = stopping.flag()
        return kernels.match(sums.vectors, sums.flips, *cells, *task, threshold, room, halt)

    return run(part, cell_runs(cut.pairs, TASKS))
