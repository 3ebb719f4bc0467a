"""Enumeration of all 2^n subsets: the oracle that every other solver is tested against."""

from typing import ClassVar

import numpy as np

from slth.checks import FloatArray
from slth.problem import Instance
from slth.solvers._base import Answer, Options, Solver
from slth.solvers.kernels import stopping
from slth.solvers.kernels.compiled import njit, stopped

BASE_BYTES = 2**20  # compiled code and small arrays
BLOCK_BITS = 10  # sums of the first candidates, one table of 2^10 rows: 8 KiB a coordinate


class Enumeration(Solver):
    """Every subset, in the order of its mask: bit i of 0, 1, ..., 2^n − 1 is candidate i.

    A table of the sums of the first candidates is shifted by the sum of the others, which is
    formed anew for every block; hence no rounding accumulates, as it would along a Gray code, and
    integers are exact. Ties go to the lowest mask. Goes on to the end even after a hit, except
    with ``decide``. With a size, masks of another population count are passed over. For n > 30 use
    "mitm", which proves the same in about 2^(n/2).
    """

    name: ClassVar[str] = "enumeration"
    printed: ClassVar[str] = "enumeration"
    max_n: ClassVar[int | None] = 30  # 2^30 subsets: seconds per coordinate; one more doubles it
    handles: ClassVar[str] = "any d, n ≤ 30; proves the optimum"
    cannot: ClassVar[str] = "n > 30; use mitm (exact) or klist"
    cost: ClassVar[str] = "2^n·d additions: 1 ms at n = 20, d = 1; budget = subsets"
    source: ClassVar[str] = "by definition"
    exhaustive: ClassVar[bool] = True
    sized: ClassVar[bool] = True

    def refusal(self, n: int, d: int) -> str | None:
        """Refuse n > 30."""
        if self.max_n is not None and n > self.max_n:
            return f"enumeration takes n <= {self.max_n} (2^n subsets)"
        return None

    def bytes_needed(self, n: int, d: int) -> int:
        """One table of partial sums and a row of errors."""
        return BASE_BYTES + (8 << min(n, BLOCK_BITS)) * (d + 1) + 64 * n * d

    def search(self, instance: Instance, options: Options) -> Answer:
        """Examine the first min(budget, 2^n) subsets; complete when that is all of them."""
        n = instance.n
        total = 1 << n
        limit = total if options.budget is None else min(options.budget, total)
        stop = -1.0 if instance.eps is None or not options.decide else instance.eps
        X, z = np.array(instance.X, order="C"), np.array(instance.z)  # writable: one compiled type
        size = -1 if options.size is None else options.size
        table, halt = _table(X[:BLOCK_BITS]), stopping.flag()
        mask, examined = _enumerate(X, z, table, limit, stop, size, halt)
        if mask < 0:  # the budget ended before any subset of that size: the first one
            mask = (1 << max(size, 0)) - 1
        keep = (mask >> np.arange(n)) & 1 == 1
        stopping.check(keep)
        return Answer(keep, examined == total, examined)


@njit(cache=True, nogil=True)
def _table(X: FloatArray) -> FloatArray:
    """All subset sums of X (m, d), shape (d, 2^m), each summed in index order."""
    m, d = X.shape
    sums = np.zeros((d, 1 << m))
    for i in range(m):
        size = 1 << i
        for j in range(d):
            for k in range(size):
                sums[j, size + k] = sums[j, k] + X[i, j]
    return sums


@njit(cache=True, nogil=True)
def _enumerate(
    X: FloatArray,
    z: FloatArray,
    table: FloatArray,
    limit: int,
    stop: float,
    wanted: int,
    halt: stopping.Flag,
) -> tuple[int, int]:
    """Return (best mask or −1, subsets examined) over masks below ``limit``.

    Ends at an error ≤ stop, or when ``halt`` is set. wanted: bits set in a mask that counts, −1 for
    any.
    """
    n, d = X.shape
    size = table.shape[1]
    low = min(n, BLOCK_BITS)
    errors = np.empty(size)
    best, best_mask = np.inf, -1
    counts = _counts(low)
    for block in range((limit + size - 1) // size):
        if stopped(halt):
            break
        errors[:] = 0.0
        for j in range(d):
            shift = 0.0
            for i in range(low, n):
                if (block >> (i - low)) & 1:
                    shift += X[i, j]
            for k in range(size):
                errors[k] = max(errors[k], abs(table[j, k] + shift - z[j]))
        if wanted >= 0:
            rest = wanted - _bits(block)
            for k in range(size):
                if counts[k] != rest:
                    errors[k] = np.inf
        last = min(size, limit - block * size)
        if errors[:last].min() < best:
            for k in range(last):
                if errors[k] < best:
                    best, best_mask = errors[k], block * size + k
                    if best <= stop:
                        return best_mask, best_mask + 1
    return best_mask, limit


@njit(cache=True, nogil=True)
def _bits(mask: int) -> int:
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@njit(cache=True, nogil=True)
def _counts(bits: int) -> np.ndarray:
    """Bits set in each mask below 2^bits."""
    return np.array([_bits(mask) for mask in range(1 << bits)])
