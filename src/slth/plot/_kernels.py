"""Kernels side by side."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from slth import checks
from slth.plot._axes import axes_of

SIGNED = "RdBu_r"  # colours about 0


def kernels(values: ArrayLike, ax: Axes | None = None, limit: float | None = None) -> Axes:
    """Draw kernels side by side, white at 0, blue below and red above; returns the axes.

    values: (k, k), (m, k, k), or (outputs, inputs, k, k) as a layer's weight. limit: the number of
    full colour; None: the largest absolute value. Raises ValueError/TypeError naming the argument.

    >>> slth.plot.kernels([[1.0, 0.0], [0.0, -1.0]]).get_images()[0].get_array().shape
    (2, 2)
    """
    shapes = "(k, k), (m, k, k) or (outputs, inputs, k, k)"
    array = checks.array("values", values, (2, 3, 4), shapes)
    if limit is None:
        limit = float(np.abs(array).max()) or 1.0
    limit = checks.positive("limit", limit)
    axes, pieces = axes_of(ax), array.reshape(-1, *array.shape[-2:])
    gap = np.full((pieces.shape[1], 1), np.nan)
    strip = np.concatenate([part for kernel in pieces for part in (kernel, gap)][:-1], axis=1)
    axes.imshow(strip, cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes
