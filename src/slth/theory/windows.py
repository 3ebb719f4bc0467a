"""Probability that a normal variable falls in a window, in logs, without cancellation."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr

from slth.checks import FloatArray
from slth.theory._nodes import legendre

# 8 nodes integrate exp(-a x - b x²) on [-1, 1], a + b <= 1/2, to 1e-12
_NODES, _WEIGHTS = legendre(8)
_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)


def log_normal_window(centre: ArrayLike, half_width: ArrayLike) -> FloatArray:
    """log[Φ(m + h) - Φ(m - h)] elementwise, m = centre, h = half_width > 0; broadcasts.

    Relative accuracy of the probability 1e-12 at any m and h, also where it underflows.
    """
    m, h = np.broadcast_arrays(np.abs(np.asarray(centre, float)), np.asarray(half_width, float))
    narrow = h * (m + h) <= 0.5
    if narrow.all():
        return _narrow(m, h)
    out = np.empty(m.shape)
    out[narrow] = _narrow(m[narrow], h[narrow])
    out[~narrow] = _wide(m[~narrow], h[~narrow])
    return out


def _narrow(m: FloatArray, h: FloatArray) -> FloatArray:
    # φ(m) h ∫_{-1}^{1} exp(-m h x - h² x² / 2) dx
    first, second = m * h, 0.5 * h * h
    integral = np.zeros(m.shape)
    for x, w in zip(_NODES, _WEIGHTS, strict=True):
        integral += w * np.exp(-x * (first + x * second))
    return np.log(h * integral) - 0.5 * m * m - _LOG_SQRT_2PI


def _wide(m: FloatArray, h: FloatArray) -> FloatArray:
    # Φ(h - m) - Φ(-h - m), where the ratio of the two is at most about e^{-1}
    near, far = log_ndtr(h - m), log_ndtr(-h - m)
    return near + np.log1p(-np.exp(far - near))
