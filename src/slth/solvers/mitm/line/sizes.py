"""Fixed-size subsets, one instance of d = 1 at a time: half lists kept apart by subset size.

L_j, the sorted sums of the j-subsets, becomes the merge of L_j and L_{j−1} + x with the next
candidate x: 2^m entries in all, as without sizes. A subset of k is a j-subset of one half and a
(k − j)-subset of the other, so two pointers run over L_j × R_{k−j} for every j.
"""

import numpy as np

from slth.checks import BoolArray, FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.mitm.line.merge import closest


@njit(cache=True, nogil=True)
def search(
    X: FloatArray,
    z: FloatArray,
    m: int,
    size: int,
    chosen: np.ndarray,
    steps: int,
    buffers: FloatArray,
    keep: BoolArray,
    error: FloatArray,
    work: np.ndarray,
    ended: BoolArray,
    halt: Flag | None = None,
) -> None:
    """Search the subsets of ``size`` of the first m candidates, as `mitm_line_merge.search`."""
    for b in chosen:
        x = X[b, :m]
        mask, seen, ended[b] = _search(x, z[b], size, steps, buffers, halt)
        if stopped(halt):
            return
        work[b] += seen
        if mask >= 0:
            total = 0.0
            for i in range(m):
                if (mask >> i) & 1:
                    total += x[i]
            if abs(total - z[b]) < error[b]:
                error[b] = abs(total - z[b])
                keep[b] = False
                for i in range(m):
                    keep[b, i] = (mask >> i) & 1 == 1


@njit(cache=True, nogil=True)
def _search(
    x: FloatArray, z: float, size: int, steps: int, buffers: FloatArray, halt: Flag | None
) -> tuple[int, int, bool]:
    """Return (mask or −1, sums and pairs examined, all accounted for).

    With n odd the last candidate is in no list: it shifts the right lists for a second walk.
    """
    half = x.size // 2
    starts = _starts(half)
    left = _sums(x[:half], buffers[0], buffers[1], halt)
    right = _sums(x[half : 2 * half], buffers[2], buffers[3], halt)
    seen, ended, best = 0, True, np.inf
    a = c = 0.0
    of_left = of_right = last = -1
    for odd in range(1 + x.size % 2):
        moved = buffers[4, : right.size]
        moved[:] = right + (x[x.size - 1] if odd else 0.0)
        k = size - odd
        for j in range(max(0, k - half), min(half, k) + 1):
            p = left[starts[j] : starts[j + 1]]
            q = moved[starts[k - j] : starts[k - j + 1]]
            row, column, gap, pairs, all_pairs = closest(p, q, z, steps - seen, halt)
            seen, ended = seen + pairs, ended and all_pairs
            if gap < best:
                best, a, of_left, of_right, last = gap, p[row], j, k - j, odd
                c = right[starts[k - j] + column]
    seen += left.size + right.size
    if best == np.inf or stopped(halt):
        return -1, seen, ended
    mask = _mask_of(x[:half], a, of_left, buffers[4])
    mask |= _mask_of(x[half : 2 * half], c, of_right, buffers[4]) << half
    return mask | last << (x.size - 1), seen, ended


@njit(cache=True, nogil=True)
def _starts(m: int) -> np.ndarray:
    """Where the sums of the j-subsets of m candidates begin, j = 0, ..., m + 1."""
    starts = np.zeros(m + 2, np.int64)
    count = 1
    for j in range(m + 1):
        starts[j + 1] = starts[j] + count
        count = count * (m - j) // (j + 1)
    return starts


@njit(cache=True, nogil=True)
def _sums(x: FloatArray, buffer: FloatArray, spare: FloatArray, halt: Flag | None) -> FloatArray:
    """The sums of x (m,) by subset size, each size ascending."""
    here, there = buffer, spare
    here[0] = 0.0
    for s in range(x.size):
        old, new = _starts(s), _starts(s + 1)
        for j in range(s + 2):
            if stopped(halt):
                break
            p = here[old[j] : old[j + 1]] if j <= s else here[:0]
            q = here[old[j - 1] : old[j]] if j > 0 else here[:0]
            _merge(p, q, x[s], there[new[j] : new[j + 1]])
        here, there = there, here
    return here[: 1 << x.size]


@njit(cache=True, nogil=True)
def _merge(p: FloatArray, q: FloatArray, shift: float, out: FloatArray) -> None:
    """Out ← merge of p and q + shift."""
    i = j = 0
    for k in range(out.size):
        if j == q.size or (i < p.size and p[i] <= q[j] + shift):
            out[k] = p[i]
            i += 1
        else:
            out[k] = q[j] + shift
            j += 1


@njit(cache=True, nogil=True)
def _mask_of(x: FloatArray, value: float, size: int, sums: FloatArray) -> int:
    """Return the lowest mask of ``size`` bits whose sum in index order is ``value`` exactly."""
    sums[0] = 0.0
    filled = 1
    for v in x:
        for k in range(filled):
            sums[filled + k] = sums[k] + v
        filled *= 2
    mask = 0
    while sums[mask] != value or _bits(mask) != size:
        mask += 1
    return mask


@njit(cache=True, nogil=True)
def _bits(mask: int) -> int:
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count
