"""d = 1 meet-in-the-middle on tensors: half sums, one sort, one binary search a sum.

Left sums a, in mask order, look for their partner b ≈ z − a among the sorted right sums. The two
neighbours of fl(z − a) are compared by |fl(fl(a + b) − z)|: the best of them is the least error up
to the rounding of z − a, as in exact arithmetic when all sums are integers below 2^53. A chunk is
many instances, or a slice of one instance's left sums: some forty kernels whatever its size, and
the host waits only for the last chunk (with ``decide``: once a chunk).

Horowitz and Sahni 1974, doi:10.1145/321812.321823.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch

from slth.checks import FloatArray
from slth.solvers._base import BatchAnswer, Options

CHUNK = 1 << 24  # left sums at a time: 1 GiB of temporaries, far more than fills a GPU
LEAST_CHUNK = 1 << 20  # … that the predicted memory leaves room for
QUERY_BYTES = 64  # a left sum at work: z − a, its place, two partners, their gaps
SORT_BYTES = 48  # a right sum: itself, its sorted copy and mask, and as much while sorting

Rows = tuple[torch.Tensor | slice, torch.Tensor | slice]


def bytes_needed(n: int) -> int:
    """Predict the least peak of one instance on the device, in bytes."""
    left, right = 1 << (n - n // 2), 1 << (n // 2)
    return 2**20 + 8 * left + SORT_BYTES * right + QUERY_BYTES * min(left, LEAST_CHUNK)


def search_batch(
    X: FloatArray, Z: FloatArray, eps: float | None, options: Options, device: torch.device
) -> BatchAnswer:
    """Best subset of each instance: X (B, n), one sample if its first stride is 0; Z (B,).

    Work is 1 + 2^⌊m/2⌋ + 3·2^⌈m/2⌉ (sums, and two pairs a left sum) for the first m candidates,
    m = n unless the budget is smaller. With ``decide`` a first search among few candidates settles
    most instances; those are not complete.
    """
    B, n = X.shape
    m = _affordable(n, options.budget)
    one = B > 1 and X.strides[0] == 0
    goal = eps if eps and _cascades(options) else 0.0
    first = _first_try(X[:1] if one else X, goal, m) if goal else 0
    masks, work = [], []
    for block in _blocks(B, m, options.memory):
        x = torch.tensor(X[:1] if one else X[block], device=device)
        z = torch.tensor(Z[block], device=device)
        searcher = _Searcher(x, z, options.size, options.memory)
        if first:
            searcher.improve(first)
            open_ = torch.nonzero(searcher.error > goal)[:, 0]
            searcher.improve(m, open_)
        elif m:
            searcher.improve(m)
        masks.append(searcher.mask)
        work.append(searcher.work)
    mask, done = torch.cat(masks).cpu().numpy(), torch.cat(work).cpu().numpy()
    keep = (mask[:, None] >> np.arange(n)) & 1 == 1
    ended = np.full(B, m == n) if not first else done >= 1 + _pairs(m)
    return BatchAnswer(keep, ended, done)


class _Searcher:
    """The instances of a chunk, x (b, n) or (1, n), z (b,); the best mask and error so far."""

    def __init__(self, x: torch.Tensor, z: torch.Tensor, size: int | None, memory: int) -> None:
        self.x, self.z, self.size, self.memory = x, z, size, memory
        start = (1 << (size or 0)) - 1  # no candidates, or the first ones: any legal subset
        self.mask = torch.full(z.shape, start, dtype=torch.int64, device=z.device)
        self.error = _errors(x, z, self.mask)
        self.work = torch.ones_like(self.mask)

    def improve(self, m: int, chosen: torch.Tensor | None = None) -> None:
        """Search the first m candidates of the chosen instances (all: None)."""
        none_left = chosen is not None and len(chosen) == 0
        if none_left or (self.size is not None and self.size > m):
            return
        x, z, old, error = self.x, self.z, self.mask, self.error
        if chosen is not None:
            x = x if len(x) == 1 else x[chosen]
            z, old, error = z[chosen], old[chosen], error[chosen]
        mask = _closest(x[:, :m], z, self.size, _columns(m, len(z), self.memory))
        found = _errors(x, z, mask)
        better = found < error
        mask, error = torch.where(better, mask, old), torch.where(better, found, error)
        if chosen is None:
            self.mask, self.error = mask, error
            self.work += _pairs(m)
        else:
            self.mask[chosen], self.error[chosen] = mask, error
            self.work[chosen] += _pairs(m)


def _closest(x: torch.Tensor, z: torch.Tensor, size: int | None, step: int) -> torch.Tensor:
    """Masks (b,) of the pairs of half sums nearest to z (b,): x (b, m) or (1, m).

    step: left sums of an instance at a time.
    """
    m = x.shape[1]
    middle = m - m // 2
    left, right = _sums(x[:, :middle]), _sums(x[:, middle:])
    best = torch.full_like(z, torch.inf)
    mask = torch.zeros(z.shape, dtype=torch.int64, device=z.device)
    for left_rows, right_rows in _parts(middle, m - middle, size, z.device):
        a, left_masks = _pick(left, left_rows)
        b, right_masks = _pick(right, right_rows)
        b, order = torch.sort(b, dim=1, stable=True)
        for start in range(0, a.shape[1], step):
            part = a[:, start : start + step]
            gap, i, j = _nearest(part, b, z)
            j = order[0, j] if len(order) == 1 else torch.gather(order, 1, j[:, None])[:, 0]
            found = left_masks[start + i] | right_masks[j] << middle
            mask, best = torch.where(gap < best, found, mask), torch.minimum(gap, best)
    return mask


def _nearest(
    a: torch.Tensor, b: torch.Tensor, z: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return (gap, i, j), (batch,) each: the pair with the least |a_i + b_j − z|; b is sorted."""
    last = b.shape[1] - 1
    wanted = z[:, None] - a
    above = torch.searchsorted(b[0] if len(b) == 1 else b, wanted)
    gaps, rows, places = [], [], []
    for k in (above.clamp(max=last), (above - 1).clamp(min=0)):
        partner = b[0][k] if len(b) == 1 else torch.gather(b, 1, k)
        gap, i = (a + partner).sub_(z[:, None]).abs_().min(dim=1)
        gaps.append(gap)
        rows.append(i)
        places.append(torch.gather(k, 1, i[:, None])[:, 0])
    lower = gaps[1] < gaps[0]
    return (
        torch.minimum(*gaps),
        torch.where(lower, rows[1], rows[0]),
        torch.where(lower, places[1], places[0]),
    )


