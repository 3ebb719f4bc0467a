"""The figure of the published experiments: accuracy, errors of weights, rates of failure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import series, style, ticks
from slth.studies.replicas import published as data

Frames = Mapping[str, pd.DataFrame]
ARMS = {  # coefficients, asked → in the key
    "rows, least": "shared, least error",
    "rows, within": r"shared, any within $\varepsilon$",
    "products, least": "products, least error",
    "products, within": r"products, any within $\varepsilon$",
}
ERRORS = {  # the largest error of a weight over
    "tensor_error": "over its tensor's largest",
    "max_relative_error": "over the weight itself",
}
SETS = (("MNIST", "*"), ("Fashion-MNIST", "P"))  # published, in the order of data.LENET
ASIDE = 0.9  # candidates by which published marks stand beside ours
LAWS = {1: "one uniform", 2: "product of two"}


FIGURES = ("replicas",)


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figures by name."""
    return {"replicas": replicas_figure(frames)}


@style.styled
def replicas_figure(frames: Frames) -> Figure:
    """Left: accuracy of the dense tickets. Middle: LeNet-5's errors. Right: rates of failure."""
    dense, lenet, failures = data.dense(frames), data.lenet(frames), data.failures(frames)
    parts = [
        (draw, table)
        for draw, table in ((_accuracy, dense), (_errors, lenet), (_failures, failures))
        if not table.empty
    ]
    if not parts:
        return style.empty("No published experiment was run again.")
    figure, axes = style.panels(len(parts), height=2.3)
    above: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    for ax, (draw, table) in zip(axes, parts, strict=True):
        draw(ax, table)
        ax.set_xlabel("candidates $n$")
        ax.legend(fontsize=7.5, handlelength=1.8, borderaxespad=0.2, **above)
    return figure


def _accuracy(ax: Axes, table: pd.DataFrame) -> None:
    series.guide(ax, float(table["accuracy_target"].iloc[0]), "target")
    names = table["coefficients"] + ", " + table["asked"]
    table = table.assign(series=names, value=table["accuracy_ticket"].astype(float))
    series.medians(ax, table, "n", style.looks(ARMS), ARMS)
    ticks.size_axis(ax, table["n"])
    ticks.percent_axis(ax)
    ax.set_ylabel("held-out accuracy (%)")


def _errors(ax: Axes, table: pd.DataFrame) -> None:
    series.medians(ax, series.long(table, "n", ERRORS), "n", style.looks(ERRORS), ERRORS)
    for place, (name, marker) in enumerate(SETS):
        x, y = np.array(list(data.LENET)), [pair[place] for pair in data.LENET.values()]
        ax.plot(x + ASIDE, y, label=f"published, {name}", **_open(marker))
    ticks.log_axis(ax)
    ticks.size_axis(ax, [*table["n"], *data.LENET])
    ax.set_ylabel("largest error of a weight")


def _failures(ax: Axes, table: pd.DataFrame) -> None:
    for look, (factors, words) in zip(style.looks(LAWS).values(), LAWS.items(), strict=True):
        part = table[(table["factors"] == factors) & (table["rate"] > 0)].sort_values("n")
        line = {"label": words, "linestyle": look.line}
        series.intervals(ax, part, "n", "rate", ("low", "high"), look, **line)
    known = table.assign(published=[data.published_rate(row) for _, row in table.iterrows()])
    known = known.dropna(subset=["published"])
    ax.plot(known["n"], known["published"], label="published", **_open("*"))
    ticks.size_axis(ax, table["n"])
    ticks.log_axis(ax)
    ticks.percent_axis(ax)
    ax.set_ylabel("targets missed (%)")


def _open(marker: str) -> dict[str, Any]:
    """Look of a published figure: open, larger, over the others."""
    look = {"color": style.REFERENCE, "marker": marker, "markersize": 6.5}
    return {**look, "fillstyle": "none", "linestyle": "none", "zorder": 5}
