"""Success rates against the number of candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from slth import checks
from slth.checks import FloatArray
from slth.plot._axes import axes_of


def success(
    n: ArrayLike,
    rate: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    prediction: ArrayLike | None = None,
    ax: Axes | None = None,
    **points: Any,
) -> Axes:
    """Draw success rates against the number of candidates; returns the axes.

    n, rate: (m,) numbers of candidates and shares of hits. low, high: (m,) ends of intervals; an
    end that is not finite is not drawn. prediction: (m,) a line, as `theory.success_probability`.
    points: keywords of matplotlib's `errorbar`, as color and label. Raises ValueError/TypeError
    naming the argument.

    >>> n = [8, 10, 12]
    >>> ax = slth.plot.success(n, [0.1, 0.5, 0.9], prediction=slth.theory.success_probability(
    ...     "normal", n, d=2, eps=0.1))
    >>> len(ax.lines)
    2
    """
    at = _row("n", n)
    middle = _alike("rate", _row("rate", rate), at)
    axes = axes_of(ax)
    drawn: dict[str, Any] = {"linestyle": "none", "marker": "o", "elinewidth": 0.9} | points
    ends = [
        middle if end is None else _row(name, end) for name, end in (("low", low), ("high", high))
    ]
    for name, end in zip(("low", "high"), ends, strict=True):
        _alike(name, end, at)
    spread = np.abs(np.stack(ends) - middle)
    spread[~np.isfinite(spread)] = 0
    made = axes.errorbar(at, middle, yerr=spread if spread.any() else None, **drawn)
    if prediction is not None:
        line = _alike("prediction", _row("prediction", prediction), at)
        order = np.argsort(at, kind="stable")
        axes.plot(at[order], line[order], color=made.lines[0].get_color())
    return axes


def _row(name: str, values: ArrayLike) -> FloatArray:
    """(m,) float64, of which some may be unknown (NaN)."""
    row = checks.numbers(name, values, "(m,)").astype(np.float64)
    if row.ndim != 1:
        raise ValueError(f"{name}: got shape {row.shape}, takes (m,)")
    return row


def _alike(name: str, row: FloatArray, at: FloatArray) -> FloatArray:
    if row.shape != at.shape:
        raise ValueError(f"{name}: got shape {row.shape}, takes {at.shape} as n has")
    return row
