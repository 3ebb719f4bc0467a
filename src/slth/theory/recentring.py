"""Further candidates that move a sum near its target, so that the rest has little to mend."""

import numpy as np

from slth.checks import FloatArray

LEAST = 1e-9  # decrease of ‖y‖² for which a candidate is flipped


def recentred(offsets: FloatArray, extra: FloatArray) -> FloatArray:
    """Offsets less a subset sum of further candidates: steepest descent of ‖y‖² by single flips.

    offsets: (draws, d); extra: (draws, m, d), m candidates of each draw; returns (draws, d). From
    the empty subset, the flip that lowers ‖y‖² most until none does: a local minimum, no more.
    Cost: O(m² d) a draw for the products of candidates, O(m) a flip, about m/2 flips. Source:
    folklore.
    """
    rows, m, _ = extra.shape
    if not m:
        return offsets.copy()
    products = extra @ extra.transpose(0, 2, 1)  # (draws, m, m)
    squares = np.diagonal(products, axis1=1, axis2=2)
    along = (extra @ offsets[:, :, None])[:, :, 0]  # ⟨candidate, y⟩
    keep = np.zeros((rows, m))
    active = np.arange(rows)
    while len(active):
        signs = 1 - 2 * keep[active]
        gains = 2 * signs * along[active] - squares[active]
        best = gains.argmax(axis=1)
        places = np.arange(len(active))
        better = gains[places, best] > LEAST
        moved = signs[places, best][better]
        active, best = active[better], best[better]
        along[active] -= moved[:, None] * products[active, best]
        keep[active, best] += moved
    y: FloatArray = offsets - (keep[:, None, :] @ extra)[:, 0]
    return y
