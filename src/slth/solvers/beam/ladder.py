"""Which candidates a beam uses: a ladder of lengths from the shortest up to the target's scale."""

import numpy as np

from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.ordering import stable_order

GAP = 0.05  # each rung is 1 + GAP/d times the one before at least
REACH = 3.5  # the longest rung in root mean squares of the target's entries
LEAST = 4, 16  # rungs: LEAST[0]·d + LEAST[1] at least, where there are as many candidates


@njit(cache=True, nogil=True)
def rungs(lengths: FloatArray, d: int, top: float) -> np.ndarray:
    """Numbers (m,) of the candidates to use, from the shortest to the longest.

    lengths (n,): root mean square entries; a candidate of length 0 is of no use. Those up to
    ``top`` are taken, each at least 1 + GAP/d times as long as the last one. Where that leaves too
    few, the shortest of all are taken whatever their lengths.
    """
    least = LEAST[0] * d + LEAST[1]
    within = np.flatnonzero((lengths > 0) & (lengths <= top))
    if len(within) >= least:
        order = within[stable_order(lengths[within])]
        out, m, before = np.empty(len(order), np.int64), 0, 0.0
        for i in order:
            if lengths[i] >= before * (1 + GAP / d):
                out[m], m, before = i, m + 1, lengths[i]
        if m >= least:
            return out[:m]
    return everything(lengths)[: max(least, len(within))]


@njit(cache=True, nogil=True)
def everything(lengths: FloatArray) -> np.ndarray:
    """Numbers of all candidates that are not 0, from the shortest to the longest."""
    alive = np.flatnonzero(lengths > 0)
    return alive[stable_order(lengths[alive])]
