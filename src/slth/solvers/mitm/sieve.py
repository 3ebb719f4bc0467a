"""Which half sums can have a partner: a bit map of hashed cells, at a few ns a sum.

A sum is u + v of two quarter lists. Each list keeps its coordinates as 32-bit fixed-point codes, so
the code of a sum is one addition, and the high bits of a code number a cell of the coordinate. The
cells of several coordinates are hashed to a key that is linear in the cell numbers: the key of the
next cell of coordinate j is one addition away. One half marks the keys of all cells that a box of
half-width ``pad`` about its sums touches; a sum of the other half whose key is not marked has no
partner. Codes wrap around and keys collide: both let a sum pass, neither can drop one.

Why no pair is lost: w(x) = rint(x·scale) is off by 1/2 + |x·scale|·2^-53 < 5/8, so the codes of
a = u + v and b = u' + v' with |a − b| ≤ reach differ by less than reach·scale + 4·5/8 ≤ pad.
"""

from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.mitm.halves import Half

FRACTION = 7  # bits of a code below the cell number
UNIT = 1 << FRACTION  # codes in a cell
MOST_BITS = 32 - FRACTION  # of a key that differ from cell to cell
UNLIMITED = 1 << 62
CODE_LIMIT = 2.0**50  # |x·scale|, for the bound on rounding above

# odd, and far from small integer relations: high words of the first outputs of SplitMix64 (Steele,
# Lea and Flood 2014), or 1
_FACTORS = np.array(
    [
        0xE220A839,
        0x6E789E6B,
        0x06C45D19,
        0xF88BB8A9,
        0x1B39896B,
        0x53CB9F0D,
        0x2C829ABF,
        0xC584133B,
        0x3EE57891,
    ],
    dtype=np.uint32,
)
_CELL = np.uint32(2**32 - UNIT)
_FRACTION, _WORD, _INDEX = np.uint32(FRACTION), np.uint64(5), np.uint64(31)
_ONE = np.uint32(1)


class Cells(NamedTuple):
    """The hash of a sum: coordinates (g,), codes per unit of each (g,), odd multipliers (g,).

    pad: (g,) codes by which those of two partners may differ, at most UNIT/2.
    step: (2^g,) what a set of coordinates, moved to the next cell, adds to a key.
    """

    axis: np.ndarray
    scale: FloatArray
    factor: np.ndarray
    pad: np.ndarray
    step: np.ndarray


class Codes(NamedTuple):
    """Fixed-point coordinates of the two quarter lists of a half: (g, q) uint32 each."""

    u: np.ndarray
    v: np.ndarray


class Walk(NamedTuple):
    """Where a walk over the sums low ≤ u_0 + v_0 < high stands: place = next u, first v, last v."""

    low: float
    high: float
    place: np.ndarray


@njit(cache=True, nogil=True)
def cells_of(axis: np.ndarray, scale: FloatArray, reach: FloatArray) -> Cells:
    """Set up the hash of coordinates ``axis`` for partners within reach (g,); 0: exact integers."""
    g = axis.size
    factor, pad = np.empty(g, dtype=np.uint32), np.empty(g, dtype=np.uint32)
    step = np.zeros(1 << g, dtype=np.uint32)
    for j in range(g):
        factor[j] = _FACTORS[j]
        pad[j] = np.uint32(np.ceil(reach[j] * scale[j]) + 3 if reach[j] > 0 else 0)
        for k in range(1 << j):
            step[(1 << j) + k] = np.uint32(step[k] + factor[j] * np.uint32(UNIT))
    return Cells(axis, scale, factor, pad, step)


def encode(half: Half, cells: Cells) -> Codes:
    """Codes of both lists of a half."""
    return Codes(_encode(half.u, cells), _encode(half.v, cells))


@njit(cache=True, nogil=True)
def _encode(rows: FloatArray, cells: Cells) -> np.ndarray:
    codes = np.empty((cells.axis.size, rows.shape[0]), dtype=np.uint32)
    for g in range(cells.axis.size):
        j, scale = cells.axis[g], cells.scale[g]
        for i in range(rows.shape[0]):
            codes[g, i] = np.uint32(np.int64(np.rint(rows[i, j] * scale)))
    return codes


@njit(cache=True, nogil=True)
def walk(half: Half, low: float, high: float) -> Walk:
    """Start a walk: as u_0 grows, the interval of partners in v moves down, two pointers."""
    return Walk(low, high, np.array([0, half.v0.size, half.v0.size]))


@njit(cache=True, nogil=True)
def _run(half: Half, at: Walk) -> tuple[int, int, int]:
    """Go to the next u: (its index, first and last v)."""
    v0 = half.v0
    i, first, last = at.place[0], at.place[1], at.place[2]
    x = half.u0[i]
    while first > 0 and x + v0[first - 1] >= at.low:
        first -= 1
    while last > 0 and x + v0[last - 1] >= at.high:
        last -= 1
    at.place[0], at.place[1], at.place[2] = i + 1, first, last
    return i, first, last


