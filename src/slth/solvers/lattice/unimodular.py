"""Whether an integer matrix has determinant ±1: exactly, by residues."""

import functools
import math

import numpy as np

from slth.solvers.kernels.compiled import njit

IntArray = np.ndarray  # int64
LARGEST_PRIME = 2**31 - 1  # products of residues fit int64


def is_unimodular(U: IntArray) -> bool:
    """Whether det U = ±1, for U (n, n) int64.

    |det U| ≤ Π ‖U_i‖ (Hadamard). Residues that are all 1, or all −1, modulo primes whose product
    exceeds twice that and 2 leave ±1 alone. Cost: n³/3 products for each 31 bits of the bound.
    """
    squares = [sum(int(v) * int(v) for v in row) for row in U.tolist()]
    if not all(squares):
        return False
    bits = sum(math.log2(square) for square in squares) / 2 + 3
    primes = _primes(math.ceil(bits / 30.9))
    residues = [_determinant(np.ascontiguousarray(U % prime), prime) for prime in primes]
    return all(r == 1 for r in residues) or all(
        r == p - 1 for r, p in zip(residues, primes, strict=True)
    )


@functools.cache
def _primes(count: int) -> tuple[int, ...]:
    """The ``count`` largest primes below 2^31."""
    odd = np.ones(math.isqrt(LARGEST_PRIME) // 2 + 1, dtype=bool)  # of 2i + 1
    for p in range(3, math.isqrt(2 * len(odd)) + 1, 2):
        odd[p * p // 2 :: p] &= False
    small = 2 * np.flatnonzero(odd[1:]) + 3
    found: list[int] = []
    number = LARGEST_PRIME
    while len(found) < count:
        if (number % small).all():
            found.append(number)
        number -= 2
    return tuple(found)


@njit(cache=True, nogil=True)
def _determinant(A: IntArray, prime: int) -> int:
    """The determinant of A (n, n), residues of ``prime``, by elimination; A is used up."""
    n = len(A)
    value = 1
    for k in range(n):
        pivot = k
        while pivot < n and A[pivot, k] == 0:
            pivot += 1
        if pivot == n:
            return 0
        if pivot != k:
            for j in range(n):
                A[k, j], A[pivot, j] = A[pivot, j], A[k, j]
            value = prime - value
        value = value * A[k, k] % prime
        inverse = _inverse(A[k, k], prime)
        for i in range(k + 1, n):
            if A[i, k] != 0:
                factor = A[i, k] * inverse % prime
                for j in range(k, n):
                    A[i, j] = (A[i, j] + (prime - factor) * A[k, j]) % prime
    return value


def rank(H: IntArray) -> int:
    """A lower bound of the rank of H (r, m), equal to it but for a chance of about 2^-31."""
    return int(_rank(np.ascontiguousarray(H % LARGEST_PRIME), LARGEST_PRIME))


@njit(cache=True, nogil=True)
def _rank(A: IntArray, prime: int) -> int:
    """The rank of A (r, m), residues of ``prime``; A is used up."""
    r, m = A.shape
    done = 0
    for column in range(m):
        pivot = done
        while pivot < r and A[pivot, column] == 0:
            pivot += 1
        if pivot == r:
            continue
        for j in range(m):
            A[done, j], A[pivot, j] = A[pivot, j], A[done, j]
        inverse = _inverse(A[done, column], prime)
        for i in range(done + 1, r):
            factor = A[i, column] * inverse % prime
            for j in range(column, m):
                A[i, j] = (A[i, j] + (prime - factor) * A[done, j]) % prime
        done += 1
    return done


@njit(cache=True, nogil=True)
def _inverse(a: int, prime: int) -> int:
    """a^(prime − 2) modulo prime."""
    out, power, left = 1, a, prime - 2
    while left:
        if left & 1:
            out = out * power % prime
        power = power * power % prime
        left >>= 1
    return out
