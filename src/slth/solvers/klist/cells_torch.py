"""Two lists of the k-list tree in cells on a torch device, and the blocks that pairs come in."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from slth.checks import FloatArray

SAMPLE = 2048  # vectors of each list that the quantiles of the cells rest on
FAIR = 16  # pairs of a cell at most, in units of what cells of equal size would have


class Task(NamedTuple):
    """Cells (host indices) taken side by side, and which of their rows of A."""

    cells: np.ndarray
    first: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Cells:
    """Rows of A and of −B by cell, in float32 relative to the first row of A in the cell.

    a (La, d), b (Lb, d); a_order, b_order: their rows in the lists; cell c is a_start[c] …
    a_start[c + 1]; limit: rows of A that a cell measures.
    """

    a: torch.Tensor
    b: torch.Tensor
    a_order: torch.Tensor
    b_order: torch.Tensor
    a_start: np.ndarray
    b_start: np.ndarray
    limit: np.ndarray

    @property
    def d(self) -> int:
        """Dimension."""
        return self.a.shape[1]

    @cached_property
    def pairs(self) -> np.ndarray:
        """Pairs of each cell."""
        return self.limit * np.diff(self.b_start)

    @cached_property
    def total(self) -> int:
        """Pairs of all cells."""
        return int(self.pairs.sum())

    @cached_property
    def mean_square(self) -> float:
        """Mean squared length of a row of A in its cell."""
        return float(self.a[: 1 << 16].square().sum(dim=1).mean())

    def tasks(self, chunk: int) -> Iterator[Task]:
        """Blocks of at most ``chunk`` pairs, and of entries of vectors, padding included.

        A single row may have more.
        """
        sizes = np.diff(self.b_start)
        alive = np.flatnonzero(self.pairs)
        alive = alive[np.argsort(-self.limit[alive], kind="stable")]
        rows, columns = self.limit[alive], sizes[alive]
        widest = np.maximum.accumulate(columns[::-1])[::-1]
        at = 0
        while at < len(alive):
            vectors = (rows[at] + widest[at]) * self.d
            count = int(max(1, chunk // max(rows[at] * widest[at], vectors)))
            some, wide = alive[at : at + count], int(columns[at : at + count].max())
            step = int(max(1, min(rows[at], chunk // (len(some) * wide))))
            for first in range(0, int(rows[at]), step):
                yield Task(some, first, min(step, int(rows[at]) - first), wide)
            at += count

    def block(self, task: Task) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Vectors (c, r, d), (c, s, d), nan where padded, and their row numbers (c, r), (c, s)."""
        cells, device = task.cells, self.a.device
        sides = []
        for x, start, size, first, most in (
            (self.a, self.a_start, self.limit, task.first, task.rows),
            (self.b, self.b_start, np.diff(self.b_start), 0, task.columns),
        ):
            ends = torch.tensor(np.stack([start[cells], start[cells] + size[cells]]), device=device)
            rows = ends[0, :, None] + first + torch.arange(most, device=device)
            padding = rows >= ends[1, :, None]
            rows = torch.where(padding, 0, rows)
            sides.append((torch.where(padding[..., None], torch.nan, x[rows]), rows))
        return sides[0][0], sides[1][0], sides[0][1], sides[1][1]

    def random_pairs(self, size: int, draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows (size,), (size,) of pairs uniform over all that are measured."""
        device = self.a.device
        ends = torch.tensor(np.cumsum(self.pairs), device=device)
        shift = torch.tensor(np.stack([self.a_start[:-1], self.b_start[:-1]]), device=device)
        columns = torch.tensor(np.diff(self.b_start), device=device)
        at = torch.rand(size, generator=draw, device=device, dtype=torch.float64) * self.total
        at = at.to(torch.int64).clamp_(max=self.total - 1)
        cell = torch.searchsorted(ends, at, right=True)
        inside = at - (ends[cell] - torch.tensor(self.pairs, device=device)[cell])
        return (
            shift[0, cell] + inside // columns[cell],
            shift[1, cell] + inside % columns[cell],
        )


def cut(
    A: FloatArray, B: FloatArray, bits: int, rng: np.random.Generator, device: torch.device
) -> Cells:
    """Cut A and −B into 2^bits cells by quantiles along min(bits, d) random directions."""
    d = A.shape[1]
    q = min(bits, d)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0][:q]
    picks = (rng.integers(0, len(A), SAMPLE), rng.integers(0, len(B), SAMPLE))
    seen = np.concatenate([A[picks[0]], -B[picks[1]]]) @ turn.T
    digits = [bits // d + (k < bits % d) for k in range(q)]
    edges = [
        np.quantile(seen[:, k], np.arange(1, 2**digit) / 2**digit) for k, digit in enumerate(digits)
    ]
    largest = max(np.abs(A[:SAMPLE]).max(), np.abs(B[:SAMPLE]).max())
    scale = 1.0 / float(largest) if largest > 0 else 1.0
    sides = []
    for x in (torch.tensor(A, device=device), -torch.tensor(B, device=device)):
        along = x @ torch.tensor(turn, device=device).T
        key = torch.zeros(len(x), dtype=torch.int64, device=device)
        for k, digit in enumerate(digits):
            places = torch.tensor(edges[k], device=device)
            key = (key << digit) + torch.searchsorted(places, along[:, k].contiguous())
        key, order = torch.sort(key, stable=True)
        start = torch.searchsorted(key, torch.arange(2**bits + 1, device=device))
        sides.append((x[order], order, key, start))
    (a, a_order, a_key, a_start), (b, b_order, b_key, b_start) = sides
    origin = a[a_start[:-1].clamp(max=len(a) - 1)]
    starts = (a_start.cpu().numpy(), b_start.cpu().numpy())
    return Cells(
        ((a - origin[a_key]) * scale).to(torch.float32),
        ((b - origin[b_key]) * scale).to(torch.float32),
        a_order,
        b_order,
        *starts,
        _limits(np.diff(starts[0]), np.diff(starts[1])),
    )


def _limits(size_a: np.ndarray, size_b: np.ndarray) -> np.ndarray:
    """Rows of A that each cell measures: all, unless ties make one cell far larger than others."""
    cells = len(size_a)
    fair = FAIR * (int(size_a.sum()) // cells + 1) * (int(size_b.sum()) // cells + 1)
    return np.where(size_b > 0, np.minimum(size_a, fair // np.maximum(size_b, 1) + 1), 0)
