"""The figure of the published experiments: accuracy, errors of weights, rates of failure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import style
from slth.studies.replicas import published as data

Frames = Mapping[str, pd.DataFrame]
ARMS = {  # (coefficients, asked) → in the key
    ("rows", "least"): "shared, least error",
    ("rows", "within"): r"shared, any within $\varepsilon$",
    ("products", "least"): "products, least error",
    ("products", "within"): r"products, any within $\varepsilon$",
}
ERRORS = {"max_relative_error": "relative", "max_error": "absolute"}
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
    for ax, (draw, table) in zip(axes, parts, strict=True):
        draw(ax, table)
        ax.set_xlabel("candidates $n$")
        ax.legend(
            fontsize=7,
            ncols=1,
            handlelength=1.8,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            borderaxespad=0.2,
        )
    return figure


def _accuracy(ax: Axes, table: pd.DataFrame) -> None:
    target = float(table["accuracy_target"].iloc[0])
    ax.axhline(target, color=style.REFERENCE, linewidth=0.9, label="target")
    for index, ((kind, asked), words) in enumerate(ARMS.items()):
        part = table[(table["coefficients"] == kind) & (table["asked"] == asked)]
        _ranges(ax, part, "accuracy_ticket", words, index, shift=0.35 * (index - 1.5))
    ax.set_xticks(sorted(set(table["n"])))
    ax.set_ylabel("held-out accuracy (%)")
    style.percent_axis(ax)


def _errors(ax: Axes, table: pd.DataFrame) -> None:
    for index, (column, words) in enumerate(ERRORS.items()):
        _ranges(ax, table, column, f"largest {words} error", index, shift=0.3 * (index - 0.5))
    for place, (name, marker) in enumerate(SETS):
        values = {n: pair[place] for n, pair in data.LENET.items()}
        _published(ax, values, marker, f"published, {name}")
    style.integer_axis(ax)
    style.log_axis(ax)
    ax.set_ylabel("largest error of a weight")


def _failures(ax: Axes, table: pd.DataFrame) -> None:
    for index, (factors, words) in enumerate(LAWS.items()):
        part = table[table["factors"] == factors].sort_values("n")
        rate = part["rate"].to_numpy(float)
        spread = np.abs(part[["low", "high"]].to_numpy(float).T - rate)
        shown = rate > 0
        ax.errorbar(
            part["n"].to_numpy(float)[shown],
            rate[shown],
            yerr=spread[:, shown],
            label=words,
            elinewidth=0.8,
            **style.series(index).both(),
        )
    known = table.assign(published=[data.published_rate(row) for _, row in table.iterrows()])
    known = known.dropna(subset=["published"])
    ax.plot(known["n"], known["published"], label="published", **_open("*"))
    style.integer_axis(ax)
    style.log_axis(ax)
    ax.set_ylabel("targets missed (%)")
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}")


def _ranges(
    ax: Axes, part: pd.DataFrame, column: str, words: str, index: int, shift: float
) -> None:
    """Medians with bars from least to most, against n."""
    if part.empty:
        return
    groups = part.groupby("n", sort=True)[column]
    middle = groups.median().to_numpy(float)
    ends = np.abs(np.array([groups.min(), groups.max()], dtype=float) - middle)
    x = np.array(sorted(set(part["n"])), dtype=float) + shift
    look = style.series(index).both()
    ax.errorbar(x, middle, yerr=ends, label=words, elinewidth=0.8, **look)


def _published(ax: Axes, values: Mapping[int, float], marker: str, words: str) -> None:
    ax.plot(np.array(list(values)) + ASIDE, list(values.values()), label=words, **_open(marker))


def _open(marker: str) -> dict[str, Any]:
    """Look of a published figure: open, larger, over the others."""
    look = {"color": style.REFERENCE, "marker": marker, "markersize": 6.5}
    return {**look, "fillstyle": "none", "linestyle": "none", "zorder": 5}
