"""Pictures show the numbers they are given, on the axes they are given."""

import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from torch import nn

import slth
from slth.supnorm import bracket

mpl.use("agg")
plot: Any = slth.plot  # some calls below are wrong on purpose


def axes() -> Any:
    return Figure().add_subplot()


def test_without_matplotlib_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("slth.plot._axes", "slth.plot._ticket"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match=r"slth.plot.ticket needs it: pip install"):
        _ = plot.ticket


def network(seed: int) -> nn.Sequential:
    rng = np.random.default_rng(seed)
    layers = [nn.Linear(2, 3), nn.Linear(3, 1)]
    for layer in layers:
        layer.double().requires_grad_(False)
        for p in layer.parameters():
            p.copy_(p.new_tensor(rng.standard_normal(p.shape)))
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])


def test_success_draws_rates_intervals_and_the_prediction_in_order() -> None:
    ax = axes()
    n, rate = [12, 8, 10], [0.9, 0.1, np.nan]
    assert plot.success(n, rate, [0.8, 0.0, np.nan], [1.0, 0.3, np.nan], [0.95, 0.2, 0.5], ax) is ax
    points, line = ax.lines
    np.testing.assert_array_equal(points.get_xydata(), np.stack([n, rate], axis=1))
    np.testing.assert_array_equal(line.get_xydata(), [[8, 0.2], [10, 0.5], [12, 0.95]])
    (bars,) = ax.collections
    ends = [np.asarray(segment)[:, 1] for segment in bars.get_segments() if len(segment)]
    np.testing.assert_allclose(ends[:2], [[0.8, 1.0], [0.0, 0.3]])


@pytest.mark.parametrize("shape", [(3, 3), (4, 3, 3), (2, 2, 3, 3)])
def test_kernels_are_side_by_side_with_gaps(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).standard_normal(shape)
    (image,) = plot.kernels(values, axes()).get_images()
    shown = np.ma.filled(image.get_array(), np.nan)
    for place, kernel in enumerate(values.reshape(-1, 3, 3)):
        np.testing.assert_array_equal(shown[:, 4 * place : 4 * place + 3], kernel)
    assert np.isnan(shown[:, 3::4]).all()
    assert image.get_clim() == (-np.abs(values).max(), np.abs(values).max())
    assert plot.kernels(values, axes(), limit=9).get_images()[0].get_clim() == (-9, 9)


def test_ticket_has_a_bar_per_layer() -> None:
    made = slth.tickets.build("structured_convolution", network(1), n=20, granularity="entry")
    heights = [bar.get_height() for bar in plot.ticket(made, axes()).patches]
    assert heights == made.summary()["members"].tolist()


def test_trace_ends_at_the_bracket_and_levels_stand_for_none() -> None:
    f, g = network(1), network(2)
    found = bracket(f, g, input_shape=(2,), input_splits=16)
    upper, lower = plot.trace(found, axes()).lines
    assert upper.get_ydata()[-1] >= found.upper >= found.lower >= lower.get_ydata()[-1]
    assert upper.get_xdata().tolist() == [step.boxes for step in found.trace]
    alone = bracket(f, g, input_shape=(2,))
    assert [line.get_ydata()[0] for line in plot.trace(alone, axes()).lines] == [
        alone.upper,
        alone.lower,
    ]


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: plot.success([[1, 2]], [0.1]), "n: got shape"),
    (lambda: plot.success([1, 2], [0.1]), "rate: got shape"),
    (lambda: plot.success([1, 2], [0.1, 0.2], low=["x", 1]), "low: got"),
    (lambda: plot.success([1], [0.1], prediction=[1, 2]), "prediction: got shape"),
    (lambda: plot.success([1], [0.1], ax=3), "ax: got int"),
    (lambda: plot.kernels([1.0]), "values: got shape"),
    (lambda: plot.kernels(np.eye(3), limit=0), "limit: got 0"),
    (lambda: plot.ticket(3), "made: got int"),
    (lambda: plot.trace("b"), "bracket: got str"),
]


@pytest.mark.parametrize(("call", "words"), BAD)
def test_arguments_of_the_wrong_kind_are_named(call: Callable[[], Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        call()
