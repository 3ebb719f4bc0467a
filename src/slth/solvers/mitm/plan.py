"""Radius, slabs and cells of the d >= 2 meet-in-the-middle: speed only, never the answer.

Loops over numbers throughout: every array expression of numpy is a second of compilation.
"""

import math

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.ordering import stable_order
from slth.solvers.mitm.halves import Half, subset_error
from slth.solvers.mitm.sieve import CODE_LIMIT, UNIT, Cells, cells_of

SLAB_REACH = 2.0  # least width of a slab in units of the reach
EXPECTED_HITS = 5.0  # pairs expected within the first radius
SPREAD = 3.5  # deviations from the mean that slabs resolve; the outermost take the rest
MOST_AXES = 8  # coordinates hashed: 2^8 neighbours
WIDTHS = (3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)  # of a cell, in reaches
# ns a sum, as measured: to generate it, and per coordinate hashed; to mark a cell; to work off a
# sum that passed the sieve, and to look up a cell of its box; to compare a pair
MARKS = 32.0  # bits of the map for each sum
GENERATE, HASH, MARK, KEEP, LOOK, PAIR = 2.0, 0.3, 2.5, 60.0, 10.0, 20.0


@njit(cache=True, nogil=True)
def moments(X: FloatArray, centre: FloatArray, sign: float) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation, (d,) each, of centre + sign·Σ_S X_i for uniform S."""
    m, d = X.shape
    mean, deviation = centre.copy(), np.zeros(d)
    for i in range(m):
        for j in range(d):
            mean[j] += sign * X[i, j] / 2
            deviation[j] += X[i, j] ** 2 / 4
    for j in range(d):
        deviation[j] = math.sqrt(deviation[j])
    return mean, deviation


@njit(cache=True, nogil=True)
def first_radius(X: FloatArray, z: FloatArray, size: int) -> float:
    """Radius r within which about EXPECTED_HITS subsets are expected; size < 0: of any size.

    N Π_j 2r/(√(2π) s_j) exp(−m_j²/(2 s_j²)) = EXPECTED_HITS with N = 2^n or C(n, size), where
    z − Σ_S X_i has mean m_j and deviation s_j in coordinate j; coordinates without spread are left
    out. inf if all are. At a fixed size, s_j² = k(n − k)/(n(n − 1))·Σ_i (X_ij − mean)².
    """
    n, d = X.shape
    log_hits, spread = n * math.log(2.0), 0
    share, factor = 0.5, 0.25
    if size >= 0:
        log_hits = math.lgamma(n + 1.0) - math.lgamma(size + 1.0) - math.lgamma(n - size + 1.0)
        share, factor = size / n, size * (n - size) / (n * max(n - 1.0, 1.0))
    log_hits -= math.log(EXPECTED_HITS)
    for j in range(d):
        total = squares = 0.0
        for i in range(n):
            total += X[i, j]
        middle = total / n if size >= 0 else 0.0
        for i in range(n):
            squares += (X[i, j] - middle) ** 2
        s = math.sqrt(factor * squares)
        if s > 0:
            m = z[j] - share * total
            log_hits -= math.log(math.sqrt(2 * math.pi) * s / 2) + (m / s) ** 2 / 2
            spread += 1
    return math.exp(min(-log_hits / spread, 600.0)) if spread > 0 else np.inf


@njit(cache=True, nogil=True)
def descend(X: FloatArray, z: FloatArray, size: int, limit: int) -> tuple[float, int, int]:
    """Return (error, mask, subsets examined): from a first subset, the best change while one helps.

    A change flips one candidate of any subset, or, at a fixed size, exchanges two. Weak when many
    subsets are near z, and then of no consequence; but when z is out of reach it is near the
    optimum, and without it all pairs would lie within the first radius.
    """
    n, d = X.shape
    mask, work = 0, 1
    gap, error, out, into = np.empty(d), 0.0, -1, -1
    for i in range(max(size, 0)):
        mask |= 1 << i
    for j in range(d):
        gap[j] = -z[j]
        for i in range(max(size, 0)):
            gap[j] += X[i, j]
        error = max(error, abs(gap[j]))
    while work + n * max(size, 1) < limit:
        for i in range(n):
            kept = (mask >> i) & 1 == 1
            if size >= 0 and not kept:
                continue
            sign = -1.0 if kept else 1.0
            for k in range(n if size >= 0 else 1):
                if size >= 0 and (mask >> k) & 1:
                    continue
                work += 1
                trial = 0.0
                for j in range(d):
                    change = sign * X[i, j] + (X[k, j] if size >= 0 else 0.0)
                    trial = max(trial, abs(gap[j] + change))
                if trial < error:
                    error, out, into = trial, i, k
        if out < 0:
            break
        sign = -1.0 if (mask >> out) & 1 else 1.0
        mask ^= 1 << out
        for j in range(d):
            gap[j] += sign * X[out, j]
            if size >= 0:
                gap[j] += X[into, j]
        if size >= 0:
            mask ^= 1 << into
        out = -1
    return subset_error(X, z, mask), mask, work


@njit(cache=True, nogil=True)
def lay_out(
    A: Half,
    B: Half,
    X: FloatArray,
    z: FloatArray,
    radius: float,
    target: float,
    counted: bool,
    exact: bool,
) -> tuple[Cells, FloatArray, FloatArray, np.ndarray]:
    """Return cells, slab edges (S+1,), rows (2, S) of A and B, and an order; no slab: no pair.

    Slabs cover every a with a partner. target: rows a slab should hold. counted: the last column
    of the sums is the number of candidates. exact: partners are equal, all sums are integers, and
    coordinate 0 tells them apart (`exact`).
    """
    n, d = X.shape
    D = d + 1 if counted else d
    mean_a, std_a = moments(X[: n // 2], np.zeros(d), 1.0)
    mean_b, std_b = moments(X[n // 2 :], z, -1.0)
    reach, density = np.full(D, 0.0 if exact else radius), np.empty(D)
    for j in range(d):
        density[j] = _density(mean_a[j], mean_b[j], math.hypot(std_a[j], std_b[j]))
    if counted:
        reach[d], density[d] = 0.0, 1 / math.sqrt(math.pi * n / 2)
    low, high, largest = _overlap(A, B, reach)
    rows = float(B.u0.size) * float(B.v0.size)
    for j in range(D):
        if low[j] > high[j]:
            none = _cells(density, reach, largest, 1.0, 1.0)
            return none, np.empty(0), np.empty((2, 0)), np.empty(0, dtype=np.int64)
    edges = _edges(
        low[0], high[0], (mean_a[0], mean_b[0]), (std_a[0], std_b[0]), rows, target, radius
    )
    expected, likely = np.empty((2, edges.size - 1)), np.empty(edges.size - 1)
    for k in range(edges.size - 1):
        start, stop = edges[k], edges[k + 1]
        expected[0, k] = rows * _share(start, stop, mean_a[0], std_a[0])
        expected[1, k] = rows * _share(start - radius, stop + radius, mean_b[0], std_b[0])
        likely[k] = -expected[0, k] * expected[1, k]
    order = stable_order(likely)
    first = order[0]
    if edges.size > 2:
        density[0] = 1 / max(edges[first + 1] - edges[first], 1e-280)
    marked = min(expected[0, first], expected[1, first])
    sieved = max(expected[0, first], expected[1, first])
    for k in range(edges.size - 1):
        for side in range(2):
            expected[side, k] = max(expected[side, k], min(target, rows))
    if exact:
        first_only = np.zeros(1, dtype=np.int64)
        cells = cells_of(first_only, np.full(1, float(UNIT)), np.zeros(1))
        return cells, edges, expected, order
    return _cells(density, reach, largest, max(marked, 1.0), sieved), edges, expected, order


@njit(cache=True, nogil=True)
def _overlap(A: Half, B: Half, reach: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (low, high, largest), (D,) each: where a partner can be; and the size of any sum.

    low > high in some coordinate: there is no pair within reach (D,).
    """
    D = reach.size
    low, high, largest = np.empty(D), np.empty(D), np.empty(D)
    ends = np.empty((4, 2))
    for j in range(D):
        for side, rows in enumerate((A.u, A.v, B.u, B.v)):
            least = most = rows[0, j]
            for i in range(1, len(rows)):
                least, most = min(least, rows[i, j]), max(most, rows[i, j])
            ends[side, 0], ends[side, 1] = least, most
        low[j] = max(ends[0, 0] + ends[1, 0], ends[2, 0] + ends[3, 0] - reach[j])
        high[j] = min(ends[0, 1] + ends[1, 1], ends[2, 1] + ends[3, 1] + reach[j])
        largest[j] = 0.0
        for side in range(4):
            largest[j] = max(largest[j], abs(ends[side, 0]), abs(ends[side, 1]))
    return low, high, largest


