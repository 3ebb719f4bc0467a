"""Sorted half lists and their closest pair in every lane, by compare-exchanges alone.

With A the sums of one half of the candidates and C = {z − sum} of the other, the subset nearest z
is the closest pair of A × C, and the closest pair of two lists stands side by side once they are
merged. Entries are twice an integer, plus one in C: neighbours come from different lists exactly
when their difference is odd. No branch and no address depends on the data.
"""

import numpy as np
from numba import njit

from slth.solvers.mitm_line_rows import (
    OPEN,
    SEED,
    TAIL,
    middle1,
    middle2,
    middle3,
    middle4,
    open_merge,
    scan1,
    scan2,
    scan3,
    scan4,
    seed,
    tail1,
    tail2,
    tail3,
    tail4,
)

MIN_HALF = SEED  # the least candidates in a half
ZERO, TARGET, ITEMS = 0, 1, 2  # rows of the input: 0; 2z + 1; then the candidates


def rows_needed(half: int) -> int:
    """Rows of a space: lists, two merged lists, their gaps, one row of scratch, the input."""
    return input_row(half) + ITEMS + 2 * half + 1


@njit(cache=True, nogil=True)
def input_row(half: int) -> int:
    """First of the input rows: 0, 2z + 1, then 2x of one half, −2x of the other, −2x of the odd."""
    return gap_row(half) + (4 << half) // TAIL + 1


@njit(cache=True, nogil=True)
def gap_row(half: int) -> int:
    """First of the rows of least gaps, one for every 16 rows of the merged lists."""
    return 6 << half


@njit(cache=True, nogil=True)
def merged_row(half: int) -> int:
    """First of the merged rows: 2^(half+1), and as many again for the lists moved by the odd."""
    return 2 << half


@njit(cache=True, nogil=True)
def closest(space: np.ndarray, half: int, odd: bool) -> None:
    """Fill the gap rows: entry by entry the least odd difference in 16 rows of the merged lists.

    The merged rows stay sorted by groups of 16, each group unsorted inside. half >= 4.
    """
    m = 1 << half
    start = input_row(half)
    left, right, merged = 0, m, merged_row(half)
    _sums(space, start + ZERO, start + ITEMS, half, left, merged)
    _sums(space, start + TARGET, start + ITEMS + half, half, right, merged)
    _close(space, (left, right, start + ZERO), half, merged, gap_row(half))
    if odd:
        shift = start + ITEMS + 2 * half
        gaps = gap_row(half) + 2 * m // TAIL
        _close(space, (left, right, shift), half, merged + 2 * m, gaps)


@njit(cache=True, nogil=True)
def _sums(space: np.ndarray, start: int, items: int, half: int, out: int, spare: int) -> None:
    """The sorted sums start + Σ_S items in the rows from ``out``: L ← merge of L and L + x."""
    here, there = (out, spare) if (half - SEED) % 2 == 0 else (spare, out)
    seed(space, (start, items, here))
    for s in range(SEED, half):
        _open(space, (here, here, items + s), 1 << s, there)
        _finish(space, there, s)
        here, there = there, here


@njit(cache=True, nogil=True)
def _open(space: np.ndarray, lists: tuple[int, int, int], m: int, out: int) -> None:
    p, q, shift = lists
    for column in range(m // OPEN):
        open_merge(space, (p, q, shift, out, column, m))


@njit(cache=True, nogil=True)
def _finish(space: np.ndarray, out: int, s: int) -> None:
    """The strides below 2^s/8 of a merge into 2^(s+1) rows: block by block, so within a cache."""
    stages = s - 3
    size = 1 << stages
    last = min(stages, 4)
    for base in range(out, out + (2 << s), max(size, TAIL)):
        _cool(space, base, size, stages - last)
        for k in range(base, base + max(size, TAIL), TAIL):
            if last == 4:
                tail4(space, (k,))
            elif last == 3:
                tail3(space, (k,))
            elif last == 2:
                tail2(space, (k,))
            else:
                tail1(space, (k,))


@njit(cache=True, nogil=True)
def _close(space: np.ndarray, lists: tuple[int, int, int], half: int, out: int, gaps: int) -> None:
    """Merge two lists of 2^half rows; of the last four stages only the gaps are kept."""
    m = 1 << half
    _open(space, lists, m, out)
    stages = half - 3
    size = 1 << stages
    last = min(stages, 4)
    carry = input_row(half) - 1
    for base in range(out, out + 2 * m, max(size, TAIL)):
        _cool(space, base, size, stages - last)
        for k in range(base, base + max(size, TAIL), TAIL):
            begin, gap = int(k == out), gaps + (k - out) // TAIL
            if last == 4:
                scan4(space, (k, begin, carry, gap))
            elif last == 3:
                scan3(space, (k, begin, carry, gap))
            elif last == 2:
                scan2(space, (k, begin, carry, gap))
            else:
                scan1(space, (k, begin, carry, gap))


@njit(cache=True, nogil=True)
def _cool(space: np.ndarray, base: int, size: int, stages: int) -> None:
    """The first stages, strides size/2, size/4, ..., of a bitonic block of ``size`` rows."""
    width = size
    while stages > 0:
        now = min(stages, 4)
        stride = width >> now
        for block in range(base, base + size, width):
            for k in range(block, block + stride):
                if now == 4:
                    middle4(space, (k, stride))
                elif now == 3:
                    middle3(space, (k, stride))
                elif now == 2:
                    middle2(space, (k, stride))
                else:
                    middle1(space, (k, stride))
        width = stride
        stages -= now
