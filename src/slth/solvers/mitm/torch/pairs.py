"""Pairs of half sums within a radius, on tensors: sorted keys and binary search.

A key of a row b is its cells in a few coordinates, then coordinate 0 in fine steps. Cells are wider
than 2·reach, so that the box of half-width ``reach`` round a row a meets at most two cells in each
coordinate; in each of the 2^g combinations its partners are one run of the sorted keys. No pair is
lost: rounded subtraction, multiplication by a positive number and floor are monotone.

The host waits once a chunk of rows (how many rows, how many pairs) and once a piece of pairs: these
are millions of entries each, set by the memory allowed.
"""

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

CELL = 2.5  # width of a cell, in units of the reach; above 2 by far more than rounding
CELL_BITS, FINE_BITS = 36, 26  # of a key: cells of all coordinates, steps of coordinate 0
MAX_AXES = 4
LOOKUP = 4.0  # cost of looking up a run of keys, in pairs measured


class Half(NamedTuple):
    """The sums {u + v}: u (p, D), v (q, D) by rising coordinate 0; masks (p,), (q,) int64."""

    u: torch.Tensor
    u_mask: torch.Tensor
    v: torch.Tensor
    v_mask: torch.Tensor


class Box(NamedTuple):
    """Bounds (D,) of the sums that can have a partner."""

    low: torch.Tensor
    high: torch.Tensor


class Axis(NamedTuple):
    """Cells of coordinate j: number ⌊(x − low)·scale⌋, clamped to 0 … cells − 1."""

    j: int
    low: float
    scale: float
    cells: int


class Grid(NamedTuple):
    """The cells of a key, and the fine steps of coordinate 0."""

    axes: tuple[Axis, ...]
    fine: Axis


class Keyed(NamedTuple):
    """Rows of B by rising key: rows (r, D), masks (r,), key (r,)."""

    rows: torch.Tensor
    masks: torch.Tensor
    key: torch.Tensor


Rows = tuple[torch.Tensor, torch.Tensor]  # rows (r, D) and masks (r,)


def count_below(half: Half, edges: torch.Tensor) -> torch.Tensor:
    """How many sums have coordinate 0 below each edge, (e,), up to rounding at the edge."""
    u, v = half.u[:, 0], half.v[:, 0].contiguous()
    parts = [
        torch.searchsorted(v, part[:, None] - u).sum(dim=1)
        for part in edges.split(max(1, (1 << 22) // len(u)))
    ]
    return torch.cat(parts)


def rows_between(
    half: Half, low: float, high: float, box: Box, room: int
) -> Iterator[tuple[Rows, int]]:
    """The sums with low ≤ coordinate 0 ≤ high, ``room`` at a time: those in the box; how many.

    Sums within a rounding of low or high may come or not: the caller widens the interval.
    """
    u0, v0 = half.u[:, 0], half.v[:, 0].contiguous()
    first = torch.searchsorted(v0, low - u0)
    count = (torch.searchsorted(v0, high - u0, right=True) - first).clamp(min=0)
    for i, k in _expand(first, count, room):
        rows = half.u[i] + half.v[k]
        inside = ((rows >= box.low) & (rows <= box.high)).all(dim=1)
        yield (rows[inside], (half.u_mask[i] | half.v_mask[k])[inside]), len(i)


def choose_grid(
    slab: tuple[float, float],
    sizes: tuple[float, float],
    reach: float,
    bounds: tuple[np.ndarray, np.ndarray],
    density: np.ndarray,
) -> Grid:
    """The grid of least cost a row of A: 2^g lookups, and the pairs that g coordinates leave.

    sizes: rows of A and B in the slab. density (D,): chance per unit length that a and b agree in a
    coordinate, so that cells of width w let (w + 2·reach)·density of the pairs through.
    """
    low, high = bounds
    share = np.minimum(1.0, (CELL + 2) * reach * density)
    useful = [int(j) for j in np.argsort(share, kind="stable") if j > 0 and share[j] < 1]
    width = max(slab[1] - slab[0], reach)
    pairs = sizes[1] * min(1.0, 2 * reach / width)
    best, cost = 0, math.inf
    for g in range(min(len(useful), MAX_AXES) + 1):
        each = 2.0**g * LOOKUP + pairs * float(np.prod(share[useful[:g]]))
        if each < cost:
            best, cost = g, each
    axes = tuple(
        _axis(j, low[j], high[j], CELL * reach, 2 ** (CELL_BITS // best)) for j in useful[:best]
    )
    edge = slab[0] - 2 * reach
    return Grid(axes, _axis(0, edge, slab[1] + 2 * reach, 0.0, 2**FINE_BITS))


def keyed(rows: Rows, grid: Grid) -> Keyed:
    """Sort rows of B by key."""
    vectors, masks = rows
    key = torch.zeros_like(masks)
    for axis in (*grid.axes, grid.fine):
        key = key * axis.cells + _cell(vectors[:, axis.j], axis)
    key, order = torch.sort(key, stable=True)
    return Keyed(vectors[order], masks[order], key)


def candidates(a: torch.Tensor, b: Keyed, grid: Grid, reach: float, room: int) -> Iterator[Rows]:
    """Index pairs (i, k), from ``room`` at a time, among which are all with ‖a_i − b_k‖ ≤ reach."""
    fine = grid.fine
    low, high = _cell(a[:, 0] - reach, fine), _cell(a[:, 0] + reach, fine)
    spans = [
        (_cell(a[:, axis.j] - reach, axis), _cell(a[:, axis.j] + reach, axis)) for axis in grid.axes
    ]
    firsts, counts = [], []
    for corner in itertools.product((0, 1), repeat=len(spans)):
        key, there = torch.zeros_like(low), torch.ones_like(low, dtype=torch.bool)
        for axis, (near, far), far_side in zip(grid.axes, spans, corner, strict=True):
            key = key * axis.cells + (far if far_side else near)
            if far_side:
                there &= far > near
        key *= fine.cells
        first = torch.searchsorted(b.key, key + low)
        count = torch.searchsorted(b.key, key + high, right=True) - first
        firsts.append(first)
        counts.append(count * there)
    for entry, k in _expand(torch.cat(firsts), torch.cat(counts), room):
        yield entry % len(a), k


def _expand(first: torch.Tensor, count: torch.Tensor, room: int) -> Iterator[Rows]:
    """All (e, first_e + t) with 0 ≤ t < count_e, ``room`` at a time."""
    ends = torch.cumsum(count, dim=0)
    total = int(ends[-1]) if len(ends) else 0
    shift = first - (ends - count)
    for start in range(0, total, room):
        at = torch.arange(start, min(total, start + room), device=first.device)
        entry = torch.searchsorted(ends, at, right=True)
        yield entry, shift[entry] + at


def _axis(j: int, low: float, high: float, width: float, most: int) -> Axis:
    span = float(high - low)
    cells = most if width == 0 else int(min(max(span / width, 1.0), most))
    scale = cells / span if span > 0 else 0.0
    return Axis(j, float(low), scale if math.isfinite(scale) else 0.0, cells)


def _cell(x: torch.Tensor, axis: Axis) -> torch.Tensor:
    return ((x - axis.low) * axis.scale).clamp_(0.0, axis.cells - 1.0).to(torch.int64)