def _sums(x: torch.Tensor) -> torch.Tensor:
    """All subset sums of x (b, m) in index order, (b, 2^m): column number = mask."""
    b, m = x.shape
    sums = torch.zeros((b, 1 << m), dtype=x.dtype, device=x.device)
    for i in range(m):
        torch.add(sums[:, : 1 << i], x[:, i : i + 1], out=sums[:, 1 << i : 2 << i])
    return sums


def _parts(left: int, right: int, size: int | None, device: torch.device) -> Iterator[Rows]:
    """Which masks of left and of right candidates go together: all, or j and size − j of them."""
    if size is None:
        yield slice(None), slice(None)
        return
    on_left, on_right = _popcount(left, device), _popcount(right, device)
    for j in range(max(0, size - right), min(left, size) + 1):
        yield torch.nonzero(on_left == j)[:, 0], torch.nonzero(on_right == size - j)[:, 0]


def _pick(sums: torch.Tensor, rows: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor]:
    masks = torch.arange(sums.shape[1], device=sums.device)
    return (sums, masks) if isinstance(rows, slice) else (sums[:, rows], rows)


def _popcount(bits: int, device: torch.device) -> torch.Tensor:
    counts = torch.zeros(1 << bits, dtype=torch.int64, device=device)
    for i in range(bits):
        counts[1 << i : 2 << i] = counts[: 1 << i] + 1
    return counts


def _errors(x: torch.Tensor, z: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """|Σ_mask x_i − z|, (b,), summed in index order; adding 0 changes no bit."""
    total = torch.zeros_like(z)
    for i in range(x.shape[1]):
        total = total + torch.where((mask >> i) & 1 == 1, x[:, i], 0.0)
    return (total - z).abs()


def _blocks(B: int, m: int, memory: int) -> Iterator[slice]:
    """Instances that a chunk and the memory hold together, at least one."""
    left, right = 1 << (m - m // 2), 1 << (m // 2)
    each = (8 + QUERY_BYTES) * left + SORT_BYTES * right
    size = max(1, min(memory // each, CHUNK // left))
    yield from (slice(start, min(B, start + size)) for start in range(0, B, size))


def _columns(m: int, b: int, memory: int) -> int:
    """Left sums of each of b instances at a time: what the lists leave room for."""
    lists = b * (8 * (1 << (m - m // 2)) + SORT_BYTES * (1 << (m // 2)))
    return max(1, max(LEAST_CHUNK, min(CHUNK, (memory - lists) // QUERY_BYTES)) // b)


def _pairs(m: int) -> int:
    return (1 << (m // 2)) + 3 * (1 << (m - m // 2))


def _affordable(n: int, budget: int | None) -> int:
    """The most candidates, up to n, that a search within the budget takes in."""
    m = n
    while budget is not None and m > 0 and 1 + _pairs(m) > budget:
        m -= 1
    return m


def _cascades(options: Options) -> bool:
    return options.decide and options.budget is None and options.size is None


def _first_try(X: FloatArray, eps: float, n: int) -> int:
    """Candidates among which 8 subsets within eps are expected at z = 0; 0 if that is about n.

    2^m·2·eps/(√(2π) s) = 8 with s² = m E[x²]/4.
    """
    with np.errstate(over="ignore"):  # inf: no first try
        scale = math.sqrt(float(np.square(X).mean()))
    for m in range(1, n - 3):
        if 2.0 ** (m + 1) * eps >= 8 * math.sqrt(math.pi * m / 2) * scale:
            return m
    return 0
