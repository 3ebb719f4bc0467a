"""LLL on the rows of a float64 matrix, in place.

Reduction is speed only: whatever it returns is checked (`unimodular`) and measured (`slack`) before
a proof rests on it. Source: Lenstra, Lenstra and Lovász 1982, doi:10.1007/BF01457454; the
orthogonalisation of each row is done twice (Giraud, Langou and Rozložník 2005).
"""

import math
from typing import NamedTuple

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit, stopped
from slth.solvers.kernels.stopping import Flag
from slth.solvers.lattice.vectors import add, dot

SIZE_REDUCED = 0.501  # the largest |mu| left
PASSES = 50  # of size reduction of one row
DELTA = 0.99


class Rows(NamedTuple):
    """A basis: its rows B (N, M), their orthogonal parts Q (N, M), squared norms c, and mu."""

    B: FloatArray
    Q: FloatArray
    c: FloatArray
    mu: FloatArray


def rows(B: FloatArray) -> Rows:
    """Room for the reduction of B (N, M)."""
    N, M = B.shape
    return Rows(np.ascontiguousarray(B), np.zeros((N, M)), np.zeros(N), np.zeros((N, N)))


@njit(cache=True, nogil=True)
def orthogonalise(basis: Rows, k: int) -> None:
    """Form Q[k], c[k], mu[k] from B[k] and the rows above."""
    B, Q, c, mu = basis
    q, m = Q[k], mu[k]
    q[:] = B[k]
    for i in range(k):
        m[i] = 0.0
    for _ in range(2):
        for i in range(k):
            part = dot(q, Q[i]) / c[i]
            m[i] += part
            add(-part, Q[i], q)
    c[k] = max(dot(q, q), 1e-290)
    m[k] = 1.0


@njit(cache=True, nogil=True)
def size_reduce(basis: Rows, k: int) -> None:
    """Subtract multiples of the rows above until |mu[k, i]| is about 1/2 at most."""
    B, _, _, mu = basis
    orthogonalise(basis, k)
    for _ in range(PASSES):
        changed = False
        for i in range(k - 1, -1, -1):
            if abs(mu[k, i]) > SIZE_REDUCED:
                times = np.rint(mu[k, i])
                add(-times, B[i], B[k])
                for j in range(i + 1):
                    mu[k, j] -= times * mu[i, j]
                changed = True
        if not changed:
            return
        orthogonalise(basis, k)


@njit(cache=True, nogil=True)
def swap(B: FloatArray, i: int, k: int) -> None:
    """Exchange two rows."""
    for j in range(B.shape[1]):
        B[i, j], B[k, j] = B[k, j], B[i, j]


@njit(cache=True, nogil=True)
def lll(basis: Rows, low: int, high: int, delta: float, limit: int, halt: Flag) -> bool:
    """Reduce rows low ≤ k < high; those above ``low`` are orthogonalised. False: not in ``limit``.

    limit: visits of a row. The rows from ``high`` on are left as they are, not orthogonalised.
    """
    B, _, c, mu = basis
    size_reduce(basis, low)
    k = low + 1
    for visit in range(limit):
        if k >= high:
            return True
        if visit % 64 == 0 and stopped(halt):
            return False
        size_reduce(basis, k)
        if c[k] >= (delta - mu[k, k - 1] ** 2) * c[k - 1]:
            k += 1
        else:
            swap(B, k - 1, k)
            if k == low + 1:
                size_reduce(basis, low)
            else:
                k -= 1
    return k >= high


def visits(N: int, largest: float) -> int:
    """Visits that LLL of N rows with entries up to ``largest`` may take: far more than it does."""
    return 64 * N * N * (4 + max(0, math.frexp(largest)[1]))
