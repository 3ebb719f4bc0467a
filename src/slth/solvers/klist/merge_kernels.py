"""Compiled parts of `klist_merge`: cells, distances inside a cell, samples and matches of them.

A list is (L, d) float64; start, order: a `klist_merge.Cells`; limit: rows of A a cell measures.
Loops end, with a result of no use, when the flag ``halt`` (`stopping`) is set.
"""

import numpy as np

from slth.solvers.kernels.compiled import njit, stopped

FAST = {"nnan", "ninf", "nsz", "contract", "reassoc"}  # sums may be reordered into vector lanes
LOOK = 1024  # rows between two looks at the flag that stops a search
WIDTH = 64  # vectors of B measured side by side
FAR = np.float32(1e15)  # coordinate of a padding column: its square is above every threshold
BIN_SHIFT = 14  # float32 bit patterns of one histogram bin: 0.2 % of a squared distance
LOW_BIN = (127 - 62) << (23 - BIN_SHIFT)  # of 2^-62; everything below is counted there
BINS = (62 + 20) << (23 - BIN_SHIFT)  # up to 2^20


@njit(cache=True, nogil=True)
def fill_sums(A, B, i, j, sums):  # type: ignore[no-untyped-def]
    """Set sums (len(i), d) = A[i] + B[j]."""
    for row in range(len(i)):
        for c in range(A.shape[1]):
            sums[row, c] = A[i[row], c] + B[j[row], c]


@njit(cache=True, nogil=True)
def sort_cells(V, sign, turn, edges, ways, cells, halt):  # type: ignore[no-untyped-def]
    """Counting sort of the rows of sign·V by cell, stable: (start (cells + 1,), order (L,))."""
    keys = np.empty(len(V), dtype=np.int32)
    start = np.zeros(cells + 1, dtype=np.int64)
    for i in range(len(V)):
        if i % LOOK == 0 and stopped(halt):
            return start, keys
        key = 0
        for k in range(turn.shape[0]):
            x = 0.0
            for c in range(V.shape[1]):
                x += turn[k, c] * V[i, c]
            x *= sign
            digit = 0
            for e in range(ways[k] - 1):
                digit += int(x > edges[k, e])
            key = key * ways[k] + digit
        keys[i] = key
        start[key + 1] += 1
    for cell in range(cells):
        start[cell + 1] += start[cell]
    place = start[:-1].copy()
    order = np.empty(len(V), dtype=np.int32)
    for i in range(len(V)):
        order[place[keys[i]]] = i
        place[keys[i]] += 1
    return start, order


