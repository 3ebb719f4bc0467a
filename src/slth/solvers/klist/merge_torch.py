"""One merge of the k-list tree on a torch device: the twin of `klist_merge.merge`.

The same cells, drawn the same way. Cells of like size are padded to blocks (c, r, s), and all pairs
of a block are measured at once. ‖a − b‖² is the one product of [−2a, ‖a‖², 1] and [b, 1, ‖b‖²]; in
bf16, where a GPU is fastest, each squared norm is two columns (its rounding and the rest), so that
the large terms cancel inside the product and the result is rounded relative to itself. What passes
a slightly wider threshold is measured again in float32. The threshold starts from a sample and is
lowered whenever twice the pairs wanted have been collected: the closest pairs measured come back.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from slth import devices as gpu
from slth.checks import FloatArray
from slth.solvers._base import Options
from slth.solvers.klist import cells_torch as klist_cells_torch
from slth.solvers.klist.cells_torch import Cells
from slth.solvers.klist.ends import UNLIMITED
from slth.solvers.klist.merge import Index, Run, fewer

CHUNK = 1 << 26  # pairs at a time: a millisecond of a large GPU, against one wait of the host
PAIR_BYTES = 16  # a pair at work: its square, whether it is under the threshold, its number
SAMPLED = 1 << 20  # pairs that the first threshold rests on
FEW = (
    4  # up to this d, and where products would cancel, squares are summed coordinate by coordinate
)
BF16_ERROR = 2.0**-8  # of a difference of two rounded vectors, in units of the cell's rms length
BF16_REACH = 2.0**-5  # least threshold for bf16, and
FLOAT_REACH = 2.0**-8  # for a float32 product, in the same units
FLOAT_ERROR = 2.0**-20  # of a float32 product, in units of the mean square
FAR = 1e30  # the square of a padding row; two add up to a finite float32


class Found(NamedTuple):
    """Pairs collected: squares and rows in cell order."""

    square: torch.Tensor
    i: torch.Tensor
    j: torch.Tensor


@dataclass(frozen=True)
class Merger:
    """Merges lists on a device; ``mode`` is chosen by each merge unless it is set."""

    device: torch.device
    chunk: int = CHUNK
    mode: str | None = None

    @classmethod
    def of(cls, options: Options) -> "Merger":
        """Use at most a quarter of the memory for pairs."""
        return cls(gpu.place(options.device), chunk_bytes(options.memory) // PAIR_BYTES)

    @torch.inference_mode()
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
        """Return (i, j, work): the ``keep`` smallest ‖A_i + B_j‖₂ among the pairs of a cell.

        A (La, d), B (Lb, d); ``run`` is not used. Work counts the pairs measured: of every
        cell fewer rows of A when all would exceed ``left``. Cost: one copy of the lists to the
        device; the host waits once a chunk of pairs.
        """
        cells = klist_cells_torch.cut(A, B, bits, rng, self.device)
        if cells.total == 0:  # no cell is shared: pair the rows as they come
            rows = np.arange(min(len(A), len(B), keep, left), dtype=np.int32)
            return rows, rows, len(rows)
        seed = int(rng.integers(2**62))
        sampled = min(SAMPLED, cells.total, self.chunk) if keep < cells.total else 0
        if sampled + cells.total > left:
            cells = replace(cells, limit=fewer(cells.limit, cells.total, left - sampled))
            if cells.total == 0:
                return np.empty(0, np.int32), np.empty(0, np.int32), 0
        limit, work = self._first_limit(cells, keep, seed)
        mode, size = self.mode or _mode(cells, limit), cells.mean_square
        found: list[Found] = []
        count, most = 0, 2 * keep + (1 << 12)
        for task in cells.tasks(self.chunk):
            part = _measure(cells, task, mode, limit, size)
            found.append(part)
            count += len(part.square)
            if count > most:
                found = [_smallest(found, keep)]
                count, limit = keep, found[0].square[-1]
        best = _smallest(found, keep)
        i, j = cells.a_order[best.i], cells.b_order[best.j]
        return (
            i.to(torch.int32).cpu().numpy(),
            j.to(torch.int32).cpu().numpy(),
            work + cells.total,
        )

    def _first_limit(self, cells: Cells, keep: int, seed: int) -> tuple[torch.Tensor, int]:
        """Return (limit, pairs seen): somewhat more than ``keep`` of all squares are below it."""
        if keep >= cells.total:
            return torch.tensor(FAR / 8, device=self.device), 0
        size = min(SAMPLED, cells.total, self.chunk)
        draw = torch.Generator(self.device).manual_seed(seed)
        i, j = cells.random_pairs(size, draw)
        rank = min(size, int(1.3 * size * keep / cells.total) + 32)
        return torch.sort(_squares(cells, i, j)).values[rank - 1], size


def chunk_bytes(memory: int) -> int:
    """Bytes of the pairs measured at a time, within ``memory``."""
    return min(CHUNK * PAIR_BYTES, max(memory // 4, PAIR_BYTES << 16))


def _mode(cells: Cells, limit: torch.Tensor) -> str:
    """How pairs are measured first: by how far the limit is below the size of a cell."""
    ratio = float(limit.sqrt()) / max(cells.mean_square**0.5, 1e-30)
    if cells.d <= FEW or ratio < FLOAT_REACH:
        return "squares"
    return "bf16" if cells.a.is_cuda and ratio >= BF16_REACH else "float32"


def _measure(
    cells: Cells, task: klist_cells_torch.Task, mode: str, limit: torch.Tensor, size: float
) -> Found:
    """The pairs of a task within the squared distance ``limit``."""
    a, b, rows_a, rows_b = cells.block(task)
    if mode == "squares":
        bound, square = limit, _by_coordinate(a, b)
    elif mode == "float32":
        bound, square = limit + FLOAT_ERROR * size, torch.bmm(*_columns(a, b, torch.float32))
    else:
        bound = (limit.sqrt() + BF16_ERROR * size**0.5) ** 2
        square = torch.bmm(*_columns(a, b, torch.bfloat16))
    hit = torch.nonzero(square.view(-1) <= bound)[:, 0]
    r, s = square.shape[1:]
    block, rest = hit // (r * s), hit % (r * s)
    i, j = rows_a[block, rest // s], rows_b[block, rest % s]
    exact = _squares(cells, i, j)
    near = exact <= limit
    return Found(exact[near], i[near], j[near])


def _columns(
    a: torch.Tensor, b: torch.Tensor, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """Factors (c, r, K) and (c, K, s) whose product is ‖a − b‖²; padding rows (nan) are far.

    K is a multiple of 8, as tensor cores like it.
    """
    sides = []
    for x, factor in ((a, -2.0), (b, 1.0)):
        padding = torch.isnan(x[..., :1])
        rounded = torch.where(padding, 0.0, x).to(dtype)
        exact = rounded.to(torch.float32)
        square = torch.where(padding, FAR, exact.square().sum(dim=2, keepdim=True))
        high = square.to(dtype)
        low = (square - high.to(torch.float32)).to(dtype)
        one = torch.ones_like(high)
        norms = (high, low, one, one) if factor < 0 else (one, one, high, low)
        sides.append(torch.cat([factor * rounded, *norms], dim=2))
    more = -sides[0].shape[2] % 8
    left, right = (torch.nn.functional.pad(side, (0, more)) for side in sides)
    return left, right.transpose(1, 2)


def _by_coordinate(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """‖a − b‖² (c, r, s) by subtraction; nan, which is under no threshold, for padding."""
    square = torch.zeros((len(a), a.shape[1], b.shape[1]), dtype=a.dtype, device=a.device)
    for k in range(a.shape[2]):
        gap = a[:, :, None, k] - b[:, None, :, k]
        square.addcmul_(gap, gap)
    return square


def _squares(cells: Cells, i: torch.Tensor, j: torch.Tensor) -> torch.Tensor:
    """‖a_i − b_j‖² (p,) in float32 relative to the cell."""
    return (cells.a[i] - cells.b[j]).square_().sum(dim=1)


def _smallest(parts: list[Found], keep: int) -> Found:
    """The ``keep`` smallest, in order; ties in the order found."""
    square, i, j = (torch.cat(column) for column in zip(*parts, strict=True))
    order = torch.sort(square, stable=True).indices[:keep]
    return Found(square[order], i[order], j[order])