@njit(cache=True, nogil=True)
def _edges(
    low: float,
    high: float,
    mean: tuple[float, float],
    deviation: tuple[float, float],
    rows: float,
    target: float,
    reach: float,
) -> FloatArray:
    """Cut [low, high] where the sparser of two normal halves has about ``target`` sums.

    mean, deviation: of coordinate 0 of A and B, ``rows`` sums each.
    """
    edges, count = np.empty(64), 1
    edges[0] = low
    x = max(low, min(mean[0] - SPREAD * deviation[0], mean[1] - SPREAD * deviation[1]))
    stop = min(high, max(mean[0] + SPREAD * deviation[0], mean[1] + SPREAD * deviation[1]))
    widest = max(max(deviation[0], deviation[1]) / 2, SLAB_REACH * reach)
    while rows > target and x < stop:
        here = min(_density(x, mean[0], deviation[0]), _density(x, mean[1], deviation[1]))
        width = min(max(target / max(rows * here, 1e-280), SLAB_REACH * reach), widest)
        if not x < x + width < stop:
            break
        x += width
        if count + 1 == edges.size:
            longer = np.empty(2 * edges.size)
            for k in range(count):
                longer[k] = edges[k]
            edges = longer
        edges[count] = x
        count += 1
    edges[count] = np.nextafter(high, np.inf)
    return edges[: count + 1]


