"""Which candidates a beam uses: a ladder of lengths from the shortest up to the target's scale."""

import numpy as np

from slth import checks
from slth.checks import FloatArray
from slth.solvers.kernels.compiled import njit
from slth.solvers.kernels.ordering import stable_order

GAP = 0.02  # each rung is 1 + GAP/d times the one before at least
REACH = 3.0  # the longest rung in root mean squares of the target's entries
LEAST = 4, 16  # LEAST[0]·d + LEAST[1] candidates up to the top, or longer ones are taken as well
SPREAD = 2  # rungs a dimension, or lengths are taken for alike


def check(gap: float, reach: float) -> tuple[float, float]:
    """Return both as floats; TypeError or ValueError naming the one that is not ≥ 0, or > 0."""
    if checks.real("gap", gap) < 0:
        raise ValueError(f"gap: got {gap}, takes a number >= 0; 0 takes every candidate")
    return float(gap), checks.positive("reach", reach)


@njit(cache=True, nogil=True)
def rungs(lengths: FloatArray, order: np.ndarray, d: int, top: float, gap: float) -> np.ndarray:
    """Numbers (m,) of the candidates to use, from the shortest to the longest.

    lengths (n,): root mean square entries. order: `ascending`, of those up to ``top`` at least. A
    candidate taken is at least 1 + gap/d times as long as the one before. Where lengths are so much
    alike that this leaves fewer than 2d, some evenly spaced in the order are taken; where there are
    too few up to ``top``, the shortest of all.
    """
    out, m, before, within = np.empty(len(order), np.int64), 0, 0.0, 0
    for i in order:
        if lengths[i] > top:
            break
        within += 1
        if lengths[i] >= before * (1 + gap / d):
            out[m], m, before = i, m + 1, lengths[i]
    least = LEAST[0] * d + LEAST[1]
    if within >= least and m >= SPREAD * d:
        return out[:m]
    if within >= least:
        return thin(order[:within], least)
    return ascending(lengths, np.inf)[:least]


@njit(cache=True, nogil=True)
def thin(chosen: np.ndarray, m: int) -> np.ndarray:
    """Keep m of the candidates chosen, evenly spaced, the longest among them."""
    out = np.empty(m, np.int64)
    for i in range(m):
        out[i] = chosen[(i + 1) * len(chosen) // m - 1]
    return out


@njit(cache=True, nogil=True)
def ascending(lengths: FloatArray, top: float) -> np.ndarray:
    """Numbers of the candidates not 0 and not longer than ``top``, by length, then by number."""
    within = np.flatnonzero((lengths > 0) & (lengths <= top))
    return within[stable_order(lengths[within])]
