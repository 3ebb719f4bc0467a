"""A block of problems, one after the other: choose candidates, scale them, descend."""

import math

import numpy as np
from numba import types

from slth.checks import BoolArray, FloatArray
from slth.solvers.beam.descent import Integers, descend, most_work, start_rest, width_at
from slth.solvers.beam.ladder import REACH, everything, rungs
from slth.solvers.beam.rests import BITS, GROUP, LANES, NORM, Floats
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag

FAR = 9.0  # a start of more than so many times the variance of the sums is out of their reach
FAST = {"nnan", "ninf", "nsz", "contract", "reassoc"}  # sums may be reordered into vector lanes
UNLIMITED = 2**62


def blocks_of(d: int) -> int:
    """Vectors of eight that hold d numbers."""
    return -(-d // LANES)


def room_of(width: int) -> int:
    """Rests in a row of the working arrays."""
    return -(-width // GROUP) * GROUP


def working_bytes(n: int, d: int, width: int) -> int:
    """Working memory of one thread."""
    room, vector = room_of(width), 4 * LANES * blocks_of(d)
    rests = room * (2 * vector + 4 * (NORM + 1) + (4 << BITS))
    steps = n // BITS + 2
    wide = min(steps, d // 2 + 2)  # about as many at the full width, and as many again in all
    trace = 4 * min(steps * width, 2 * wide * width + 16 * steps)
    return rests + trace + (n + 4) * vector + 40 * n + 8 * steps + (vector << BITS)


@njit(cache=True, nogil=True, fastmath=FAST)
def root_mean_squares(rows: FloatArray, out: FloatArray) -> None:
    """Set out (n,) to the root mean square entries of rows (n, d)."""
    n, d = rows.shape
    for i in range(n):
        s = 0.0
        for k in range(d):
            s += rows[i, k] * rows[i, k]
        out[i] = math.sqrt(s / d)


@njit(cache=True, nogil=True, fastmath=FAST)
def largest(values: FloatArray) -> float:
    """The largest |value| of values (m,); 0 of none."""
    out = 0.0
    for k in range(len(values)):
        out = max(out, abs(values[k]))
    return out


@njit(cache=True, nogil=True)
def trace_room(n: int, d: int, width: int) -> int:
    """Rests kept in all the steps of a descent over n candidates, at most."""
    total, left = 0, n
    while left > 0:
        left = max(0, left - BITS)
        total += width_at(left, d, width)
    return total + width


@njit(cache=True, nogil=True)
def affordable(m: int, d: int, width: int, budget: int) -> tuple[int, int]:
    """How many of m candidates, and what width up to ``width``, the budget pays for."""
    if most_work(m, d, 1) > budget:
        full = budget >> BITS
        m = min(m, BITS * full if full > 0 else int(math.log2(budget)))
        return m, 1
    while most_work(m, d, width) > budget:
        width = width - (width + 3) // 4
    return m, width


@njit(cache=True, nogil=True)
def thin(chosen: Integers, m: int) -> Integers:
    """m of the candidates chosen, evenly spaced, the longest among them."""
    out = np.empty(m, np.int64)
    for i in range(m):
        out[i] = chosen[(i + 1) * len(chosen) // m - 1]
    return out


@njit(cache=True, nogil=True)
def fill_rows(rows: FloatArray, chosen: Integers, unit: float, x: Floats) -> None:
    """Set x (m + 3, blocks, 8) to unit·rows[chosen], the last one first, and zeros behind."""
    m, d = len(chosen), rows.shape[1]
    for i in range(m):
        row = rows[chosen[m - 1 - i]]
        for k in range(d):
            x[i, k // LANES, k % LANES] = row[k] * unit
    x[m : m + BITS - 1] = 0


@njit(cache=True, nogil=True)
def largest_of(rows: FloatArray, chosen: Integers) -> float:
    """The largest |entry| of rows[chosen]."""
    out = 0.0
    for i in chosen:
        out = max(out, largest(rows[i]))
    return out


@njit(cache=True, nogil=True)
def place(
    rows: FloatArray,
    chosen: Integers,
    z: FloatArray,
    x: Floats,
    rests: Floats,
    scaled: FloatArray,
) -> bool:
    """Scale by a power of two, set x and the first rest; whether the target is within reach."""
    unit = math.ldexp(1.0, -math.frexp(max(largest(z), largest_of(rows, chosen)))[1])
    fill_rows(rows, chosen, unit, x)
    scaled[:] = z * unit
    far, spread = start_rest(x, len(chosen), scaled, rests)
    return far <= FAR * spread


@njit(
    types.void(
        types.Array(types.float64, 3, "C", readonly=True),
        types.Array(types.float64, 2, "C", readonly=True),
        types.int64,
        types.int64,
        types.boolean[:, ::1],
        types.int64[::1],
        types.Array(types.uint8, 1, "C", readonly=True),
    ),
    cache=True,
    nogil=True,
)
def solve_block(
    X: FloatArray,
    Z: FloatArray,
    width: int,
    budget: int,
    keep: BoolArray,
    work: Integers,
    halt: Flag,
) -> None:
    """Search X (B, n, d), or (1, n, d) for all, Z (B, d): sets keep (B, n), all False, and work.

    work: children examined, at most ``budget`` a problem, which narrows the beam. Ends when
    ``halt`` is set.
    """
    (n, d), blocks = X.shape[1:], (X.shape[2] + LANES - 1) // LANES
    room = (width + GROUP - 1) // GROUP * GROUP
    rests = np.empty((2, blocks, room, LANES), np.float32)
    dots, scores = np.empty((NORM + 1, room), np.float32), np.empty(room << BITS, np.float32)
    trace = np.empty(trace_room(n, d, width), np.int32)
    x = np.zeros((n + BITS, blocks, LANES), np.float32)
    lengths, z, kept = np.empty(n), np.empty(d), np.empty(n, np.bool_)
    for p in range(len(Z)):
        if stopped(halt):
            return
        rows = X[min(p, len(X) - 1)]
        if p < len(X):
            root_mean_squares(rows, lengths)
        scale = largest(Z[p])
        if scale == 0.0:
            continue
        top = REACH * scale * math.sqrt(np.square(Z[p] / scale).mean())
        chosen = rungs(lengths, d, top)
        within = len(chosen) == 0 or place(rows, chosen, Z[p], x, rests[0], z)
        if not within:
            chosen = everything(lengths)
        m, fitting = affordable(len(chosen), d, width, budget)
        if m == 0:
            continue
        if m < len(chosen) or not within:
            chosen = thin(chosen, m)
            place(rows, chosen, Z[p], x, rests[0], z)
        work[p] = descend(x, m, d, fitting, rests[0], rests[1], dots, scores, trace, kept)
        for i in range(m):
            keep[p, chosen[i]] = kept[m - 1 - i]