@njit(cache=True, nogil=True)
def _pack(V, sign, order, lo, hi, origin, scale):  # type: ignore[no-untyped-def]
    """(sign·V[order[lo:hi]] − origin)·scale in float32, as blocks (ceil, d, WIDTH)."""
    d = V.shape[1]
    blocks = np.full(((hi - lo + WIDTH - 1) // WIDTH, d, WIDTH), FAR, dtype=np.float32)
    for p in range(hi - lo):
        row = V[order[lo + p]]
        for c in range(d):
            blocks[p // WIDTH, c, p % WIDTH] = (sign * row[c] - origin[c]) * scale
    return blocks


@njit(cache=True, nogil=True)
def _quad(V, order, lo, hi, origin, scale, rows):  # type: ignore[no-untyped-def]
    """Set rows (4, d) = (V[order[lo:hi]] − origin)·scale; past hi: far, where no padding is."""
    for r in range(4):
        if lo + r < hi:
            row = V[order[lo + r]]
            for c in range(V.shape[1]):
                rows[r, c] = (row[c] - origin[c]) * scale
        else:
            rows[r] = -FAR


@njit(cache=True, nogil=True, fastmath=FAST)
def distances(rows, block, out):  # type: ignore[no-untyped-def]
    """Set out (4, WIDTH) = squared distances, rows (4, d) to the columns of block (d, WIDTH).

    Four coordinates a pass: the loop over the columns then vectorises with few loads and stores.
    """
    d = rows.shape[1]
    a, b, e, f = rows[0], rows[1], rows[2], rows[3]
    out[:] = 0
    for k in range(0, d - 3, 4):
        a0, a1, a2, a3 = a[k], a[k + 1], a[k + 2], a[k + 3]
        b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
        e0, e1, e2, e3 = e[k], e[k + 1], e[k + 2], e[k + 3]
        f0, f1, f2, f3 = f[k], f[k + 1], f[k + 2], f[k + 3]
        for j in range(WIDTH):
            w, x, y, z = block[k, j], block[k + 1, j], block[k + 2, j], block[k + 3, j]
            out[0, j] += (w - a0) ** 2 + (x - a1) ** 2 + (y - a2) ** 2 + (z - a3) ** 2
            out[1, j] += (w - b0) ** 2 + (x - b1) ** 2 + (y - b2) ** 2 + (z - b3) ** 2
            out[2, j] += (w - e0) ** 2 + (x - e1) ** 2 + (y - e2) ** 2 + (z - e3) ** 2
            out[3, j] += (w - f0) ** 2 + (x - f1) ** 2 + (y - f2) ** 2 + (z - f3) ** 2
    for k in range(d // 4 * 4, d):
        a0, b0, e0, f0 = a[k], b[k], e[k], f[k]
        for j in range(WIDTH):
            w = block[k, j]
            out[0, j] += (w - a0) ** 2
            out[1, j] += (w - b0) ** 2
            out[2, j] += (w - e0) ** 2
            out[3, j] += (w - f0) ** 2


@njit(cache=True, nogil=True)
def sample_cells(A, B, sa, oa, sb, ob, limit, scale, first, last, hop, stride, halt):  # type: ignore[no-untyped-def]
    """Histogram of squared distances: a cell of [first, last) in ``hop``, a quad in ``stride``."""
    d = A.shape[1]
    counts = np.zeros(BINS, dtype=np.int64)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    bits = out.view(np.int32)
    for cell in range((first + hop - 1) // hop * hop, last, hop):
        if limit[cell] == 0:
            continue
        origin = A[oa[sa[cell]]].copy()
        size = sb[cell + 1] - sb[cell]
        blocks = _pack(B, -1.0, ob, sb[cell], sb[cell + 1], origin, scale)
        end = sa[cell] + limit[cell]
        skip = 4 * (cell // hop % stride)  # cells of few rows start at different quads
        for lo in range(sa[cell] + skip, end, 4 * stride):
            if stopped(halt):
                return counts
            hi = min(end, lo + 4)
            _quad(A, oa, lo, hi, origin, scale, rows)
            for t in range(len(blocks)):
                distances(rows, blocks[t], out)
                for r in range(hi - lo):
                    for j in range(min(WIDTH, size - t * WIDTH)):
                        counts[min(max((bits[r, j] >> BIN_SHIFT) - LOW_BIN, 0), BINS - 1)] += 1
    return counts


@njit(cache=True, nogil=True)
def match_cells(A, B, sa, oa, sb, ob, limit, scale, first, last, threshold, room, halt):  # type: ignore[no-untyped-def]
    """Pairs (i, j) within ``threshold`` in the cells [first, last), the first ``room`` of them."""
    d = A.shape[1]
    i, j = np.empty(room + WIDTH, dtype=np.int32), np.empty(room + WIDTH, dtype=np.int32)
    rows, out = np.empty((4, d), dtype=np.float32), np.empty((4, WIDTH), dtype=np.float32)
    found = 0
    for cell in range(first, last):
        if limit[cell] == 0:
            continue
        origin = A[oa[sa[cell]]].copy()
        blocks = _pack(B, -1.0, ob, sb[cell], sb[cell + 1], origin, scale)
        end = sa[cell] + limit[cell]
        for lo in range(sa[cell], end, 4):
            _quad(A, oa, lo, min(end, lo + 4), origin, scale, rows)
            for t in range(len(blocks)):
                distances(rows, blocks[t], out)
                for r in range(4):
                    if found < room and count_within(out[r], threshold) > 0:
                        for c in range(WIDTH):  # no branch: the next hit overwrites a miss
                            i[found] = oa[min(lo + r, end - 1)]
                            j[found] = ob[min(sb[cell] + t * WIDTH + c, sb[cell + 1] - 1)]
                            found += int(out[r, c] <= threshold)
            if found >= room:
                return i[:room].copy(), j[:room].copy()
            if stopped(halt):
                return i[:found].copy(), j[:found].copy()
    return i[:found].copy(), j[:found].copy()


@njit(cache=True, nogil=True, fastmath=FAST)
def count_within(row, threshold):  # type: ignore[no-untyped-def]
    """How many entries of row (WIDTH,) are <= threshold."""
    count = np.int32(0)
    for j in range(WIDTH):
        count += np.int32(row[j] <= threshold)
    return count
