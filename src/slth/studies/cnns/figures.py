"""Agreement against size, and what tickets of one network look like."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from slth.studies.cnns.data import cases, convolutional, largest, last_rule, tickets
from slth.studies.cnns.figures_construction import construction_figure
from slth.studies.cnns.figures_pictures import channels_figure, digits_figure, kernels_figure
from slth.studies.cnns.words import GRANULARITIES, NETWORKS
from slth.studies.printing import series, style, ticks

FIGURES = ("construction", "cnn_sizes", "cnn_kernels", "cnn_channels", "cnn_digits")
NOTHING = "No ticket of a convolutional network was built in this run."


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Return figure name → figure."""
    return {
        "construction": construction_figure(),
        "cnn_sizes": sizes_figure(convolutional(tickets(frames))),
        "cnn_kernels": kernels_figure(frames["cnns_kernels"]),
        "cnn_channels": channels_figure(frames["cnns_channels"]),
        "cnn_digits": digits_figure(frames["cnns_digits"], frames["cnns_outputs"]),
    }


@style.styled
def sizes_figure(table: pd.DataFrame) -> Figure:
    """Agreement against kept weights a weight, a panel a network; rings: the plain rule."""
    if table.empty:
        return style.empty(NOTHING)
    names = list(dict.fromkeys(table["network"]))
    parts = [part for _, _, part in cases(table)]
    last = [part[part["targets"] == last_rule(part)] for part in parts]
    shown = pd.concat([*last, *(largest(part) for part in parts)])
    looks = style.looks(GRANULARITIES)
    figure, axes = style.panels(len(names), height=1.5, columns=2)
    for ax, name in zip(axes, names, strict=True):
        for _, granularity, part in cases(table[table["network"] == name]):
            look = looks[granularity]
            _line(ax, part[part["targets"] == last_rule(part)], look, GRANULARITIES[granularity])
            _rings(ax, largest(part), look)
        ax.set_title(NETWORKS[name])
        _share_axis(ax, float(shown["agreement"].min()))
        ticks.wide_axis(ax)
    style.label(axes, "kept weights per weight of the target", "decisions that agree (%)")
    series.key(figure, axes)
    return figure


def _share_axis(ax: Axes, least: float) -> None:
    """A y axis in per cent, from the tenth below the least share to 100."""
    bottom = min(math.floor(10 * least) / 10, 0.9)
    room = 0.05 * (1 - bottom)
    ax.set_ylim(bottom - room, 1 + room)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ticks.percent_axis(ax)


def _line(ax: Axes, part: pd.DataFrame, look: style.Look, label: str) -> None:
    sizes = part.groupby("n")[["kept_a_weight", "agreement"]]
    middle, low, high = sizes.median(), sizes.min()["agreement"], sizes.max()["agreement"]
    y = middle["agreement"].to_numpy(float)
    spread = np.abs(np.stack([low, high]) - y)
    x = middle["kept_a_weight"].to_numpy(float)
    ax.errorbar(x, y, yerr=spread, elinewidth=0.8, label=label, **look.both())


def _rings(ax: Axes, part: pd.DataFrame, look: style.Look) -> None:
    plain = part[part["targets"] == "plain"]
    if part["targets"].nunique() < 2 or plain.empty:
        return
    x, y = plain["kept_a_weight"].median(), plain["agreement"].median()
    points = {**look.points(), "markerfacecolor": "none", "markersize": 6}
    ax.plot([x], [y], **points)
