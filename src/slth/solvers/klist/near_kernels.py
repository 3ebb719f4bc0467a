"""Compiled parts of `klist_near`: cells, samples and matches of a list with its mirror.

V (L, d) float32 vectors; flips (L, f) their candidates; start, order, pairs: a `klist_near.Pass`.
Loops end, with a result of no use, when the flag ``halt`` (`stopping`) is set.
"""

import numpy as np

from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.klist.merge_kernels import (
    BIN_SHIFT,
    BINS,
    FAR,
    FAST,
    LOW_BIN,
    WIDTH,
    count_within,
    distances,
)


@njit(cache=True, nogil=True)
def unite_rows(flips, i, j, out):  # type: ignore[no-untyped-def]
    """Set out (m, 2f) = the rows i and j of flips (L, f), merged in rising order."""
    f = flips.shape[1]
    for row in range(len(i)):
        a, b = flips[i[row]], flips[j[row]]
        p = q = 0
        for k in range(2 * f):
            if q == f or (p < f and a[p] < b[q]):
                out[row, k] = a[p]
                p += 1
            else:
                out[row, k] = b[q]
                q += 1


@njit(cache=True, nogil=True)
def sum_rows(flips, steps, scale, out):  # type: ignore[no-untyped-def]
    """Set out (m, d) float32 = scale·Σ of the steps (n, d) of each row of flips (m, f)."""
    total = np.empty(steps.shape[1])
    for row in range(len(flips)):
        total[:] = 0
        for k in range(flips.shape[1]):
            step = steps[flips[row, k]]
            for c in range(len(total)):
                total[c] += step[c]
        for c in range(len(total)):
            out[row, c] = total[c] * scale


@njit(cache=True, nogil=True, fastmath=FAST)
def keys_of(V, turn, edges, ways, keys):  # type: ignore[no-untyped-def]
    """Set keys (L,) = the cell of each row: its digits among the edges along each direction."""
    for i in range(len(V)):
        key = 0
        for k in range(turn.shape[0]):
            x = np.float32(0)
            for c in range(V.shape[1]):
                x += turn[k, c] * V[i, c]
            digit = 0
            for e in range(ways[k] - 1):
                digit += int(x > edges[k, e])
            key = key * ways[k] + digit
        keys[i] = key


@njit(cache=True, nogil=True)
def sort_by_key(keys, cells):  # type: ignore[no-untyped-def]
    """Counting sort, stable: (start (cells + 1,), order (L,))."""
    start = np.zeros(cells + 1, dtype=np.int64)
    for key in keys:
        start[key + 1] += 1
    for cell in range(cells):
        start[cell + 1] += start[cell]
    place = start[:-1].copy()
    order = np.empty(len(keys), dtype=np.int32)
    for i in range(len(keys)):
        order[place[keys[i]]] = i
        place[keys[i]] += 1
    return start, order


@njit(cache=True, nogil=True)
def _disjoint(flips, i, j, mark):  # type: ignore[no-untyped-def]
    """Whether the rows i and j of flips share nothing; mark (2^16,) is all 0 and stays so."""
    for a in flips[i]:
        mark[a] = 1
    shared = 0
    for b in flips[j]:
        shared += mark[b]
    for a in flips[i]:
        mark[a] = 0
    return shared == 0


@njit(cache=True, nogil=True)
def _mirror(V, start, order, cell):  # type: ignore[no-untyped-def]
    """The vectors of the mirror of ``cell``, negated, as blocks (ceil, d, WIDTH)."""
    cells, d = len(start) - 1, V.shape[1]
    lo, hi = start[cells - 1 - cell], start[cells - cell]
    blocks = np.full(((hi - lo + WIDTH - 1) // WIDTH, d, WIDTH), FAR, dtype=np.float32)
    for p in range(hi - lo):
        row = V[order[lo + p]]
        for c in range(d):
            blocks[p // WIDTH, c, p % WIDTH] = -row[c]
    return blocks


@njit(cache=True, nogil=True)
def _rows(V, order, lo, hi, rows):  # type: ignore[no-untyped-def]
    for r in range(4):
        if lo + r < hi:
            rows[r] = V[order[lo + r]]
        else:
            rows[r] = -FAR


@njit(cache=True, nogil=True)
def sample(V, flips, start, order, pairs, picked, stride, limit, first, last, halt):  # type: ignore[no-untyped-def]
    """Histograms of squared lengths in picked[first:last]: all; disjoint ones; [2, 0]: pairs seen.

    Only those up to ``limit`` are counted, and compared; all are counted if it is negative.
    """
    d, cells = V.shape[1], len(start) - 1
    counts = np.zeros((3, BINS), dtype=np.int64)
    mark = np.zeros(2**16, dtype=np.uint8)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    bits = out.view(np.int32)
    for cell in picked[first:last]:
        if pairs[cell] == 0:
            continue
        low, size = start[cells - 1 - cell], start[cells - cell] - start[cells - 1 - cell]
        blocks = _mirror(V, start, order, cell)
        end = start[cell] + pairs[cell] // size
        for lo in range(start[cell] + 4 * (cell % stride), end, 4 * stride):
            if stopped(halt):
                return counts
            _rows(V, order, lo, end, rows)
            counts[2, 0] += min(4, end - lo) * size
            for t in range(len(blocks)):
                distances(rows, blocks[t], out)
                for r in range(min(4, end - lo)):
                    for j in range(min(WIDTH, size - t * WIDTH)):
                        if limit < 0 or out[r, j] <= limit:
                            place = min(max((bits[r, j] >> BIN_SHIFT) - LOW_BIN, 0), BINS - 1)
                            counts[0, place] += 1
                            if limit >= 0:
                                at = order[low + t * WIDTH + j]
                                counts[1, place] += _disjoint(flips, order[lo + r], at, mark)
    return counts


@njit(cache=True, nogil=True)
def match(V, flips, start, order, pairs, first, last, threshold, room, halt):  # type: ignore[no-untyped-def]
    """Disjoint pairs (i, j, ‖a_i + a_j‖²) within ``threshold``, of the first ``room`` found."""
    d, cells = V.shape[1], len(start) - 1
    i, j = np.empty(room + WIDTH, dtype=np.int32), np.empty(room + WIDTH, dtype=np.int32)
    length = np.empty(room + WIDTH, dtype=np.float32)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    found = 0
    for cell in range(first, last):
        if pairs[cell] == 0:
            continue
        low, high = start[cells - 1 - cell], start[cells - cell]
        blocks = _mirror(V, start, order, cell)
        end = start[cell] + pairs[cell] // (high - low)
        for lo in range(start[cell], end, 4):
            if stopped(halt):
                break
            _rows(V, order, lo, end, rows)
            for t in range(len(blocks)):
                distances(rows, blocks[t], out)
                for r in range(4):
                    if found < room and count_within(out[r], threshold) > 0:
                        for c in range(WIDTH):  # no branch: the next hit overwrites a miss
                            i[found] = order[min(lo + r, end - 1)]
                            j[found] = order[min(low + t * WIDTH + c, high - 1)]
                            length[found] = out[r, c]
                            found += int(out[r, c] <= threshold)
        if found >= room or stopped(halt):
            break
    kept, mark = 0, np.zeros(2**16, dtype=np.uint8)
    for k in range(min(found, room)):
        if _disjoint(flips, i[k], j[k], mark):
            i[kept], j[kept], length[kept] = i[k], j[k], length[k]
            kept += 1
    return i[:kept].copy(), j[:kept].copy(), length[:kept].copy()
