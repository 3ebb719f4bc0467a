"""Hits and least errors among the subsets of each size, from the sums of two halves."""

from typing import Any

import numpy as np

from slth import checks
from slth.checks import FloatArray
from slth.studies.atlas.covering_radius import subset_sums

IntArray = np.ndarray[Any, np.dtype[np.int64]]

MAX_N = 40  # 2^(n/2) sums of each half are held
CHUNK = 2**20  # pairs of half sums compared at once


def near_by_size(
    X: FloatArray, z: FloatArray, eps: float, reach: float
) -> tuple[IntArray, FloatArray]:
    """Return for k = 0..n how many k-subsets lie within eps of z, and their least error.

    Two arrays (n + 1,): int64; float64, inf where no k-subset lies within reach >= eps. X: (n, d),
    z: (d,). The first coordinate leaves a window of the sorted sums of one half for each sum of the
    other, in which all pairs are compared. Exact, up to the rounding of sums on the window's edge.
    Cost: O(n 2^(n/2)) and the pairs, 2^n P(|sum - z_1| <= reach): some ms at n = 24. Raises
    ValueError naming the argument.
    """
    X, z = checks.array("X", X, (2,), "(n, d)"), checks.array("z", z, (1,), "(d,)")
    n, eps = checks.integer("n", len(X), low=2, high=MAX_N), checks.positive("eps", eps)
    if checks.positive("reach", reach) < eps:
        raise ValueError(f"reach: got {reach!r}, takes at least eps, {eps!r}")
    left, right = subset_sums(X[: n // 2]), subset_sums(X[n // 2 :])
    many, few = (np.bitwise_count(np.arange(len(half))) for half in (left, right))
    order = np.argsort(left[:, 0], kind="stable")
    left, many = left[order], many[order]
    first = np.searchsorted(left[:, 0], z[0] - right[:, 0] - reach, "left")
    last = np.searchsorted(left[:, 0], z[0] - right[:, 0] + reach, "right")
    hits, least = np.zeros(n + 1, dtype=np.int64), np.full(n + 1, np.inf)
    ends = np.cumsum(last - first)
    start = 0
    while start < len(right):
        done = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, done + CHUNK, "right")), start + 1)
        lengths = (last - first)[start:stop]
        row = np.repeat(np.arange(start, stop), lengths)
        column = np.arange(len(row)) - np.repeat(ends[start:stop] - lengths - done, lengths)
        column += np.repeat(first[start:stop], lengths)
        error = np.abs(left[column] + right[row] - z).max(axis=1, initial=0.0)
        kept = error <= reach
        error, size = error[kept], many[column[kept]].astype(np.int64) + few[row[kept]]
        hits += np.bincount(size[error <= eps], minlength=n + 1)
        np.minimum.at(least, size, error)
        start = stop
    return hits, least
