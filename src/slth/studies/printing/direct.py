"""Names of lines written beside them, where nothing else is: no key to look things up in."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from slth.checks import FloatArray

_SIZE = 7.0  # points
_GAP = 3.5  # points between a vertex and its name
_STEP = 2.0  # pixels between the places of a line that a name must not cover
_PLACES = [  # (horizontal, vertical) of a name beside a vertex, the readiest first
    (1, 0), (1, 1), (1, -1), (0, 1), (0, -1), (-1, 1), (-1, -1), (-1, 0),
]  # fmt: skip
_ALIGNED_X = {1: "left", 0: "center", -1: "right"}
_ALIGNED_Y = {1: "bottom", 0: "center", -1: "top"}
_ROOM = 5.0  # pixels around a name that had better be free
_HIDDEN, _NEAR, _OUTSIDE, _FAR = 4.0, 1.0, 50.0, 0.5  # cost of a place covered or near, …
_ELSEWHERE = 25.0  # … of a name that is nearer to another line than to its own


def name_lines(ax: Axes, words: Mapping[str, Line2D]) -> None:
    """Write the name of every line beside one of its vertices, where it covers least.

    The figure's layout has to be final. words: name → line of ``ax``. Names are written in turn,
    each at the vertex and on the side of least cost: places of any line and of earlier names that
    it would cover or touch, pixels outside the panel, whether another line is nearer, then how far
    from the line's end.
    """
    drawn = {name: _sampled(ax, line) for name, line in words.items()}
    taken = np.concatenate(list(drawn.values())) if drawn else np.empty((0, 2))
    panel = ax.get_window_extent()
    for name, line in words.items():
        if not len(drawn[name]):
            continue
        others = [places for other, places in drawn.items() if other != name]
        found = [
            (_cost(at, taken, panel) + _doubt(at, drawn[name], others) + _FAR * rank, how)
            for rank, at, how in _candidates(ax, name, line)
        ]
        _, how = min(found, key=lambda each: each[0])
        text = ax.annotate(name, **how)
        taken = np.concatenate([taken, _filled(text.get_window_extent())])


def _candidates(ax: Axes, name: str, line: Line2D) -> Iterator[tuple[int, Bbox, dict[str, Any]]]:
    """Every place for a name: its rank, its extent in pixels and how to write it there."""
    points = np.asarray(line.get_xydata(), dtype=float)
    points = points[np.isfinite(points).all(1)]
    last = len(points) - 1
    order = [last, 0, *range(last - 1, 0, -1)] if last > 0 else [0]
    for rank, vertex in enumerate(order):
        for side, (x, y) in enumerate(_PLACES):
            how: dict[str, Any] = {
                "xy": tuple(points[vertex]), "textcoords": "offset points", "fontsize": _SIZE,
                "xytext": (_GAP * x, _GAP * y), "ha": _ALIGNED_X[x], "va": _ALIGNED_Y[y],
            }  # fmt: skip
            text = ax.annotate(name, **how)
            extent = text.get_window_extent()
            text.remove()
            yield 4 * rank + side, extent, how


def _cost(at: Bbox, taken: FloatArray, panel: Bbox) -> float:
    """What a name at this place covers, and how far it is outside the panel."""
    covered = _HIDDEN * _inside(at, taken) + _NEAR * _inside(at.padded(_ROOM), taken)
    outside = sum(
        max(0.0, gap)
        for gap in (panel.x0 - at.x0, at.x1 - panel.x1, panel.y0 - at.y0, at.y1 - panel.y1)
    )
    return covered + _OUTSIDE * outside


def _inside(at: Bbox, places: FloatArray) -> int:
    """How many places lie in the box."""
    x, y = places.T
    return int(((at.x0 <= x) & (x <= at.x1) & (at.y0 <= y) & (y <= at.y1)).sum())


def _doubt(at: Bbox, own: FloatArray, others: list[FloatArray]) -> float:
    """The cost of a name that is nearer to another line than to its own."""
    near = _distance(at, own)
    return _ELSEWHERE * sum(_distance(at, places) < near for places in others if len(places))


def _distance(at: Bbox, places: FloatArray) -> float:
    """Pixels between a box and the nearest place."""
    low, high = np.array([at.x0, at.y0]), np.array([at.x1, at.y1])
    return float(np.hypot(*(places - np.clip(places, low, high)).T).min())


def _sampled(ax: Axes, line: Line2D) -> FloatArray:
    """Places (P, 2) of a line in pixels, close to each other."""
    points = ax.transData.transform(np.asarray(line.get_xydata(), dtype=float))
    points = points[np.isfinite(points).all(1)]
    found = [points]
    for a, b in itertools.pairwise(points):
        count = int(np.hypot(*(b - a)) / _STEP) + 2
        found.append(a + np.linspace(0, 1, count)[:, None] * (b - a))
    return np.concatenate(found)


def _filled(extent: Bbox) -> FloatArray:
    """Places (P, 2) all over a name."""
    x, y = (np.arange(a, b, _STEP) for a, b in ((extent.x0, extent.x1), (extent.y0, extent.y1)))
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
