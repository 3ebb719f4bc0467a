"""A block of problems, one after the other: choose candidates, scale them, descend."""

import math

import numpy as np
from numba import types

from slth.checks import BoolArray, FloatArray
from slth.solvers.beam.descent import Integers, descend, most_work, start_rest, width_at
from slth.solvers.beam.ladder import ascending, rungs, thin
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
def place(
    rows: FloatArray,
    factors: FloatArray,
    chosen: Integers,
    z: FloatArray,
    x: Floats,
    rests: Floats,
    scaled: FloatArray,
) -> bool:
    """Set x, longest first and zeros behind, and the first rest; whether z is within reach.

    x (m + 3, blocks, 8): rows[chosen], times factors[chosen] if there are any, and ``scaled`` (d,),
    z, are scaled by a power of two to entries of 1 at most.
    """
    m, size = len(chosen), largest(z)
    for i in chosen:
        factor = factors[i] if len(factors) > 0 else 1.0
        size = max(size, abs(factor) * largest(rows[i]))
    unit = math.ldexp(1.0, -math.frexp(size)[1])
    for i in range(m):
        number = chosen[m - 1 - i]
        row, factor = rows[number], factors[number] if len(factors) > 0 else 1.0
        for k in range(rows.shape[1]):
            x[i, k // LANES, k % LANES] = factor * row[k] * unit
    x[m : m + BITS - 1] = 0
    scaled[:] = z * unit
    far, spread = start_rest(x, m, scaled, rests)
    return far <= FAR * spread


@njit(
    types.void(
        types.Array(types.float64, 3, "C", readonly=True),
        types.Array(types.float64, 1, "C", readonly=True),
        types.Array(types.float64, 2, "C", readonly=True),
        types.UniTuple(types.float64, 2),
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
    factors: FloatArray,
    Z: FloatArray,
    ladder: tuple[float, float],
    width: int,
    budget: int,
    keep: BoolArray,
    work: Integers,
    halt: Flag,
) -> None:
    """Search X (B, n, d), or (1, n, d) for all, Z (B, d): sets keep (B, n), all False, and work.

    factors: (n,), the candidates are factors[i]·X[b, i] and as long as |factors[i]|; or (0,).
    ladder: gap and reach. work: children examined, at most ``budget`` a problem, which narrows the
    beam. Ends when ``halt`` is set.
    """
    n, d, blocks = X.shape[1], X.shape[2], (X.shape[2] + LANES - 1) // LANES
    room = (width + GROUP - 1) // GROUP * GROUP
    rests = np.empty((2, blocks, room, LANES), np.float32)
    dots, scores = np.empty((NORM + 1, room), np.float32), np.empty(room << BITS, np.float32)
    trace = np.empty(trace_room(n, d, width), np.int32)
    x = np.zeros((n + BITS, blocks, LANES), np.float32)
    z, kept = np.empty(d), np.empty(n, np.bool_)
    (gap, reach), pooled = ladder, len(factors) > 0
    lengths = np.abs(factors) if pooled else np.empty(n)
    order = ascending(lengths, np.inf) if pooled else np.empty(0, np.int64)
    for p in range(len(Z)):
        if stopped(halt):
            return
        scale, rows = largest(Z[p]), X[min(p, len(X) - 1)]
        if not pooled and p < len(X):
            root_mean_squares(rows, lengths)
        if scale == 0.0:
            continue
        top = reach * scale * math.sqrt(np.square(Z[p] / scale).mean())
        if not pooled:
            order = ascending(lengths, top)
        chosen = rungs(lengths, order, d, top, gap)
        within = len(chosen) == 0 or place(rows, factors, chosen, Z[p], x, rests[0], z)
        if not within:
            chosen = ascending(lengths, np.inf)
        m, fitting = affordable(len(chosen), d, width, budget)
        if m == 0:
            continue
        if m < len(chosen) or not within:
            chosen = thin(chosen, m)
            place(rows, factors, chosen, Z[p], x, rests[0], z)
        kept[:m] = False
        work[p] = descend(x, m, d, fitting, rests[0], rests[1], dots, scores, trace, kept, halt)
        for i in range(m):
            keep[p, chosen[i]] = kept[m - 1 - i]
