"""Sums of products in float64 with the error of every operation kept (error-free transformations).

x + y = s + e and x · y = p + e exactly, with float64 s, p and e. Sources: Knuth (TwoSum), Dekker
(1971, TwoProduct), Ogita, Rump and Oishi (SIAM J. Sci. Comput. 2005, Dot2). No long double, whose
precision depends on the platform and on the processor's control word.
"""

import numpy as np
from numpy.typing import NDArray

from slth.supnorm.rounding import UNIT

Array = NDArray[np.float64]
_SPLIT = 2.0**27 + 1
_LOST = 2.0**-1060  # more than a product of numbers of size ≤ 1 loses by underflow


def two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """Return s, e with s + e = x + y."""
    s = x + y
    back = s - x
    return s, (x - (s - back)) + (y - back)


def two_product(x: Array, y: Array) -> tuple[Array, Array]:
    """Return p, e with p + e = x · y, up to 2^−1060 in denormals, for sizes below 2^996."""
    p = x * y
    (a, b), (c, d) = _halves(x), _halves(y)
    return p, b * d - (((p - a * c) - b * c) - a * d)


def _halves(x: Array) -> tuple[Array, Array]:
    """Return a, b of 26 bits each with a + b = x."""
    far = _SPLIT * x
    a = far - (far - x)
    return a, x - a


def dot(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Σ_h x_h y_h over axis 1, Σ_h |x_h y_h|, and a bound on the error of the first.

    |x|, |y| ≤ 1, of equal dimension and broadcast; for h ≤ 2^30. The sums are pairwise, L levels
    deep, and the errors they leave are summed plainly: off by u|sum| + 4 (L + 2)² u² Σ|terms|.
    """
    total, error = two_product(x, y)
    size = np.abs(total).sum(axis=1)
    count, levels = total.shape[1], 0
    while total.shape[1] > 1:
        if total.shape[1] % 2:
            zero = np.zeros_like(total[:, :1])
            total, error = (np.concatenate([part, zero], axis=1) for part in (total, error))
        half = total.shape[1] // 2
        total, more = two_sum(total[:, :half], total[:, half:])
        error = error[:, :half] + error[:, half:] + more
        levels += 1
    out = (total + error).sum(axis=1)
    doubt = 2 * UNIT * np.abs(out) + 4 * ((levels + 2) * UNIT) ** 2 * size + count * _LOST
    return out, size * (1 + 2 * count * UNIT) + count * _LOST, doubt
