"""Success rates with intervals and their prediction against n, and as a map."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.ensembles import ENSEMBLES
from slth.plot._success import success
from slth.studies.printing import series, style, ticks, titles
from slth.studies.threshold.data import observed_rate, points

FIGURES = ("success",)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figure of success rates."""
    return {"success": success_figure(frames["thresholds"])}


@style.styled
def success_figure(thresholds: pd.DataFrame) -> Figure:
    """Success rates with intervals and their prediction against n, a panel per (d, eps); a map."""
    table = points(thresholds)
    if table.empty:
        return style.empty("No success probabilities in this run.")
    table = table.assign(rate=observed_rate(table)).sort_values("n")
    names = list(dict.fromkeys(table["ensemble"]))
    shown = style.looks(["normal"], ENSEMBLES, names)
    groups = list(table.groupby(["d", "eps"], sort=True))
    located = table[table["n_star"].notna() & table["rate"].notna()]
    figure, axes = style.panels(len(groups) + (len(located) > 0))
    for ax, ((d, eps), part) in zip(axes, groups, strict=False):
        for place, name in enumerate(names):
            shift = series.aside(part["n"], place, len(names))
            _success(ax, part[part["ensemble"] == name], shown[name], shift)
        ticks.size_axis(ax, part["n"])
        for place in sorted(set(part["n_star"].dropna().round(6))):
            if ax.get_xlim()[0] <= place <= ax.get_xlim()[1]:
                ax.axvline(place, color=style.REFERENCE, linewidth=0.8, zorder=0.5)
        ax.set_title(rf"$d = {d:g},\ \varepsilon = {eps:g}$")
        ticks.rate_axis(ax)
    style.label(axes[: len(groups)], "candidates $n$", "success probability")
    key = {
        titles.ensemble(name, style.plain): Line2D([], [], **shown[name].both()) for name in names
    }
    if len(located):
        _map(figure, axes[-1], located)
        key["$n^\\ast$"] = Line2D([], [], color=style.REFERENCE, linewidth=0.8)
    series.key_of(figure, key)
    return figure


def _success(ax: Axes, part: pd.DataFrame, look: style.Look, shift: float) -> None:
    ax.plot(part["n"], part["prediction"], **look.stroke())
    if len(part) == 1:  # a line of one point would not be seen
        ax.plot(part["n"], part["prediction"], color=look.colour, marker="_", markersize=12)
    settled = part[part["trials"] > 0]
    at, rate, low, high = settled[["n", "rate", "low", "high"]].to_numpy(float).T
    success(at + shift, rate, low, high, ax=ax, **look.points())


def _map(figure: Figure, ax: Axes, table: pd.DataFrame) -> None:
    """Success over d and n/n*: a row per ensemble within each d, cells about the sizes run."""
    groups = list(table.groupby(["d", "eps"], sort=True))
    for place, (_, part) in enumerate(groups):
        rows = list(part.groupby("ensemble", sort=False))
        for row, (_, own) in enumerate(rows):
            at = (own["n"] / own["n_star"]).to_numpy(float)
            step = np.diff(at) if len(at) > 1 else np.array([0.1])
            edges = np.r_[at[0] - step[0] / 2, (at[1:] + at[:-1]) / 2, at[-1] + step[-1] / 2]
            low, high = (place - 0.42 + 0.84 * edge / len(rows) for edge in (row, row + 1))
            cells = ax.pcolormesh(
                edges, [low, high], own[["rate"]].to_numpy(float).T,
                cmap=style.HEAT, vmin=0, vmax=1, edgecolors="white", linewidth=0.4,
            )  # fmt: skip
    for width, colour in ((2.0, "white"), (0.8, style.REFERENCE)):
        ax.axvline(1.0, color=colour, linewidth=width)
    ax.set_yticks(range(len(groups)), [f"{d:g}" for (d, _), _ in groups])
    ax.set(xlabel=r"$n/n^\ast$", ylabel="$d$", title="success probability, as a map")
    low, high = ax.dataLim.intervalx
    ax.set(xlim=(low, high + 0.4 * (high - low)), ylim=(-0.5, len(groups) - 0.5))
    ax.grid(False)
    bar = ax.inset_axes((0.82, 0.08, 0.05, 0.84))
    figure.colorbar(cells, cax=bar, ticks=[0, 0.5, 1])
