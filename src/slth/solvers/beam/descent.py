"""One problem: from the longest candidate to the shortest, and back along the parents."""

import numpy as np
from numpy.typing import NDArray

from slth.checks import BoolArray, FloatArray
from slth.solvers.beam.rests import (
    BITS,
    EVERYTHING,
    LANES,
    NORM,
    ZERO,
    Floats,
    closest,
    encode,
    measure,
    move,
    score,
    select,
    threshold,
)
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag

NARROW = 16  # the least width where a beam is wider
NEAR = 2  # so many times d candidates before the end the beam is at its full width
Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def width_at(left: int, d: int, width: int) -> int:
    """Rests kept where ``left`` candidates are still to be decided.

    Long candidates are many for their scale: any narrow beam follows them. The error is decided
    where the candidates get too few for theirs, which is near the end.
    """
    if left <= NEAR * d or width <= NARROW:
        return width
    share = NEAR * d / left
    return max(NARROW, int(width * share * share))


@njit(cache=True, nogil=True)
def most_work(m: int, d: int, width: int) -> int:
    """The children that a descent over m candidates examines, at most."""
    work, count, left = 0, 1, m
    bits = 1 + (m - 1) % BITS
    while left > 0:
        left -= bits
        work += count << bits
        count = min(count << bits, width_at(left, d, width))
        bits = BITS
    return work


@njit(cache=True, nogil=True)
def start_rest(x: Floats, m: int, z: FloatArray, rests: Floats) -> tuple[float, float]:
    """Set the first rest, z − ½ Σ x, and return its square and ¼ Σ ‖x‖²."""
    d = len(z)
    r, squares = z.copy(), np.zeros(d)
    for i in range(m):
        row = x[i].reshape(-1)
        for k in range(d):
            v = np.float64(row[k])
            r[k] -= 0.5 * v
            squares[k] += v * v
    first = rests[:, 0]
    first[:] = ZERO
    for k in range(d):
        first[k // LANES, k % LANES] = r[k]
    return np.square(r).sum(), 0.25 * squares.sum()


@njit(cache=True, nogil=True)
def descend(
    x: Floats,
    m: int,
    d: int,
    width: int,
    rests: Floats,
    spare: Floats,
    dots: Floats,
    scores: Floats,
    trace: np.ndarray,
    keep: BoolArray,
    halt: Flag,
) -> int:
    """Decide candidates x[:m], long to short, from rests[:, 0]; writes keep (m,); children made.

    x (m + 3, blocks, 8); rests, spare (blocks, room, 8), dots (5, room) and scores (16·room,) for
    room ≥ width, a multiple of 16; trace: int32, the rests kept at every step. Ends, with nothing
    decided, when ``halt`` is set.
    """
    codes, squares = np.zeros((1 << BITS, len(rests), LANES), np.float32), np.empty(16, np.float32)
    starts = np.empty(m // BITS + 2, np.int64)
    dots[NORM, 0] = ZERO
    for k in range(len(rests)):
        for c in range(LANES):
            dots[NORM, 0] += rests[k, 0, c] * rests[k, 0, c]
    work, count, at, step, end = 0, 1, 0, 0, 0
    bits = 1 + (m - 1) % BITS
    last, ratio = ZERO, np.float32(1)  # the threshold before, and its share of the one before that
    while at < m:
        if stopped(halt):
            return work
        keeps = width_at(m - at - bits, d, width)
        padded = measure(rests, count, x, at, dots)
        encode(x, at, bits, codes, squares)
        score(dots, padded, bits, squares, scores)
        work += count << bits
        starts[step] = end
        bounds = EVERYTHING, EVERYTHING
        if (count << bits) > keeps:
            guess = last * ratio if last > 0 else dots[NORM, :count].mean()
            bounds = threshold(scores, padded << bits, keeps, np.float32(guess), 2.0 / d)
            ratio = bounds[0] / last if last > 0 else np.float32(1)
            last = bounds[0]
        count = select(scores, padded, 1 << bits, bounds, keeps, trace[end:])
        move(rests, codes, trace[end:], count, spare, dots)
        rests, spare = spare, rests
        at, step, end, bits = at + bits, step + 1, end + count, BITS
    _trace_back(trace, starts[:step], closest(rests, count), m, keep)
    return work


@njit(cache=True, nogil=True)
def _trace_back(trace: np.ndarray, starts: Integers, which: int, m: int, keep: BoolArray) -> None:
    """Set keep (m,) to the decisions on the way to rest ``which`` of the last step."""
    end = m
    for step in range(len(starts) - 1, -1, -1):
        child = trace[starts[step] + which]
        begin = max(0, end - BITS)
        for i in range(begin, end):
            keep[i] = (child >> (i - begin)) & 1
        which, end = child >> BITS, begin
