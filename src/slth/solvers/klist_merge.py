"""One merge of the k-list tree: the pairs (a, b) of two lists with the smallest ‖a + b‖₂.

Both lists are cut into the same cells, by quantiles along random orthonormal directions, with −B
in place of B: a + b is small when a and −b are neighbours, and neighbours mostly share a cell.
Inside a cell every pair is measured, in float32 relative to the cell (the lists are float64).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from slth.checks import FloatArray
from slth.solvers.compiled import njit

Index = NDArray[np.int32]
FAST = {"nnan", "ninf", "nsz", "contract", "reassoc"}  # sums may be reordered into vector lanes
WIDTH = 64  # vectors of B measured side by side
FAR = np.float32(1e15)  # coordinate of a padding column: its square is above every threshold
TASKS = 64  # parts of a merge, whatever the threads, so that the answer is the same
ROWS_A_TASK = 2**16  # sums formed by one task
SAMPLE_TASKS = 8  # parts of the pass that estimates the threshold
SAMPLED_HITS = 512  # pairs under the threshold that its estimate rests on: 4 % deviation
SAMPLE = 2048  # vectors of each list that the quantiles of the cells rest on
BIN_SHIFT = 14  # float32 bit patterns of one histogram bin: 0.2 % of a squared distance
LOW_BIN = (127 - 62) << (23 - BIN_SHIFT)  # of 2^-62; everything below is counted there
BINS = (62 + 20) << (23 - BIN_SHIFT)  # up to 2^20


class Run(Protocol):
    """Runs work(task, space) for each task, results in task order (`crew.Crew.run`)."""

    def __call__(self, work, tasks: Sequence) -> list: ...  # type: ignore[no-untyped-def]


class Merger(Protocol):
    """What `merge` does, here or on another device."""

    def __call__(
        self,
        A: FloatArray,
        B: FloatArray,
        bits: int,
        keep: int,
        rng: np.random.Generator,
        run: Run,
    ) -> tuple[Index, Index, int]:
        """Return (i, j, work)."""
        ...


@dataclass(frozen=True)
class Cells:
    """A list by cells: cell c holds the rows order[start[c]:start[c + 1]]."""

    start: NDArray[np.int64]
    order: Index


def merge(
    A: FloatArray, B: FloatArray, bits: int, keep: int, rng: np.random.Generator, run: Run
) -> tuple[Index, Index, int]:
    """Return (i, j, work): about ``keep`` pairs with the smallest ‖A_i + B_j‖₂ of 2^-bits of all.

    A (La, d), B (Lb, d). At most 1.25 keep + 64 pairs come back; work counts pairs measured.
    """
    a, b = _cells(A, B, bits, rng)
    scale = _scale(A, B)
    size_a, size_b = np.diff(a.start), np.diff(b.start)
    limit = _row_limits(size_a, size_b)
    pairs = limit * size_b
    total = int(pairs.sum())
    if total == 0:  # no cell is shared: pair the rows as they come
        rows = np.arange(min(len(A), len(B), keep), dtype=np.int32)
        return rows, rows, len(rows)
    hop, stride = _strides(int(limit.sum()), len(limit), keep)

    def sample(task: tuple[int, int], _: object) -> NDArray[np.int64]:
        return _sample(A, B, a.start, a.order, b.start, b.order, limit, scale, *task, hop, stride)

    def match(task: tuple[int, int], _: object) -> tuple[Index, Index]:
        share = int(pairs[task[0] : task[1]].sum()) / total
        room = int(1.25 * keep * share) + 1
        return _match(
            A, B, a.start, a.order, b.start, b.order, limit, scale, *task, threshold, room
        )

    threshold, work = FAR * FAR / np.float32(8), total
    if keep < total:
        counts = np.sum(run(sample, _tasks(pairs, SAMPLE_TASKS)), axis=0)
        work += int(counts.sum())
        if counts.any():
            threshold = _quantile(counts, keep / total)
    found = run(match, _tasks(pairs, 1 + min(TASKS, total >> 18)))
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found]), work


def add_rows(A: FloatArray, B: FloatArray, i: Index, j: Index, run: Run) -> FloatArray:
    """Return A[i] + B[j], (len(i), d)."""
    sums = np.empty((len(i), A.shape[1]))

    def part(start: int, _: object) -> None:
        end = start + ROWS_A_TASK
        _add_rows(A, B, i[start:end], j[start:end], sums[start:end])

    run(part, range(0, len(i), ROWS_A_TASK))
    return sums


def _cells(
    A: FloatArray, B: FloatArray, bits: int, rng: np.random.Generator
) -> tuple[Cells, Cells]:
    """Cut A and −B into 2^bits cells along min(bits, d) random orthonormal directions."""
    d = A.shape[1]
    q = min(bits, d)
    turn = np.ascontiguousarray(np.linalg.qr(rng.standard_normal((d, d)))[0][:q])
    picks = (rng.integers(0, len(A), SAMPLE), rng.integers(0, len(B), SAMPLE))
    seen = np.einsum("qd,sd->qs", turn, np.concatenate([A[picks[0]], -B[picks[1]]]))
    digits = [bits // d + (k < bits % d) for k in range(q)]
    edges = np.full((q, 2 ** max(digits, default=0)), np.inf)
    for k, digit in enumerate(digits):
        levels = np.arange(1, 2**digit) / 2**digit
        edges[k, : len(levels)] = np.quantile(seen[k], levels)
    ways = 2 ** np.array(digits, dtype=np.int64)
    return (
        Cells(*_sort_cells(A, 1.0, turn, edges, ways, 2**bits)),
        Cells(*_sort_cells(B, -1.0, turn, edges, ways, 2**bits)),
    )


def _scale(A: FloatArray, B: FloatArray) -> float:
    """1/rms of a list entry, so that float32 squares neither overflow nor vanish."""
    largest = max(np.abs(A[:SAMPLE]).max(), np.abs(B[:SAMPLE]).max())
    return 1.0 / float(largest) if largest > 0 else 1.0


def _row_limits(size_a: NDArray[np.int64], size_b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of A that each cell measures: all, unless ties make one cell far larger than the rest.

    A cell's pairs are held to 16 times what cells of equal size would have.
    """
    cells = len(size_a)
    fair = 16 * (int(size_a.sum()) // cells + 1) * (int(size_b.sum()) // cells + 1)
    return np.where(size_b > 0, np.minimum(size_a, fair // np.maximum(size_b, 1) + 1), 0)


def _tasks(pairs: NDArray[np.int64], parts: int) -> list[tuple[int, int]]:
    """Split the cells into at most ``parts`` runs of about equal numbers of pairs."""
    done = np.cumsum(pairs)
    cuts = np.searchsorted(done, done[-1] * np.arange(1, parts) / parts)
    edges = np.unique(np.concatenate([[0], cuts, [len(pairs)]]))
    return [(int(lo), int(hi)) for lo, hi in itertools.pairwise(edges)]


def _strides(rows: int, cells: int, keep: int) -> tuple[int, int]:
    """Sample one cell in ``hop`` and there one quad of rows in ``stride`` (odd).

    SAMPLED_HITS hits are expected; at least 64 quads and, if there are so many, 64 cells are seen,
    and 16 quads of a cell for the work of packing it.
    """
    quads = rows // 4 + 1
    wanted = max(64, quads * SAMPLED_HITS // max(keep, 1))
    seen = min(cells, max(64, wanted // 16))
    return cells // seen, max(1, quads * seen // (cells * wanted)) | 1


def _quantile(counts: NDArray[np.int64], fraction: float) -> np.float32:
    """Upper edge of the histogram bin where the cumulative share of pairs reaches ``fraction``."""
    bin_ = int(np.searchsorted(np.cumsum(counts), fraction * counts.sum()))
    edge = np.array([min(bin_ + 1, BINS) + LOW_BIN << BIN_SHIFT], dtype=np.int32)
    return np.float32(edge.view(np.float32)[0])


@njit(cache=True, nogil=True)
def _add_rows(A, B, i, j, sums):  # type: ignore[no-untyped-def]
    for row in range(len(i)):
        for c in range(A.shape[1]):
            sums[row, c] = A[i[row], c] + B[j[row], c]


@njit(cache=True, nogil=True)
def _sort_cells(V, sign, turn, edges, ways, cells):  # type: ignore[no-untyped-def]
    """Counting sort of the rows of sign·V by cell, stable: (start (cells + 1,), order (L,))."""
    keys = np.empty(len(V), dtype=np.int32)
    start = np.zeros(cells + 1, dtype=np.int64)
    for i in range(len(V)):
        key = 0
        for k in range(turn.shape[0]):
            x = 0.0
            for c in range(V.shape[1]):
                x += turn[k, c] * V[i, c]
            x *= sign
            digit = 0
            for e in range(ways[k] - 1):
                digit += int(x > edges[k, e])
            key = key * ways[k] + digit
        keys[i] = key
        start[key + 1] += 1
    for cell in range(cells):
        start[cell + 1] += start[cell]
    place = start[:-1].copy()
    order = np.empty(len(V), dtype=np.int32)
    for i in range(len(V)):
        order[place[keys[i]]] = i
        place[keys[i]] += 1
    return start, order


@njit(cache=True, nogil=True)
def _pack(V, sign, order, lo, hi, origin, scale):  # type: ignore[no-untyped-def]
    """(sign·V[order[lo:hi]] − origin)·scale in float32, as blocks (ceil, d, WIDTH)."""
    d = V.shape[1]
    blocks = np.full(((hi - lo + WIDTH - 1) // WIDTH, d, WIDTH), FAR, dtype=np.float32)
    for p in range(hi - lo):
        row = V[order[lo + p]]
        for c in range(d):
            blocks[p // WIDTH, c, p % WIDTH] = (sign * row[c] - origin[c]) * scale
    return blocks


@njit(cache=True, nogil=True)
def _quad(V, order, lo, hi, origin, scale, rows):  # type: ignore[no-untyped-def]
    """Set rows (4, d) = (V[order[lo:hi]] − origin)·scale; past hi: far, where no padding is."""
    for r in range(4):
        if lo + r < hi:
            row = V[order[lo + r]]
            for c in range(V.shape[1]):
                rows[r, c] = (row[c] - origin[c]) * scale
        else:
            rows[r] = -FAR


@njit(cache=True, nogil=True, fastmath=FAST)
def _distances(rows, block, out):  # type: ignore[no-untyped-def]
    """Set out (4, WIDTH) = squared distances, rows (4, d) to the columns of block (d, WIDTH).

    Four coordinates a pass: the loop over the columns then vectorises with few loads and stores.
    """
    d = rows.shape[1]
    a, b, e, f = rows[0], rows[1], rows[2], rows[3]
    out[:] = 0
    for k in range(0, d - 3, 4):
        a0, a1, a2, a3 = a[k], a[k + 1], a[k + 2], a[k + 3]
        b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
        e0, e1, e2, e3 = e[k], e[k + 1], e[k + 2], e[k + 3]
        f0, f1, f2, f3 = f[k], f[k + 1], f[k + 2], f[k + 3]
        for j in range(WIDTH):
            w, x, y, z = block[k, j], block[k + 1, j], block[k + 2, j], block[k + 3, j]
            out[0, j] += (w - a0) ** 2 + (x - a1) ** 2 + (y - a2) ** 2 + (z - a3) ** 2
            out[1, j] += (w - b0) ** 2 + (x - b1) ** 2 + (y - b2) ** 2 + (z - b3) ** 2
            out[2, j] += (w - e0) ** 2 + (x - e1) ** 2 + (y - e2) ** 2 + (z - e3) ** 2
            out[3, j] += (w - f0) ** 2 + (x - f1) ** 2 + (y - f2) ** 2 + (z - f3) ** 2
    for k in range(d // 4 * 4, d):
        a0, b0, e0, f0 = a[k], b[k], e[k], f[k]
        for j in range(WIDTH):
            w = block[k, j]
            out[0, j] += (w - a0) ** 2
            out[1, j] += (w - b0) ** 2
            out[2, j] += (w - e0) ** 2
            out[3, j] += (w - f0) ** 2


@njit(cache=True, nogil=True)
def _sample(A, B, sa, oa, sb, ob, limit, scale, first, last, hop, stride):  # type: ignore[no-untyped-def]
    """Histogram of squared distances: a cell of [first, last) in ``hop``, a quad in ``stride``."""
    d = A.shape[1]
    counts = np.zeros(BINS, dtype=np.int64)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    bits = out.view(np.int32)
    for cell in range((first + hop - 1) // hop * hop, last, hop):
        if limit[cell] == 0:
            continue
        origin = A[oa[sa[cell]]].copy()
        size = sb[cell + 1] - sb[cell]
        blocks = _pack(B, -1.0, ob, sb[cell], sb[cell + 1], origin, scale)
        end = sa[cell] + limit[cell]
        skip = 4 * (cell // hop % stride)  # cells of few rows start at different quads
        for lo in range(sa[cell] + skip, end, 4 * stride):
            hi = min(end, lo + 4)
            _quad(A, oa, lo, hi, origin, scale, rows)
            for t in range(len(blocks)):
                _distances(rows, blocks[t], out)
                for r in range(hi - lo):
                    for j in range(min(WIDTH, size - t * WIDTH)):
                        counts[min(max((bits[r, j] >> BIN_SHIFT) - LOW_BIN, 0), BINS - 1)] += 1
    return counts


@njit(cache=True, nogil=True)
def _match(A, B, sa, oa, sb, ob, limit, scale, first, last, threshold, room):  # type: ignore[no-untyped-def]
    """Pairs (i, j) within ``threshold`` in the cells [first, last), the first ``room`` of them."""
    d = A.shape[1]
    i, j = np.empty(room + WIDTH, dtype=np.int32), np.empty(room + WIDTH, dtype=np.int32)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    found = 0
    for cell in range(first, last):
        if limit[cell] == 0:
            continue
        origin = A[oa[sa[cell]]].copy()
        blocks = _pack(B, -1.0, ob, sb[cell], sb[cell + 1], origin, scale)
        end = sa[cell] + limit[cell]
        for lo in range(sa[cell], end, 4):
            _quad(A, oa, lo, min(end, lo + 4), origin, scale, rows)
            for t in range(len(blocks)):
                _distances(rows, blocks[t], out)
                for r in range(4):
                    if found < room and _count(out[r], threshold) > 0:
                        for c in range(WIDTH):  # no branch: the next hit overwrites a miss
                            i[found] = oa[min(lo + r, end - 1)]
                            j[found] = ob[min(sb[cell] + t * WIDTH + c, sb[cell + 1] - 1)]
                            found += int(out[r, c] <= threshold)
            if found >= room:
                return i[:room].copy(), j[:room].copy()
    return i[:found].copy(), j[:found].copy()


@njit(cache=True, nogil=True, fastmath=FAST)
def _count(row, threshold):  # type: ignore[no-untyped-def]
    """How many entries of row (WIDTH,) are <= threshold."""
    count = np.int32(0)
    for j in range(WIDTH):
        count += np.int32(row[j] <= threshold)
    return count
