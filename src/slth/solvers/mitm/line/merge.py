"""One instance of d = 1 at a time: sorted half lists by merging, then two pointers.

Every list entry is the float64 sum of its candidates taken in index order. Rounded addition is
monotone, so merging keeps the lists sorted and the pointers see the least |fl(fl(a + b) − z)| over
all pairs exactly: no cell, no tolerance. Every loop below is a chain of load, add, compare; what
makes it fast is that several independent chains run side by side, that none branches on data, and
that indices are unsigned (a signed one costs a test for negative).
"""

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag

ONE = np.uint64(1)
CHUNK = np.uint64(1 << 20)  # steps between two looks at the flag that stops a search


@njit(cache=True, nogil=True)
def search(
    X: FloatArray,
    z: FloatArray,
    m: int,
    chosen: np.ndarray,
    steps: int,
    buffers: FloatArray,
    keep: BoolArray,
    error: FloatArray,
    work: np.ndarray,
    ended: BoolArray,
    halt: Flag | None = None,
) -> None:
    """Search the first m candidates of the chosen instances: X (B, n), z (B,).

    keep and error (B,) change where a subset is strictly better; work grows by the sums and pairs
    examined, of which steps pairs are allowed; ended: all pairs were accounted for. buffers: five
    of 2^⌊m/2⌋ float64. Ends, with a result of no use, when ``halt`` is set.
    """
    for b in chosen:
        x = X[b, :m]
        mask, seen, ended[b] = _search(x, z[b], steps, buffers, halt)
        if stopped(halt):
            return
        work[b] += seen
        found = _error(x, z[b], mask)
        if found < error[b]:
            error[b] = found
            keep[b] = False
            for i in range(m):
                keep[b, i] = (mask >> i) & 1 == 1


@njit(cache=True, nogil=True)
def _search(
    x: FloatArray, z: float, steps: int, buffers: FloatArray, halt: Flag | None
) -> tuple[int, int, bool]:
    """Return (mask, sums and pairs examined, all accounted for) of the best subset of x (n,).

    With n odd the last candidate is in no list: it shifts the right list for a second walk.
    """
    half = x.size // 2
    left, right = _sorted_sums(x[:half], x[half : 2 * half], buffers, halt)
    i, j, gap, seen, ended = closest(left, right, z, steps, halt)
    mask = 0
    if x.size % 2:
        moved = buffers[4, : right.size]
        moved[:] = right + x[x.size - 1]
        other_i, other_j, other_gap, more, other_ended = closest(left, moved, z, steps - seen, halt)
        seen, ended = seen + more, ended and other_ended
        if other_gap < gap:
            i, j, mask = other_i, other_j, 1 << (x.size - 1)
    if stopped(halt):
        return 0, 0, False
    a, b = left[i], right[j]
    mask |= _mask_of(x[:half], a, buffers[4])
    mask |= _mask_of(x[half : 2 * half], b, buffers[4]) << half
    return mask, seen + left.size + right.size, ended


@njit(cache=True, nogil=True)
def _sorted_sums(
    x: FloatArray, y: FloatArray, buffers: FloatArray, halt: Flag | None
) -> tuple[FloatArray, FloatArray]:
    """All subset sums of x, and of y (both (m,)), ascending: L ← merge of L and L + x_s.

    Each merge runs from both ends at once: with two lists that makes four chains. The next entry
    from below is min(L[i], L[j] + x_s), from above max(L[k], L[l] + x_s).
    """
    p, q, p_next, q_next = buffers[0], buffers[1], buffers[2], buffers[3]
    p[0] = q[0] = 0.0
    size = ONE
    for s in range(x.size):
        p_i = p_j = q_i = q_j = np.uint64(0)
        p_k = p_l = q_k = q_l = size - ONE
        low, high = np.uint64(0), size + size - ONE
        done = np.uint64(0)
        while done < size and not stopped(halt):
            for _ in range(min(size - done, CHUNK)):
                a, b = p[p_i], p[p_j] + x[s]
                first = a <= b
                p_next[low] = a if first else b
                p_i, p_j = p_i + np.uint64(first), p_j + np.uint64(not first)
                a, b = q[q_i], q[q_j] + y[s]
                first = a <= b
                q_next[low] = a if first else b
                q_i, q_j = q_i + np.uint64(first), q_j + np.uint64(not first)
                a, b = p[p_k], p[p_l] + x[s]
                first = a > b
                p_next[high] = a if first else b
                p_k, p_l = p_k - np.uint64(first), p_l - np.uint64(not first)
                a, b = q[q_k], q[q_l] + y[s]
                first = a > b
                q_next[high] = a if first else b
                q_k, q_l = q_k - np.uint64(first), q_l - np.uint64(not first)
                low, high = low + ONE, high - ONE
            done += CHUNK
        size += size
        p, p_next = p_next, p
        q, q_next = q_next, q
    return p[: np.int64(size)], q[: np.int64(size)]


@njit(cache=True, nogil=True)
def closest(
    left: FloatArray, right: FloatArray, z: float, steps: int, halt: Flag | None
) -> tuple[int, int, float, int, bool]:
    """Return (i, j, gap, pairs seen, all accounted for) with gap = |left_i + right_j − z| least.

    Two walks along the border between sums below z and the others, from its two ends, until they
    meet. The first rules out row i (all of it lies further below) or column j, the second r or c.
    """
    best, best_i, best_j, seen = np.inf, 0, 0, 0
    i, j, r, c = 0, right.size - 1, left.size - 1, 0
    while i <= r and j >= c and seen + 2 <= steps and not stopped(halt):
        last = min(steps, seen + np.int64(CHUNK))
        while i <= r and j >= c and seen + 2 <= last:  # type: ignore[operator]
            total = left[np.uint64(i)] + right[np.uint64(j)]
            if abs(total - z) < best:
                best, best_i, best_j = abs(total - z), i, j
            below = total < z
            i, j = i + below, j - (not below)
            total = left[np.uint64(r)] + right[np.uint64(c)]
            if abs(total - z) < best:
                best, best_i, best_j = abs(total - z), r, c
            below = total < z
            r, c = r - (not below), c + below
            seen += 2
    return best_i, best_j, best, seen, i > r or j < c


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
