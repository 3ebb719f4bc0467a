"""Radius, blocks and grid of the d >= 2 meet-in-the-middle: speed only, never the answer."""

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_halves import Half, subset_error
from slth.solvers.mitm_space import GRID, Grid

BLOCK_ROWS = 1 << 13  # rows of B a block should hold: with its grid it stays in the L2 cache
SLAB_REACH, STRIP_REACH, CELL_REACH = 2.0, 3.0, 1.5  # least widths, in units of the reach
EXPECTED_HITS = 5.0  # pairs expected within the first radius
CENTRAL = 2.5  # density of a normal at its centre over its mean density within ±SPREAD
SPREAD = 3.5  # deviations from the mean that slabs and cells resolve; the outer ones take the rest


@njit(cache=True, nogil=True)
def moments(X: FloatArray, centre: FloatArray, sign: float) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation, (d,) each, of centre + sign·Σ_S X_i for uniform S."""
    m, d = X.shape
    mean, deviation = centre.copy(), np.zeros(d)
    for i in range(m):
        for j in range(d):
            mean[j] += sign * X[i, j] / 2
            deviation[j] += X[i, j] ** 2 / 4
    return mean, np.sqrt(deviation)


@njit(cache=True, nogil=True)
def first_radius(X: FloatArray, z: FloatArray) -> float:
    """Radius r within which about EXPECTED_HITS subsets are expected.

    2^n Π_j 2r/(√(2π) s_j) exp(−m_j²/(2 s_j²)) = EXPECTED_HITS, where z − Σ_S X_i has mean m_j and
    deviation s_j in coordinate j; coordinates without spread are left out. inf if all are.
    """
    mean, deviation = moments(X, z, -1.0)
    log_hits, spread = X.shape[0] * np.log(2.0) - np.log(EXPECTED_HITS), 0
    for m, s in zip(mean, deviation):  # noqa: B905 (numba has no strict)
        if s > 0:
            log_hits -= np.log(np.sqrt(2 * np.pi) * s / 2) + (m / s) ** 2 / 2
            spread += 1
    return np.exp(min(-log_hits / spread, 600.0)) if spread > 0 else np.inf


@njit(cache=True, nogil=True)
def descend(X: FloatArray, z: FloatArray, limit: int) -> tuple[float, int, int]:
    """Return (error, mask, subsets examined): from ∅, flip the best candidate while that helps.

    Weak when many subsets are near z, and then of no consequence; but when z is out of reach it is
    near the optimum, and without it all 2^n pairs would lie within the first radius.
    """
    mask, work, error = 0, 1, np.abs(z).max()
    gap, flipped = -z, -1
    while work + X.shape[0] < limit:
        for i in range(X.shape[0]):
            work += 1
            sign = -1.0 if (mask >> i) & 1 else 1.0
            trial = np.abs(gap + sign * X[i]).max()
            if trial < error:
                error, flipped = trial, i
        if flipped < 0:
            break
        gap += -X[flipped] if (mask >> flipped) & 1 else X[flipped]
        mask ^= 1 << flipped
        flipped = -1
    return subset_error(X, z, mask), mask, work


@njit(cache=True, nogil=True)
def lay_out(
    A: Half, B: Half, X: FloatArray, z: FloatArray, reach: float, room: int
) -> tuple[FloatArray, FloatArray, Grid]:
    """Return slab edges, strip edges and the grid of a block; no edges: no pair within ``reach``.

    Edges are those of coordinates 0 and 1 and cover every a with a partner. room: rows of a half
    that fit in memory at once.
    """
    n, d = X.shape
    mean_a, std_a = moments(X[: n // 2], np.zeros(d), 1.0)
    mean_b, std_b = moments(X[n // 2 :], z, -1.0)
    low, high, inner_low, inner_high = np.empty(d), np.empty(d), np.empty(d), np.empty(d)
    for j in range(d):
        low[j] = max(A.u[:, j].min() + A.v[:, j].min(), B.u[:, j].min() + B.v[:, j].min() - reach)
        high[j] = min(A.u[:, j].max() + A.v[:, j].max(), B.u[:, j].max() + B.v[:, j].max() + reach)
        if low[j] > high[j]:
            return np.empty(0), np.empty(0), _grid(1.0, 1, reach, low, high)
        inner_low[j] = max(low[j], mean_a[j] - SPREAD * std_a[j], mean_b[j] - SPREAD * std_b[j])
        inner_high[j] = min(high[j], mean_a[j] + SPREAD * std_a[j], mean_b[j] + SPREAD * std_b[j])
    rows = float(B.u.shape[0]) * float(B.v.shape[0])
    walk = max(A.u.shape[0], A.v.shape[0], B.u.shape[0], B.v.shape[0])
    target = float(max(BLOCK_ROWS, 2 * walk))
    slabs = _edges(rows / target, SLAB_REACH * reach, 0, low, high, inner_low, inner_high)
    central = CENTRAL * rows / (len(slabs) - 1)
    parts = central / (CENTRAL * target) if d > 2 and central > 2 * CENTRAL * target else 1.0
    strips = _edges(parts, STRIP_REACH * reach, 1, low, high, inner_low, inner_high)
    if len(strips) > 2:
        central = central * CENTRAL / (len(strips) - 1)
    first = 1 if len(strips) == 2 else 2
    return slabs, strips, _grid(2 * min(central, room), first, reach, inner_low, inner_high)


@njit(cache=True, nogil=True)
def _edges(
    parts: float,
    narrowest: float,
    j: int,
    low: FloatArray,
    high: FloatArray,
    inner_low: FloatArray,
    inner_high: FloatArray,
) -> FloatArray:
    """Cut [low_j, high_j] into about ``parts``, equally wide but for the outermost two."""
    width = max(inner_high[j] - inner_low[j], 0.0)
    count = max(int(min(parts, width / narrowest, 2.0**30)), 1)
    edges = np.linspace(inner_low[j], inner_high[j], count + 1)
    edges[0], edges[-1] = low[j], np.nextafter(high[j], np.inf)
    return edges


@njit(cache=True, nogil=True)
def _grid(cells: float, first: int, reach: float, low: FloatArray, high: FloatArray) -> Grid:
    """About ``cells`` cells over as few of the coordinates from ``first`` on as give them."""
    d = low.size
    axis, start = np.zeros(GRID, dtype=np.int64), np.zeros(GRID)
    scale, count = np.zeros(GRID), np.ones(GRID, dtype=np.int64)
    used, possible = 0, 1.0
    while used < min(GRID, d - first) and possible < cells:
        j = first + used
        used += 1
        possible *= max(1.0, (high[j] - low[j]) / (2 * reach))
    left = cells
    for k in range(used):
        g, j = GRID - used + k, first + k
        width = high[j] - low[j]
        most = min(left ** (1.0 / (used - k)), width / (CELL_REACH * reach), 2.0**20)
        if most >= 2.0:
            axis[g], start[g], count[g] = j, low[j], int(most)
            scale[g] = count[g] / width
            left /= count[g]
    return Grid(axis, start, scale, count)


@njit(cache=True, nogil=True)
def best_first(edges: FloatArray, j: int, X: FloatArray, z: FloatArray) -> np.ndarray:
    """Order intervals of coordinate j by distance from the peak of the densities' product."""
    half = X.shape[0] // 2
    mean_a, std_a = moments(X[:half], np.zeros(z.size), 1.0)
    mean_b, std_b = moments(X[half:], z, -1.0)
    var_a, var_b = std_a[j] ** 2, std_b[j] ** 2
    peak = (mean_a[j] * var_b + mean_b[j] * var_a) / max(var_a + var_b, 1e-300)
    if edges.size < 3:
        return np.arange(edges.size - 1)
    return np.argsort(np.abs((edges[:-1] + edges[1:]) / 2 - peak), kind="mergesort")
