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
from slth.solvers.kernels import stopping
from slth.solvers.klist.ends import UNLIMITED
from slth.solvers.klist.merge_kernels import (
    BIN_SHIFT,
    BINS,
    FAR,
    LOW_BIN,
    fill_sums,
    match_cells,
    sample_cells,
    sort_cells,
)

Index = NDArray[np.int32]
TASKS = 64  # parts of a merge, whatever the threads, so that the answer is the same
ROWS_A_TASK = 2**16  # sums formed by one task
SAMPLE_TASKS = 8  # parts of the pass that estimates the threshold
SAMPLED_HITS = 512  # pairs under the threshold that its estimate rests on: 4 % deviation
SAMPLE = 2048  # vectors of each list that the quantiles of the cells rest on


class Run(Protocol):
    """Runs work(task, space) for each task, results in task order (`workers.Workers.run`)."""

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
        left: int = UNLIMITED,
    ) -> tuple[Index, Index, int]:
        """Return (i, j, work), work <= left."""
        ...


@dataclass(frozen=True)
class Cells:
    """A list by cells: cell c holds the rows order[start[c]:start[c + 1]]."""

    start: NDArray[np.int64]
    order: Index


def merge(
    A: FloatArray,
    B: FloatArray,
    bits: int,
    keep: int,
    rng: np.random.Generator,
    run: Run,
    left: int = UNLIMITED,
) -> tuple[Index, Index, int]:
    """Return (i, j, work): about ``keep`` pairs with the smallest ‖A_i + B_j‖₂ of 2^-bits of all.

    A (La, d), B (Lb, d). At most 1.25 keep + 64 pairs come back; work counts pairs measured: of
    every cell fewer rows of A when all would exceed ``left``.
    """
    a, b = _cells(A, B, bits, rng)
    scale = _scale(A, B)
    size_a, size_b = np.diff(a.start), np.diff(b.start)
    limit = _row_limits(size_a, size_b)
    pairs = limit * size_b
    total = int(pairs.sum())
    if total == 0:  # no cell is shared: pair the rows as they come
        rows = np.arange(min(len(A), len(B), keep, left), dtype=np.int32)
        return rows, rows, len(rows)
    hop, stride = _strides(int(limit.sum()), len(limit), keep)
    sampled = _sampled(limit, size_b, hop, stride) if keep < total else 0
    if sampled + total > left:
        limit = fewer(limit, total, left - sampled)
        pairs = limit * size_b
        total = int(pairs.sum())
        if total == 0:
            return np.empty(0, np.int32), np.empty(0, np.int32), 0

    def sample(task: tuple[int, int], _: object) -> NDArray[np.int64]:
        halt = stopping.flag()
        return sample_cells(
            A, B, a.start, a.order, b.start, b.order, limit, scale, *task, hop, stride, halt
        )

    def match(task: tuple[int, int], _: object) -> tuple[Index, Index]:
        share = int(pairs[task[0] : task[1]].sum()) / total
        room = int(1.25 * keep * share) + 1
        halt = stopping.flag()
        return match_cells(
            A, B, a.start, a.order, b.start, b.order, limit, scale, *task, threshold, room, halt
        )

    threshold, work = FAR * FAR / np.float32(8), total
    if keep < total:
        counts = np.sum(run(sample, cell_runs(pairs, SAMPLE_TASKS)), axis=0)
        work += int(counts.sum())
        if counts.any():
            threshold = upper_edge(counts, keep / total)
    found = run(match, cell_runs(pairs, 1 + min(TASKS, total >> 18)))
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found]), work


def add_rows(A: FloatArray, B: FloatArray, i: Index, j: Index, run: Run) -> FloatArray:
    """Return A[i] + B[j], (len(i), d)."""
    sums = np.empty((len(i), A.shape[1]))

    def part(start: int, _: object) -> None:
        end = start + ROWS_A_TASK
        fill_sums(A, B, i[start:end], j[start:end], sums[start:end])

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
    halt = stopping.flag()
    cells = (
        Cells(*sort_cells(A, 1.0, turn, edges, ways, 2**bits, halt)),
        Cells(*sort_cells(B, -1.0, turn, edges, ways, 2**bits, halt)),
    )
    stopping.check()
    return cells


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


def cell_runs(pairs: NDArray[np.int64], parts: int) -> list[tuple[int, int]]:
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


def fewer(limit: NDArray[np.int64], total: int, left: int) -> NDArray[np.int64]:
    """Rows of A that each cell measures so that ``total`` pairs become at most ``left``."""
    share = max(0.0, left / total * (1 - 2.0**-40))
    return np.asarray(limit * share).astype(np.int64)


def _sampled(limit: NDArray[np.int64], size_b: NDArray[np.int64], hop: int, stride: int) -> int:
    """Pairs that `sample_cells` measures."""
    cells = np.arange(0, len(limit), hop)
    rows = sampled_rows(limit[cells], cells // hop % stride, stride)
    return int((rows * size_b[cells]).sum())


def sampled_rows(
    rows: NDArray[np.int64], skip: NDArray[np.int64], stride: int
) -> NDArray[np.int64]:
    """How many of ``rows`` are seen: of quads from number ``skip`` on one in ``stride``."""
    whole, rest = np.divmod(np.maximum(rows - 4 * skip, 0), 4 * stride)
    return np.asarray(4 * whole + np.minimum(rest, 4))


def upper_edge(counts: NDArray[np.int64], fraction: float) -> np.float32:
    """Upper edge of the histogram bin where the cumulative share of pairs reaches ``fraction``."""
    bin_ = int(np.searchsorted(np.cumsum(counts), fraction * counts.sum()))
    edge = np.array([min(bin_ + 1, BINS) + LOW_BIN << BIN_SHIFT], dtype=np.int32)
    return np.float32(edge.view(np.float32)[0])
