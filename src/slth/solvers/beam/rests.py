"""One step of a beam: the rests of up to four more candidates, kept or not, and the least of them.

A rest r is z minus the candidates kept and half of those not yet decided. Deciding x leaves r − x/2
(kept) or r + x/2 (not), so for ``bits`` candidates at once 2^bits codes c with

    ‖r + c‖² = ‖r‖² + 2 r·c + ‖c‖²,      2 r·c = Σ ± r·x,

and d multiplications per candidate and rest pay for all of them. Rows of d numbers are padded with
zeros to ``blocks`` vectors of eight: rests (blocks, room, 8), candidates (m, blocks, 8), codes
(16, blocks, 8); dots (5, room) holds r·x of four candidates and ‖r‖².
"""

import numpy as np
from numpy.typing import NDArray

from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.vectors import (
    GROUP,
    LANES,
    add8,
    count_bits,
    fill8,
    fma8,
    load8,
    lowest_bit,
    mask16,
    spread4,
    store8,
    sub8,
    sum8,
)

Floats = NDArray[np.float32]
BITS = 4  # candidates per step; a child's parent is shifted by as many bits
NORM = 4  # the row of dots that holds ‖r‖²
ZERO, HALF, MINUS_TWO = np.float32(0), np.float32(0.5), np.float32(-2)
NOTHING = np.float32(np.inf)  # ‖r‖² where there is no rest
EVERYTHING = np.float32(3e38)  # a threshold that every rest is below
TRIES = 14  # counts until the threshold is found
MODELLED = 8  # of them by interpolation of log count over log threshold; the others bisect


@njit(cache=True, nogil=True)
def measure(rests: Floats, count: int, x: Floats, at: int, dots: Floats) -> int:
    """Set dots of the first ``count`` rests and candidates at … at + 3; the row length, padded.

    Rows go on to a multiple of 16 with rests of infinite length.
    """
    blocks, room = rests.shape[0], rests.shape[1]
    zero, start, row = fill8(ZERO), at * blocks * LANES, blocks * LANES
    for i in range(count):
        a, b, c, e = zero, zero, zero, zero
        for k in range(blocks):
            r, place = load8(rests, (k * room + i) * LANES), start + k * LANES
            a = fma8(r, load8(x, place), a)
            b = fma8(r, load8(x, place + row), b)
            c = fma8(r, load8(x, place + 2 * row), c)
            e = fma8(r, load8(x, place + 3 * row), e)
        spread4(dots, i, room, a, b, c, e)
    padded = (count + GROUP - 1) // GROUP * GROUP
    for i in range(count, padded):
        dots[:NORM, i] = ZERO
        dots[NORM, i] = NOTHING
    return padded


@njit(cache=True, nogil=True)
def encode(x: Floats, at: int, bits: int, codes: Floats, squares: Floats) -> None:
    """Set codes and their ‖c‖² (16,); bit b of a code's number: candidate at + b is kept."""
    blocks = codes.shape[1]
    half = fill8(HALF)
    for k in range(blocks):
        c = fill8(ZERO)
        for b in range(bits):
            c = fma8(load8(x, ((at + b) * blocks + k) * LANES), half, c)
        store8(codes, k * LANES, c)
    for b in range(bits):
        for j in range(1 << b):
            for k in range(blocks):
                c = load8(codes, (j * blocks + k) * LANES)
                c = sub8(c, load8(x, ((at + b) * blocks + k) * LANES))
                store8(codes, (((1 << b) + j) * blocks + k) * LANES, c)
    for j in range(1 << bits):
        s = fill8(ZERO)
        for k in range(blocks):
            c = load8(codes, (j * blocks + k) * LANES)
            s = fma8(c, c, s)
        squares[j] = sum8(s)


@njit(cache=True, nogil=True)
def score(dots: Floats, padded: int, bits: int, squares: Floats, scores: Floats) -> None:
    """Set scores[j·padded + i] = ‖r_i + c_j‖²."""
    room = dots.shape[1]
    first, less = fill8(squares[0]), fill8(MINUS_TWO)
    for i in range(0, padded, LANES):
        s = add8(load8(dots, NORM * room + i), first)
        for b in range(bits):
            s = add8(s, load8(dots, b * room + i))
        store8(scores, i, s)
    for b in range(bits):
        for j in range(1 << b):
            k = (1 << b) + j
            more = fill8(squares[k] - squares[j])
            for i in range(0, padded, LANES):
                s = add8(load8(scores, j * padded + i), more)
                store8(scores, k * padded + i, fma8(load8(dots, b * room + i), less, s))


