"""The limit of existence, that figures and sentences of several studies compare errors with."""

import numpy as np

from slth.checks import FloatArray
from slth.theory.quenched import wishart_gain


def existence_limit(n: FloatArray, d: FloatArray) -> FloatArray:
    """eps*(n, d) = ½ √(πe n/2) e^(−W/d) · 2^(−n/d): typical least error, unit variance.

    W: `slth.theory.quenched.wishart_gain`.
    """
    pairs = zip(n.ravel(), d.ravel(), strict=True)
    gains = np.array([wishart_gain(float(a), int(b)) / b for a, b in pairs]).reshape(n.shape)
    return 0.5 * np.sqrt(np.pi * np.e * n / 2) * np.exp(-gains) * np.exp2(-n / d)
