"""Success rates with intervals and their prediction against n."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.printing import style, titles
from slth.studies.threshold.data import observed_rate, points

FIGURES = ("success",)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figure of success rates."""
    return {"success": success_figure(frames["thresholds"])}


@style.styled
def success_figure(thresholds: pd.DataFrame) -> Figure:
    """Success rates with intervals and their prediction against n; a panel a (d, eps)."""
    table = points(thresholds)
    if table.empty:
        return style.empty("No success probabilities in this run.")
    names = list(dict.fromkeys(table["ensemble"]))
    groups = list(table.groupby(["d", "eps"], sort=True))
    figure, axes = style.panels(len(groups))
    for ax, ((d, eps), part) in zip(axes, groups, strict=True):
        for index, name in enumerate(names):
            _success(ax, part[part["ensemble"] == name], style.series(index), _shift(index, names))
        _mark_n_star(ax, part)
        ax.set_title(rf"$d = {d:g},\ \varepsilon = {eps:g}$")
        ax.set_ylim(-0.04, 1.04)
        style.integer_axis(ax)
    style.label(axes, "candidates $n$", "success probability")
    style.legend_of(figure, _success_key(names, bool(table["n_star"].notna().any())))
    return figure


def _success(ax: Axes, part: pd.DataFrame, look: style.Series, shift: float) -> None:
    part = part.sort_values("n")
    settled = part[part["trials"] > 0]
    rate = observed_rate(settled).to_numpy(float)
    spread = np.abs(settled[["low", "high"]].to_numpy(float).T - rate)
    ax.plot(part["n"], part["prediction"], color=look.colour, linestyle=look.line)
    ax.errorbar(settled["n"] + shift, rate, yerr=spread, elinewidth=0.9, **look.points())
    if len(part) == 1:  # a line of one point would not be seen
        ax.plot(part["n"], part["prediction"], color=look.colour, marker="_", markersize=12)


def _success_key(names: list[str], with_n_star: bool) -> list[tuple[Line2D, str]]:
    key = [
        (Line2D([], [], **style.series(index).both()), titles.ensemble(name, style.plain))
        for index, name in enumerate(names)
    ]
    if with_n_star:
        key.append((Line2D([], [], color=style.REFERENCE, linewidth=0.8), r"$n^\ast$"))
    return key


def _mark_n_star(ax: Axes, part: pd.DataFrame) -> None:
    places = part["n_star"].astype(float)
    low, high = float(part["n"].min()), float(part["n"].max())
    room = max(0.06 * (high - low), 0.6)
    ax.set_xlim(low - room, high + room)
    for place in sorted(set(places[np.isfinite(places)].round(6))):
        if low - room <= place <= high + room:
            ax.axvline(place, color=style.REFERENCE, linewidth=0.8, zorder=0.5)


def _shift(index: int, names: list[str]) -> float:
    """Set points of several ensembles side by side, at most a tenth of a candidate apart."""
    return 0.16 * (index - (len(names) - 1) / 2)
