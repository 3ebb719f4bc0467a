"""Compiled products of small matrices, in one fixed order of operations, and sums of sizes.

Every entry is a sum over its terms, first to last in blocks of four, products fused with sums or
not: whatever the order, it is off by at most γ_m Σ|terms| (`slth.supnorm.rounding`).
"""

from typing import Any

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

_njit: Any = njit(cache=True, nogil=True, fastmath={"contract"})


@_njit
def add_product(left: FloatArray, right: FloatArray, out: FloatArray) -> None:
    """Add left (R, m) times right (m, n) to out (R, n)."""
    count, terms = left.shape
    columns = right.shape[1]
    whole = terms - terms % 4
    paired = count - count % 2
    for r in range(0, paired, 2):
        first, second = out[r], out[r + 1]
        for k in range(0, whole, 4):
            a, b, c, d = left[r, k], left[r, k + 1], left[r, k + 2], left[r, k + 3]
            p, q, s, t = left[r + 1, k], left[r + 1, k + 1], left[r + 1, k + 2], left[r + 1, k + 3]
            w, x, y, z = right[k], right[k + 1], right[k + 2], right[k + 3]
            for j in range(columns):
                first[j] += a * w[j] + b * x[j] + c * y[j] + d * z[j]
                second[j] += p * w[j] + q * x[j] + s * y[j] + t * z[j]
        for k in range(whole, terms):
            a, p = left[r, k], left[r + 1, k]
            w = right[k]
            for j in range(columns):
                first[j] += a * w[j]
                second[j] += p * w[j]
    for r in range(paired, count):
        add_row(left[r], right, out[r])


@_njit
def add_row(left: FloatArray, right: FloatArray, out: FloatArray) -> None:
    """Add left (m,) times right (m, n) to out (n,)."""
    terms, columns = right.shape
    whole = terms - terms % 4
    for k in range(0, whole, 4):
        a, b, c, d = left[k], left[k + 1], left[k + 2], left[k + 3]
        w, x, y, z = right[k], right[k + 1], right[k + 2], right[k + 3]
        for j in range(columns):
            out[j] += a * w[j] + b * x[j] + c * y[j] + d * z[j]
    for k in range(whole, terms):
        a, w = left[k], right[k]
        for j in range(columns):
            out[j] += a * w[j]


@_njit
def add_sizes(rows: FloatArray, out: FloatArray) -> None:
    """Add Σ_k |rows[k]| to out (n,)."""
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(out.shape[0]):
            out[j] += abs(row[j])
