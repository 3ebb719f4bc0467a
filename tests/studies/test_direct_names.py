"""Names beside lines: in the panel, apart from each other, nearest to their own line."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from slth import seeding
from slth.studies.printing import direct


def named(lines: dict[str, tuple[list[float], list[float]]]) -> tuple[list[Annotation], Figure]:
    """A panel with these lines, named."""
    figure = Figure(figsize=(3, 2), layout="constrained")
    ax = figure.subplots()
    drawn = {name: ax.plot(*places)[0] for name, places in lines.items()}
    figure.draw_without_rendering()
    direct.name_lines(ax, drawn)
    return [text for text in ax.texts if isinstance(text, Annotation)], figure


@pytest.mark.parametrize("index", range(8))
def test_names_are_apart_and_in_the_panel(index) -> None:
    rng = seeding.generator(index, "names")
    x = np.linspace(0, 1, 4)
    lines = {f"line {i}": (x.tolist(), (i + 0.4 * rng.random(4)).tolist()) for i in range(4)}
    texts, figure = named(lines)
    panel = figure.axes[0].get_window_extent().padded(1)
    assert [text.get_text() for text in texts] == [*lines]
    extents = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(extents, 2))
    for text, at in zip(texts, extents, strict=True):
        assert panel.x0 <= at.x0 <= at.x1 <= panel.x1
        assert panel.y0 <= at.y0 <= at.y1 <= panel.y1
        middle = figure.axes[0].transData.inverted().transform(at.get_points().mean(0))[1]
        heights = {name: float(np.mean(y)) for name, (_, y) in lines.items()}
        assert text.get_text() == min(heights, key=lambda name: abs(heights[name] - middle))


def test_lines_of_one_point_and_of_none_that_is_finite() -> None:
    texts, _ = named({"point": ([1.0], [2.0]), "none": ([1.0], [float("nan")])})
    assert [text.get_text() for text in texts] == ["point"]


def test_no_lines_no_names() -> None:
    assert named({})[0] == []
