"""A stable sort for compiled code: numba's own takes seconds to compile, once a caller."""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit

RUN = 16  # keys up to which insertion is faster than merging


@njit(cache=True, nogil=True)
def stable_order(keys: FloatArray) -> np.ndarray:
    """The order (m,) int64 that sorts keys (m,), equal ones by index: insertion, then merging."""
    m = keys.size
    order, spare = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    for start in range(0, m, RUN):
        for i in range(start, min(start + RUN, m)):
            k = i
            while k > start and keys[order[k - 1]] > keys[i]:
                order[k] = order[k - 1]
                k -= 1
            order[k] = i
    size = RUN
    while size < m:
        for start in range(0, m, 2 * size):
            middle, end = min(start + size, m), min(start + 2 * size, m)
            i, k = start, middle
            for place in range(start, end):
                if k == end or (i < middle and keys[order[i]] <= keys[order[k]]):
                    spare[place] = order[i]
                    i += 1
                else:
                    spare[place] = order[k]
                    k += 1
        order, spare = spare, order
        size *= 2
    return order
