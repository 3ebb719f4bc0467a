"""The integer vectors x with x A = z, all of them: a kernel lattice and one solution."""

from fractions import Fraction

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels import stopping
from slth.solvers.lattice import reduction
from slth.solvers.lattice.bases import LARGEST_ENTRY, Space, joined, whole
from slth.solvers.lattice.unimodular import IntArray, rank

WEIGHT_STEP = 2.0**3  # of the sums, from one reduction to the next
ROUNDS = 80  # weights up to 2^240 of the first
SAFE_SUM = 2.0**62  # of |U||A|: int64 holds the sums
LARGEST_SOLUTION = 50_000  # operations on fractions: a second or two
QUICK = 0.9  # LLL's factor; the kernel is reduced again afterwards


class UnsolvableError(Exception):
    """No integer vector x has x A = z: proved."""


def kernel(A: IntArray, z: IntArray) -> Space | None:
    """The space {x in Z^n: x A = z} of A (n, m), z (m,) int64; None: not found, in
    float64 or within LARGEST_SOLUTION.

    LLL on (I, w A) with w rising until the rows of sums other than 0 are independent: as the rows
    are a basis of Z^n, those of sum 0 are then a basis of the kernel. Raises UnsolvableError.
    Source: Havas, Majewski and Matthews 1998, doi:10.1080/10586458.1998.10504362.
    """
    U = _transform(A)
    if U is None:
        return None
    sums = U @ A
    inside = ~sums.any(axis=1)
    if int((~inside).sum()) ** 2 * A.shape[1] > LARGEST_SOLUTION:
        return None
    coefficients = _solution(sums[~inside], z)
    columns = U[~inside].T.tolist()
    start = [sum(c * u for c, u in zip(coefficients, column, strict=True)) for column in columns]
    if max((abs(v) for v in start), default=0) >= LARGEST_ENTRY:
        return None
    return Space(U[inside], np.array(start, dtype=np.int64), U[~inside])


def _transform(A: IntArray) -> IntArray | None:
    """A basis U of Z^n in which the rows with U_i A other than 0 are independent."""
    n = len(A)
    U = whole(A.astype(np.float64)).rows
    halt = stopping.flag()
    largest = float(np.abs(A).max(initial=1))
    weight = 2.0**4 / largest
    for _ in range(ROUNDS):
        if (np.abs(U).astype(np.float64) @ np.abs(A).astype(np.float64)).max() >= SAFE_SUM:
            return None
        sums = U @ A
        inside = ~sums.any(axis=1)
        if rank(sums[~inside]) == n - int(inside.sum()):
            return U
        gram = reduction.rows(joined(U.astype(np.float64), weight * sums, 1.0))
        limit = reduction.visits(n, float(np.abs(weight * sums).max()))
        reduction.lll(gram, 0, n, QUICK, limit, halt)
        stopping.check()
        rounded = np.rint(gram.B[:, :n])
        if not np.abs(rounded).max() < LARGEST_ENTRY:
            return None
        U = rounded.astype(np.int64)
        weight *= WEIGHT_STEP
    return None


def _solution(H: IntArray, z: IntArray) -> list[int]:
    """The integers y with y H = z, for independent rows H (r, m). Raises UnsolvableError."""
    r = len(H)
    rows = [
        [Fraction(int(v)) for v in (*column, goal)] for column, goal in zip(H.T, z, strict=True)
    ]
    done = 0
    for k in range(r):
        pivot = next(i for i in range(done, len(rows)) if rows[i][k])
        rows[done], rows[pivot] = rows[pivot], rows[done]
        first = rows[done] = [v / rows[done][k] for v in rows[done]]
        for i, row in enumerate(rows):
            if i != done and row[k]:
                factor = row[k]
                rows[i] = [v - factor * w for v, w in zip(row, first, strict=True)]
        done += 1
    if any(row[r] for row in rows[done:]) or any(row[r].denominator > 1 for row in rows[:done]):
        raise UnsolvableError
    return [int(row[r]) for row in rows[:done]]


def as_integers(values: FloatArray, unit: float) -> IntArray:
    """Multiples of ``unit`` as integers."""
    out: IntArray = (values / unit).astype(np.int64)
    return out
