"""Agreement against size, and what tickets of one network look like."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

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
    """Decisions that differ against kept weights per weight, a panel a network; hollow: plain."""
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
            _plain(ax, largest(part), look)
        ax.set_title(NETWORKS[name])
        _differing_axis(ax, shown)
        ticks.wide_axis(ax)
    style.label(axes, "kept weights per weight of the target", "decisions that differ (%)")
    series.key(figure, axes)
    return figure


def _differing_axis(ax: Axes, table: pd.DataFrame) -> None:
    """A y axis in per cent: zero, then logarithmic from one image of those held out on."""
    one, most = 1 / float(table["held_out"].max()), 1 - float(table["agreement"].min())
    ax.set_yscale("symlog", linthresh=one, linscale=0.5)
    decades = [10.0**power for power in range(math.ceil(math.log10(one) - 1e-9), 1)]
    ax.yaxis.set_major_locator(FixedLocator([0.0, *decades]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_ylim(-0.25 * one, 1.4 * max(most, one))
    ticks.percent_axis(ax)


def _line(ax: Axes, part: pd.DataFrame, look: style.Look, label: str) -> None:
    sizes = part.groupby("n")[["kept_a_weight", "agreement"]]
    middle, low, high = sizes.median(), sizes.min()["agreement"], sizes.max()["agreement"]
    y = 1 - middle["agreement"].to_numpy(float)
    spread = np.abs(1 - np.stack([high, low]) - y)
    x = middle["kept_a_weight"].to_numpy(float)
    ax.errorbar(x, y, yerr=spread, elinewidth=0.8, label=label, **look.both())


def _plain(ax: Axes, part: pd.DataFrame, look: style.Look) -> None:
    plain = part[part["targets"] == "plain"]
    if part["targets"].nunique() < 2 or plain.empty:
        return
    x, y = plain["kept_a_weight"].median(), 1 - plain["agreement"].median()
    ax.plot([x], [y], **replace(look, hollow=True).points())
