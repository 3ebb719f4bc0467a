"""The limit of existence, that figures and sentences of several studies compare errors with."""

import numpy as np

from slth.checks import FloatArray
from slth.theory.quenched import wishart_gain


def existence_limit(n: FloatArray, d: FloatArray) -> FloatArray:
    """eps*(n, d) = ½ √(πe n/2) e^(−W/d) · 2^(−n/d): typical least error, unit variance.

    W: `slth.theory.quenched.wishart_gain`.
    """
    return 0.5 * np.sqrt(np.pi * np.e * n / 2) * np.exp(-_gains(n, d)) * np.exp2(-n / d)


def log_existence_limit(n: FloatArray, d: FloatArray) -> FloatArray:
    """Natural logarithm of eps*(n, d), also where eps* itself is below the least float."""
    out: FloatArray = 0.5 * np.log(np.pi * np.e * n / 8) - _gains(n, d) - n / d * np.log(2)
    return out


def _gains(n: FloatArray, d: FloatArray) -> FloatArray:
    """W(n, d)/d, elementwise."""
    pairs = zip(n.ravel(), d.ravel(), strict=True)
    return np.array([wishart_gain(float(a), int(b)) / b for a, b in pairs]).reshape(n.shape)
