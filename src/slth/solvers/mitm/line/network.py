"""Sorted half lists and their closest pair in every lane, by compare-exchanges alone.

With A the sums of one half of the candidates and C = {z − sum} of the other, the subset nearest z
is the closest pair of A × C, and the closest pair of two lists stands side by side once they are
merged. Entries are twice an integer, plus one in C: neighbours come from different lists exactly
when their difference is odd. No branch and no address depends on the data.

Rows of a space, m = 2^half: A (m), C (m), merged lists (2m, and 2m for C moved by the odd
candidate; spare while A and C are sorted), least gaps (4m/16), scratch, input.
"""

import numpy as np

from slth.solvers.kernels.compiled import njit
from slth.solvers.mitm.line.rows import (
    OPEN,
    SEED,
    TAIL,
    middle1,
    middle2,
    middle3,
    middle4,
    open_merge,
    scan,
    seed,
)

MIN_HALF = SEED  # the least candidates in a half
ZERO, TARGET, ITEMS = 0, 1, 2  # input rows: 0; 2z + 1; 2x of A, −2x of C, −2x of the odd one
FEW = 2 * TAIL + 10  # scratch rows besides the tables of half a half (`mitm_line_find`)


def rows_needed(half: int) -> int:
    """Rows of a space."""
    return input_row(half) + ITEMS + 2 * half + 1


@njit(cache=True, nogil=True)
def merged_row(half: int) -> int:
    """First of the merged rows."""
    return 2 << half


@njit(cache=True, nogil=True)
def gap_row(half: int) -> int:
    """First of the rows of least gaps, one for every 16 merged rows."""
    return 6 << half


@njit(cache=True, nogil=True)
def scratch_row(half: int) -> int:
    """First of the scratch rows."""
    return gap_row(half) + (4 << half) // TAIL


@njit(cache=True, nogil=True)
def input_row(half: int) -> int:
    """First of the input rows."""
    return scratch_row(half) + FEW + (2 << (half - half // 2))


@njit(cache=True, nogil=True)
def closest(space: np.ndarray, half: int, odd: bool) -> None:
    """Fill the gap rows from the input rows, half >= 4.

    The merged rows end sorted by groups of 16, each group short of its last four stages.
    """
    m = 1 << half
    start, merged = input_row(half), merged_row(half)
    for side in range(2):
        here, there = side * m, merged + side * m
        if (half - SEED) % 2:
            here, there = there, here
        items = start + ITEMS + side * half
        seed(space, (start + side, items, here))
        for s in range(SEED, half):
            _merge(space, here, here, items + s, s, there, -1)
            here, there = there, here
    shift = start + ZERO
    for moved in range(1 + odd):
        out, gaps = merged + moved * 2 * m, gap_row(half) + moved * 2 * m // TAIL
        _merge(space, 0, m, shift, half, out, gaps)
        shift = start + ITEMS + 2 * half


@njit(cache=True, nogil=True)
def _merge(space: np.ndarray, p: int, q: int, shift: int, s: int, out: int, gaps: int) -> None:
    """Merge the lists p and q + shift of 2^s rows, s >= 4, into out.

    gaps >= 0: the rows for the least gaps, which then take the place of the last four stages.
    After the first strides, block by block, within a cache. Strides above a block change nothing.
    """
    m = 1 << s
    for column in range(m // OPEN):
        open_merge(space, (p, q, shift, out, column, m))
    size = max(m // OPEN, TAIL)
    carry = scratch_row(int(s))
    for base in range(out, out + 2 * m, size):
        width = size
        while width > TAIL:
            ratio = min(width // TAIL, 16)
            stride = width // ratio
            for block in range(base, base + size, width):
                for k in range(block, block + stride):
                    if ratio == 16:
                        middle4(space, (k, stride))
                    elif ratio == 8:
                        middle3(space, (k, stride))
                    elif ratio == 4:
                        middle2(space, (k, stride))
                    else:
                        middle1(space, (k, stride))
            width = stride
        for k in range(base, base + size, TAIL):
            if gaps < 0:
                middle4(space, (k, 1))
            else:
                scan(space, (k, int(k == out), carry, gaps + (k - out) // TAIL))
