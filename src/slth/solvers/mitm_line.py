"""d = 1 kernel of meet-in-the-middle: sorted half lists by merging, then two pointers.

Every list entry is the float64 sum of its candidates taken in index order. Rounded addition is
monotone, so merging keeps the lists sorted and the two pointers see the least
|fl(fl(a + b) − z)| over all pairs exactly: no cell, no tolerance.
"""

import numpy as np
from numba import njit

from slth.checks import BoolArray, FloatArray


def scratch(n: int) -> FloatArray:
    """Working arrays of one thread: four buffers of 2^⌈n/2⌉ float64."""
    return np.empty((4, 1 << (n - n // 2)))


@njit(cache=True, nogil=True)
def search_block(
    X: FloatArray,
    z: FloatArray,
    sizes: tuple[int, int],
    eps: float,
    steps: int,
    buffers: FloatArray,
    keep: BoolArray,
    work: np.ndarray,
    ended: BoolArray,
) -> None:
    """Find the best subset of each instance: X (B, n), z (B,); fills keep, work and ended (B,).

    Searches the first sizes[0] candidates and, unless that is within eps, the first sizes[1].
    steps: pairs allowed in each search; ended: the search of sizes[1] accounted for all pairs. The
    empty subset is kept unless something is strictly better.
    """
    for b in range(X.shape[0]):
        best, work[b], ended[b] = abs(z[b]), 1, False
        keep[b] = False
        for stage in range(2):
            size = sizes[stage]
            if best <= eps or size == 0:
                continue
            half = size // 2
            left = _sorted_sums(X[b, :half], buffers[0], buffers[1])
            right = _sorted_sums(X[b, half:size], buffers[2], buffers[3])
            a, c, seen, all_seen = _closest(left, right, z[b], steps)
            work[b] += left.size + right.size + seen
            ended[b] = all_seen and stage == 1
            mask = _mask_of(X[b, :half], a, buffers[0])
            mask |= _mask_of(X[b, half:size], c, buffers[2]) << half
            error = _error(X[b], z[b], mask)
            if error < best:
                best = error
                for i in range(X.shape[1]):
                    keep[b, i] = (mask >> i) & 1 == 1


@njit(cache=True, nogil=True)
def _sorted_sums(x: FloatArray, source: FloatArray, target: FloatArray) -> FloatArray:
    """All subset sums of x, ascending. L ∪ (L + x_s) is merged from both ends at once: the two
    chains of comparisons are independent, and neither branches.
    """
    source[0] = 0.0
    size = 1
    for v in x:
        i, j, p, q = 0, 0, size - 1, size - 1
        for k in range(size):
            low, moved = source[i], source[j] + v
            first = low <= moved
            target[k] = low if first else moved
            i += first
            j += not first
            high, raised = source[p], source[q] + v
            last = high > raised
            target[2 * size - 1 - k] = high if last else raised
            p -= last
            q -= not last
        size *= 2
        source, target = target, source
    return source[:size]


@njit(cache=True, nogil=True)
def _closest(
    left: FloatArray, right: FloatArray, z: float, steps: int
) -> tuple[float, float, int, bool]:
    """Return (a, b, pairs seen, all accounted for): a ∈ left, b ∈ right, |a + b − z| least."""
    i, j, seen = 0, right.size - 1, 0
    best, a, b = np.inf, 0.0, 0.0
    while i < left.size and j >= 0 and seen < steps:
        gap = left[i] + right[j] - z
        if abs(gap) < best:
            best, a, b = abs(gap), left[i], right[j]
        below = gap < 0
        i += below
        j -= not below
        seen += 1
    return a, b, seen, i == left.size or j < 0


@njit(cache=True, nogil=True)
def _mask_of(x: FloatArray, value: float, sums: FloatArray) -> int:
    """Return the lowest mask whose sum in index order is ``value`` exactly."""
    sums[0] = 0.0
    size = 1
    for v in x:
        for k in range(size):
            sums[size + k] = sums[k] + v
        size *= 2
    mask = 0
    while sums[mask] != value:
        mask += 1
    return mask


@njit(cache=True, nogil=True)
def _error(x: FloatArray, z: float, mask: int) -> float:
    """|Σ_mask x_i − z|, summed in index order."""
    total = 0.0
    for i in range(x.size):
        if (mask >> i) & 1:
            total += x[i]
    return abs(total - z)
