"""One look through the paper: colours told apart by anyone, names at lines, ticks at the data."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import series, style, ticks, titles

DICHROMATS = {  # linear RGB as it is seen; Machado, Oliveira and Fernandes 2009, table 1
    "all": np.eye(3),
    "no red": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "no green": [[0.3673, 0.8607, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9690]],
    "no blue": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """CIE L*, a*, b* of #rrggbb under D65."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(
        np.clip(xyz @ np.clip(seen @ linear, 0, 1), 0.0089, None) / [0.9505, 1, 1.089]
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_colours_differ_in_lightness():
    """Grey printing: any two colours are 11 or more apart in L*."""
    lightness = sorted(lab(colour, np.eye(3))[0] for colour in style.COLOURS)
    assert (np.diff(lightness) > 11).all(), lightness


@pytest.mark.parametrize("eye", DICHROMATS)
def test_colours_differ_to_every_eye(eye: str):
    """A difference of 20 in L*a*b* is seen at a glance; 2.3 is just noticeable."""
    seen = np.array(DICHROMATS[eye])
    for one, other in itertools.combinations(style.COLOURS, 2):
        assert np.linalg.norm(lab(one, seen) - lab(other, seen)) > 20, (one, other)


@pytest.mark.parametrize("names", [list(titles.solvers()), list(titles.arms()), list("abcdefgh")])
def test_no_two_names_look_the_same(names: list[str]):
    assert len(set(style.looks(names).values())) == len(names)
    assert len(set(style.BOUNDS.values())) == len(style.BOUNDS)


def test_a_name_looks_the_same_whoever_else_is_drawn():
    registry = titles.solvers()
    assert (
        style.looks(registry, ["klist"])["klist"]
        == style.looks(registry, ["beam", "klist"])["klist"]
    )


def panel() -> tuple[Figure, Axes]:
    figure, axes = style.panels(1)
    return figure, axes[0]


@style.styled
def drawn(values: dict[str, list[float]]) -> tuple[Figure, Axes]:
    """Replicates of each series at n = 10 and n = 1000, with a key."""
    figure, ax = panel()
    rows = [
        (n, name, value * n) for name, own in values.items() for value in own for n in (10, 1000)
    ]
    table = pd.DataFrame(rows, columns=["n", "series", "value"])
    series.medians(ax, table, "n", style.looks(values), {name: name for name in values})
    ticks.size_axis(ax, table["n"], log=True)
    ticks.log_axis(ax)
    series.key(figure, [ax])
    return figure, ax


def test_lines_are_medians_and_every_replicate_is_shown():
    _, ax = drawn({"one": [1.0, 2.0, 30.0], "two": [5.0]})
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert np.allclose(lines["one"], [20, 2000])
    assert np.allclose(lines["two"], [50, 5000])
    points = np.concatenate([np.asarray(dots.get_offsets()) for dots in ax.collections])
    assert sorted(points[:, 1]) == sorted([10, 20, 300, 50, 1000, 2000, 30000, 5000])


def test_few_lines_are_named_at_their_ends_in_order_and_apart():
    figure, ax = drawn({"low": [1.0], "middle": [1.01], "high": [1.02]})
    assert not figure.legends
    named = {text.get_text(): text.xyann[1] for text in ax.texts}  # type: ignore[attr-defined]
    assert sorted(named, key=named.__getitem__) == ["low", "middle", "high"]
    assert min(np.diff(sorted(named.values()))) > 0.06


def test_many_lines_have_a_key():
    figure, ax = drawn({name: [float(i)] for i, name in enumerate("abcdefgh", 1)})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list("abcdefgh")
    assert not ax.texts


@pytest.mark.parametrize("values", [[1.0], [3.0, 4.0], [0.02, 7.0], [1e-9, 1.0, 1e6]])
def test_a_log_axis_ends_at_ticks_that_hold_the_data(values: list[float]):
    _, ax = panel()
    ax.plot(range(len(values)), values)
    ticks.log_axis(ax)
    low, high = ax.get_ylim()
    assert low < min(values)
    assert high > max(values)
    assert min(values) / low < 10
    assert high / max(values) < 10
    assert sum(low <= tick <= high for tick in ax.get_yticks()) >= 2


@pytest.mark.parametrize("log", [False, True])
def test_sizes_are_labelled_where_they_were_run(log: bool):
    _, ax = panel()
    sizes = [10, 11, 12, 40, 80, 160, 1000]
    ticks.size_axis(ax, sizes, log=log)
    assert set(ax.get_xticks()) <= set(sizes)
    assert {10, 1000} <= set(ax.get_xticks())
    low, high = ax.get_xlim()
    assert low < 10
    assert high > 1000


def test_intervals_are_those_of_the_table():
    _, ax = panel()
    table = pd.DataFrame(
        {"n": [1.0, 2], "rate": [0.5, 0.9], "low": [0.2, np.nan], "high": [0.6, 1]}
    )
    series.intervals(ax, table, "n", "rate", ("low", "high"), style.looks("a")["a"])
    first, second = (np.asarray(bar) for bar in ax.collections[0].get_segments())  # type: ignore[attr-defined]
    assert np.allclose(first[:, 1], [0.2, 0.6])
    assert np.allclose(second[:, 1], [0.9, 1.0])
