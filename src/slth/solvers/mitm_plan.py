"""Radius, slabs and grid of the d >= 2 meet-in-the-middle: speed only, never the answer."""

import numpy as np
from numba import njit

from slth.checks import FloatArray
from slth.solvers.mitm_space import GRID, Grid, Half

SLAB_ROWS = 1 << 13  # rows of B a slab should hold: with its grid it stays in the L2 cache
EXPECTED_HITS = 5.0  # pairs expected within the first radius
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
def lay_out(
    A: Half, B: Half, X: FloatArray, z: FloatArray, reach: float, room: int
) -> tuple[FloatArray, Grid]:
    """Return slab edges (S + 1,), none if no pair can be within ``reach``, and the grid of a slab."""
    n, d = X.shape
    mean_a, std_a = moments(X[: n // 2], np.zeros(d), 1.0)
    mean_b, std_b = moments(X[n // 2 :], z, -1.0)
    low, high, inner_low, inner_high = np.empty(d), np.empty(d), np.empty(d), np.empty(d)
    for j in range(d):
        low[j] = max(A.u[:, j].min() + A.v[:, j].min(), B.u[:, j].min() + B.v[:, j].min() - reach)
        high[j] = min(A.u[:, j].max() + A.v[:, j].max(), B.u[:, j].max() + B.v[:, j].max() + reach)
        if low[j] > high[j]:
            return np.empty(0), _grid(1.0, reach, low, high)
        inner_low[j] = max(low[j], mean_a[j] - SPREAD * std_a[j], mean_b[j] - SPREAD * std_b[j])
        inner_high[j] = min(high[j], mean_a[j] + SPREAD * std_a[j], mean_b[j] + SPREAD * std_b[j])
    rows = float(B.u.shape[0]) * float(B.v.shape[0])
    walk = max(A.u.shape[0], A.v.shape[0], B.u.shape[0], B.v.shape[0])
    width = inner_high[0] - inner_low[0]
    slabs = int(min(rows / max(SLAB_ROWS, 2 * walk), max(width, 0.0) / reach, 2.0**30))
    edges = np.linspace(inner_low[0], inner_high[0], max(slabs, 1) + 1)
    edges[0], edges[-1] = low[0], np.nextafter(high[0], np.inf)
    central = min(2.5 * rows / max(slabs, 1), float(room))
    return edges, _grid(2 * central, reach, inner_low, inner_high)


@njit(cache=True, nogil=True)
def _grid(cells: float, reach: float, low: FloatArray, high: FloatArray) -> Grid:
    """About ``cells`` cells, none narrower than 1.5 reach, over as few coordinates as give them."""
    d = low.size
    axis, start = np.zeros(GRID, dtype=np.int64), np.zeros(GRID)
    scale, count = np.zeros(GRID), np.ones(GRID, dtype=np.int64)
    used, possible = 0, 1.0
    while used < min(GRID, d - 1) and possible < cells:
        used += 1
        possible *= max(1.0, (high[used] - low[used]) / (2 * reach))
    left = cells
    for k in range(used):
        g, j = GRID - used + k, 1 + k
        width = high[j] - low[j]
        most = min(left ** (1.0 / (used - k)), width / (1.5 * reach), 2.0**20)
        if most >= 2.0:
            axis[g], start[g], count[g] = j, low[j], int(most)
            scale[g] = count[g] / width
            left /= count[g]
    return Grid(axis, start, scale, count)


@njit(cache=True, nogil=True)
def best_first(edges: FloatArray, X: FloatArray, z: FloatArray) -> np.ndarray:
    """Order the slabs by distance from where the densities of A and B have their largest product."""
    half = X.shape[0] // 2
    mean_a, std_a = moments(X[:half], np.zeros(z.size), 1.0)
    mean_b, std_b = moments(X[half:], z, -1.0)
    var_a, var_b = std_a[0] ** 2, std_b[0] ** 2
    peak = (mean_a[0] * var_b + mean_b[0] * var_a) / max(var_a + var_b, 1e-300)
    return np.argsort(np.abs((edges[:-1] + edges[1:]) / 2 - peak), kind="mergesort")
