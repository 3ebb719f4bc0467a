"""Working arrays of a thread of the d >= 2 meet-in-the-middle, and how large a slab is planned."""

from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.mitm.sieve import MOST_BITS

SLAB_RUNS = 32  # sums a slab holds for each of the 2^(n/4) steps of a walk through it,
SLAB_ROWS, FEWEST_RUNS = 1 << 18, 8  # but no more than fit a second-level cache, or these runs
MARKS = 5  # log2 of bits per marked sum
LARGEST = 8  # times the planned sums of a slab that a map has bits for
LEAST_ROWS = 1 << 13  # each slab costs a call

_FULL = np.uint32(0xFFFFFFFF)


class Scratch(NamedTuple):
    """Working arrays of one thread: half P is marked first, Q is sieved first.

    marks, kept_marks: bit maps of the sums of P and of those kept of Q. keys, crossed: of a run.
    q_found, p_found: (kept,) sums that passed. q_key: of q_found. in_cells, in_cells_key, q:
    (kept,) the sums of q_found, their keys and rows, sorted by the high bits of the key; start:
    where.
    """

    marks: np.ndarray
    kept_marks: np.ndarray
    keys: np.ndarray
    crossed: np.ndarray
    q_found: np.ndarray
    p_found: np.ndarray
    in_cells: np.ndarray
    q_key: np.ndarray
    in_cells_key: np.ndarray
    start: np.ndarray
    q: FloatArray


def slab_rows(n: int) -> int:
    """Sums of a half that a slab is planned to hold: repays a walk of 2^(n/4) steps."""
    quarter = 1 << -(-n // 4)
    rows = min(SLAB_RUNS * quarter, max(SLAB_ROWS, FEWEST_RUNS * quarter))
    return min(max(rows, LEAST_ROWS), 1 << (n - n // 2))


def _sizes(n: int) -> tuple[int, int, int, int]:
    """Longest run, sums kept, words of the map of a slab and of the map of the sums kept."""
    rows = slab_rows(n)
    longest = 1 << -(-(n - n // 2) // 2)
    kept = 2 * longest + rows
    most = min(LARGEST * rows, 1 << (n - n // 2))
    return longest, kept, max(most << MARKS >> 5, 1), 1 << (kept - 1).bit_length()


def scratch(n: int, columns: int) -> Scratch:
    """Allocate the working arrays of one thread; see `scratch_bytes`."""
    longest, kept, words, kept_words = _sizes(n)
    marks, kept_marks, keys, crossed = (
        np.empty(size, dtype=np.uint32) for size in (words, kept_words, longest, longest)
    )
    q_found, p_found, in_cells = (np.empty(kept, dtype=np.int64) for _ in range(3))
    q_key, in_cells_key = (np.empty(kept, dtype=np.uint32) for _ in range(2))
    start, q = np.empty(2 * kept_words + 2, dtype=np.int32), np.empty((kept, columns))
    return Scratch(
        marks, kept_marks, keys, crossed, q_found, p_found, in_cells, q_key, in_cells_key, start, q
    )


def scratch_bytes(n: int, columns: int) -> int:
    """Bytes of `scratch(n, columns)`."""
    longest, kept, words, kept_words = _sizes(n)
    return 4 * (words + 3 * kept_words + 2 * longest + 2) + kept * (8 * columns + 32)


@njit(cache=True, nogil=True)
def bit_map(words: np.ndarray, rows: float) -> tuple[np.ndarray, int]:
    """A map for so many marks, and how far its keys are shifted down; 0 rows: one that is full."""
    if rows == 0.0:
        words[0] = _FULL
        return words[:1], 32
    size, drop = words.size, 32 - MARKS
    while size >> 1 >= rows and size > 1:
        size >>= 1
    while drop > 32 - MOST_BITS and 1 << (32 - drop) < size << MARKS:
        drop -= 1
    return words[: 1 << (32 - drop - MARKS)], drop
