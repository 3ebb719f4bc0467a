"""The covered volume of d = 1, candidate by candidate: the process in the proof of ESA 2023."""

import numpy as np

from slth import checks
from slth.checks import FloatArray


def covered_volumes(x: FloatArray, reach: float) -> tuple[FloatArray, FloatArray]:
    """Return v_0, ..., v_n of the restricted and of the free process: two arrays (n + 1,).

    free: v_t = ½ |{z in [-1, 1] : some S ⊆ [t] has |z - Σ_S x_i| <= reach}|. restricted: the set
    F_0 = [-reach, reach], F_{t+1} = (F_t ∪ (F_t + x_{t+1})) ∩ [-1, 1], so that no sum leaves the
    interval on its way; the theorem follows this one, which is at most the free one. x: (n,).
    Cost: O(n / reach) restricted, and for the free process the number of its intervals, which may
    double at every step until they merge. Source: da Cunha et al., ESA 2023.
    """
    values, reach = checks.array("x", x, (1,), "(n,)"), checks.positive("reach", reach)
    far = float(np.abs(values).sum()) + reach
    out = []
    for bound in (1.0, far):
        low, high = np.array([max(-reach, -bound)]), np.array([min(reach, bound)])
        volumes = [_volume(low, high)]
        for value in values:
            low, high = _joined(
                np.concatenate([low, low + value]), np.concatenate([high, high + value]), bound
            )
            volumes.append(_volume(low, high))
        out.append(np.array(volumes))
    return out[0], out[1]


def _joined(low: FloatArray, high: FloatArray, bound: float) -> tuple[FloatArray, FloatArray]:
    """The union of intervals, cut to [-bound, bound], as disjoint intervals in order."""
    inside = (low <= bound) & (high >= -bound)
    low, high = np.maximum(low[inside], -bound), np.minimum(high[inside], bound)
    order = np.argsort(low, kind="stable")
    low, reached = low[order], np.maximum.accumulate(high[order])
    first = np.append(True, low[1:] > reached[:-1])
    return low[first], reached[np.append(np.flatnonzero(first)[1:] - 1, len(low) - 1)]


def _volume(low: FloatArray, high: FloatArray) -> float:
    return float(0.5 * np.maximum(np.minimum(high, 1) - np.maximum(low, -1), 0).sum())