@njit(cache=True, nogil=True)
def _keys(codes: Codes, cells: Cells, i: int, first: int, last: int, keys: np.ndarray) -> None:
    """Write the keys of u_i + v_k, first ≤ k < last."""
    size = last - first
    keys[:size] = 0
    for j in range(cells.axis.size):
        row, shift, factor = codes.v[j, first:last], codes.u[j, i], cells.factor[j]
        for t in range(size):
            keys[t] += ((row[t] + shift) & _CELL) * factor


@njit(cache=True, nogil=True)
def _lowest(
    codes: Codes,
    cells: Cells,
    i: int,
    first: int,
    last: int,
    keys: np.ndarray,
    crossed: np.ndarray,
) -> None:
    """Write the key of the lowest cell of each box, and the set of coordinates it crosses."""
    size = last - first
    keys[:size] = 0
    crossed[:size] = 0
    for j in range(cells.axis.size):
        row, factor, bit = codes.v[j, first:last], cells.factor[j], np.uint32(j)
        pad = cells.pad[j]
        shift, width = codes.u[j, i] - pad, np.uint32(2) * pad
        for t in range(size):
            low = np.uint32(row[t] + shift)
            cell = low & _CELL
            keys[t] += cell * factor
            crossed[t] |= (np.uint32(((low + width) & _CELL) - cell) >> _FRACTION) << bit


@njit(cache=True, nogil=True)
def key_of(codes: Codes, cells: Cells, i: int, k: int) -> np.uint32:
    """The key of u_i + v_k."""
    key = np.uint32(0)
    for j in range(cells.axis.size):
        key += (np.uint32(codes.u[j, i] + codes.v[j, k]) & _CELL) * cells.factor[j]
    return np.uint32(key)


@njit(cache=True, nogil=True)
def box_of(codes: Codes, cells: Cells, i: int, k: int) -> tuple[np.uint32, np.uint32]:
    """The key of the lowest cell of the box about u_i + v_k, and the coordinates it crosses."""
    key = crossed = np.uint32(0)
    for j in range(cells.axis.size):
        low = np.uint32(codes.u[j, i] + codes.v[j, k] - cells.pad[j])
        cell = low & _CELL
        key += cell * cells.factor[j]
        up = np.uint32(low + np.uint32(2) * cells.pad[j]) & _CELL
        crossed |= (np.uint32(up - cell) >> _FRACTION) << np.uint32(j)
    return np.uint32(key), np.uint32(crossed)


@njit(cache=True, nogil=True)
def mark_boxes(
    size: int, keys: np.ndarray, crossed: np.ndarray, step: np.ndarray, bits: np.ndarray, drop: int
) -> None:
    """Set the bits of all cells of ``size`` boxes: every subset of the crossed coordinates."""
    for t in range(size):
        key, every = keys[t], crossed[t]
        part = every
        while True:
            k = np.uint64(np.uint32(key + step[part])) >> np.uint64(drop)
            bits[k >> _WORD] |= _ONE << np.uint32(k & _INDEX)
            if part == 0:
                break
            part = np.uint32((part - _ONE) & every)


@njit(cache=True, nogil=True)
def mark(
    half: Half,
    codes: Codes,
    cells: Cells,
    at: Walk,
    room: int,
    bits: np.ndarray,
    drop: int,
    keys: np.ndarray,
    crossed: np.ndarray,
    halt: Flag | None = None,
) -> int:
    """Mark the sums of a walk until at least ``room``, or a flag ``halt``; return how many.

    bits: 2^(32−drop) of them; the bit of a key is its high bits. keys, crossed: (longest run,).
    """
    rows = 0
    while rows < room and at.place[0] < half.u0.size and not stopped(halt):
        i, first, last = _run(half, at)
        if last > first:
            _lowest(codes, cells, i, first, last, keys, crossed)
            mark_boxes(last - first, keys, crossed, cells.step, bits, drop)
            rows += last - first
    return rows


@njit(cache=True, nogil=True)
def sieve(
    half: Half,
    codes: Codes,
    cells: Cells,
    at: Walk,
    end: int,
    bits: np.ndarray,
    drop: int,
    keys: np.ndarray,
    found: np.ndarray,
    most: int = UNLIMITED,
    halt: Flag | None = None,
) -> tuple[int, int]:
    """Write those sums of a walk whose bit is set, as i·2^32 + k for u_i + v_k.

    Return (how many, sums seen). Stops before u number ``end``, when ``found`` may not hold another
    run, with the run in which ``most`` sums are exceeded, or at ``halt``; the walk goes on there.
    """
    rows = count = 0
    room = found.size - half.v0.size
    while at.place[0] < end and count <= room and rows <= most and not stopped(halt):
        i, first, last = _run(half, at)
        if last > first:
            _keys(codes, cells, i, first, last, keys)
            base = (i << 32) + first
            for t in range(last - first):
                k = np.uint64(keys[t]) >> np.uint64(drop)
                found[count] = base + t
                count += int(np.int64((bits[k >> _WORD] >> np.uint32(k & _INDEX)) & _ONE))
            rows += last - first
    return count, rows