@njit(cache=True, nogil=True)
def _below(scores: Floats, total: int, most: np.float32) -> int:
    """How many of the first ``total`` scores, a multiple of 16, are ≤ most."""
    count = 0
    for i in range(0, total, GROUP):
        count += count_bits(mask16(scores, i, most))
    return count


@njit(cache=True, nogil=True)
def threshold(
    scores: Floats, total: int, width: int, guess: np.float32, power: float
) -> tuple[np.float32, np.float32]:
    """(t, t) with 7/8 to all of ``width`` scores ≤ t, or (low, high) where ties leave no such t.

    Fewer are ≤ low and more are ≤ high then. Found by counts: between two of them log count is
    taken as linear in log threshold, beyond as of slope 1/power, and of less the longer that fails.
    """
    low, high, few, many = ZERO, NOTHING, 0, total
    aim, least = 0.94 * width, width - width // 8
    most = guess
    for turn in range(TRIES):
        count = _below(scores, total, most)
        if count > width:
            high, many = most, count
        elif count >= least:
            return most, most
        else:
            low, few = most, count
        if high == NOTHING:
            new = np.float32(most * (aim / max(count, 1)) ** (power * (1 << turn)))
        elif turn >= MODELLED:
            new = HALF * (low + high)
        elif few == 0:
            new = np.float32(most * (aim / max(count, 1)) ** power)
        else:
            share = np.log(aim / few) / np.log(many / few)
            new = np.float32(low * (high / low) ** share)
        if not low < new < high:
            new = HALF * (low + high) if high < NOTHING else np.float32(2) * most
            if not low < new < high:
                break
        most = new
    return low, min(high, EVERYTHING)


@njit(cache=True, nogil=True)
def select(
    scores: Floats,
    padded: int,
    codes: int,
    bounds: tuple[np.float32, np.float32],
    width: int,
    children: np.ndarray,
) -> int:
    """List at most ``width`` children, those ≤ bounds[0] before those ≤ bounds[1]; their number.

    A child is parent·16 + code.
    """
    low, high = bounds
    count = 0
    for i in range(0, padded * codes, padded):
        for k in range(0, padded, GROUP):
            bits = mask16(scores, i + k, low)
            while bits != 0 and count < width:
                children[count] = ((k + lowest_bit(bits)) << BITS) | (i // padded)
                bits &= bits - 1
                count += 1
    if low == high:
        return count
    for i in range(0, padded * codes, padded):
        for k in range(0, padded, GROUP):
            bits = mask16(scores, i + k, high) & ~mask16(scores, i + k, low)
            while bits != 0 and count < width:
                children[count] = ((k + lowest_bit(bits)) << BITS) | (i // padded)
                bits &= bits - 1
                count += 1
    return count


@njit(cache=True, nogil=True)
def move(
    rests: Floats, codes: Floats, children: np.ndarray, count: int, out: Floats, dots: Floats
) -> None:
    """Form the rests of the children, and their ‖r‖² in dots."""
    blocks, room = rests.shape[0], rests.shape[1]
    for i in range(count):
        parent, code = children[i] >> BITS, children[i] & ((1 << BITS) - 1)
        s = fill8(ZERO)
        for k in range(blocks):
            r = load8(rests, (k * room + parent) * LANES)
            r = add8(r, load8(codes, (code * blocks + k) * LANES))
            store8(out, (k * room + i) * LANES, r)
            s = fma8(r, r, s)
        dots[NORM, i] = sum8(s)


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def closest(rests: Floats, count: int) -> int:
    """The rest with the least sup norm, the first of equals."""
    best, which = NOTHING, 0
    for i in range(count):
        largest = ZERO
        for k in range(rests.shape[0]):
            for c in range(LANES):
                largest = max(largest, abs(rests[k, i, c]))
        if largest < best:
            best, which = largest, i
    return which