@njit(cache=True, nogil=True)
def _share(low: float, high: float, mean: float, deviation: float) -> float:
    """The chance of [low, high) under a normal law."""
    scale = math.sqrt(2.0) * max(deviation, 1e-280)
    return (math.erf((high - mean) / scale) - math.erf((low - mean) / scale)) / 2


@njit(cache=True, nogil=True)
def _density(x: float, mean: float, deviation: float) -> float:
    if deviation <= 0:
        return 0.0
    return math.exp(-(((x - mean) / deviation) ** 2) / 2) / (math.sqrt(2 * math.pi) * deviation)


@njit(cache=True, nogil=True)
def _cells(
    density: FloatArray, reach: FloatArray, largest: FloatArray, marked: float, sieved: float
) -> Cells:
    """Choose the coordinates and width of cells that cost least for a slab of so many sums.

    density: (D,) chance per unit length that a coordinate of a and b agree; a reach of 0 tells an
    integer coordinate, whose cells are single values. Coordinate 0, cut by slabs, comes last.
    """
    D = reach.size
    best, axes, width = np.inf, 0, WIDTHS[0]
    order, counted = np.empty(D, dtype=np.int64), int(reach[D - 1] == 0.0)
    order[0], order[D - 1] = D - 1, 0
    for g in range(counted, D - 1):
        order[g] = g + 1 - counted
    for c in WIDTHS:
        agree, boxes = 1.0, 1.0
        for g in range(min(D, MOST_AXES) + 1):
            if g > 0:
                j = order[g - 1]
                agree *= min(1.0, ((c + 2) * reach[j] if reach[j] > 0 else 1.0) * density[j])
                boxes *= 1 + 2 / c + 6 / UNIT if reach[j] > 0 else 1.0
            q_kept = sieved * min(1.0, marked * agree + boxes / MARKS)
            p_kept = marked * min(1.0, q_kept * agree + boxes / MARKS)
            cost = (2 * marked + sieved) * (GENERATE + HASH * g) + marked * MARK * boxes
            cost += q_kept * (KEEP + MARK * boxes) + p_kept * (KEEP + LOOK * boxes)
            cost += sieved * marked * agree * PAIR
            if cost < best:
                best, axes, width = cost, g, c
    axis, scale, within = np.empty(axes, dtype=np.int64), np.empty(axes), np.empty(axes)
    for g in range(axes):
        j = axis[g] = order[g]
        within[g] = reach[j]
        codes = UNIT / (width * max(reach[j], 1e-280)) if reach[j] > 0 else float(UNIT)
        scale[g] = min(codes, CODE_LIMIT / max(largest[j], 1e-280))
    return cells_of(axis, scale, within)
