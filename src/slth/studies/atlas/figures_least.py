"""Figures of the atlas: the phase diagram, what is left of it beside eps*, covering."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.printing import style, titles
from slth.studies.printing.summaries import existence_limit

REFERENCE = "normal"


@style.styled
def least_figure(least: pd.DataFrame, sufficient: pd.DataFrame) -> Figure:
    """Least error of one ensemble against n: the transition, its middle predicted, three bounds.

    sufficient: the certified sizes of normal candidates, drawn where they are on the axis.
    """
    if least.empty:
        return style.empty("No least errors in this run.")
    names = list(dict.fromkeys(least["ensemble"]))
    name = REFERENCE if REFERENCE in names else names[0]
    table = least[(least["ensemble"] == name) & least["median"].notna()]
    groups = list(table.groupby("d", sort=True))
    figure, axes = style.panels(len(groups))
    for ax, (d, part) in zip(axes, groups, strict=True):
        part = part.sort_values("n")
        n, d, sigma = part["n"].to_numpy(float), float(str(d)), float(part["sigma"].iloc[0])
        _band(ax, part)
        grid = np.linspace(n.min(), n.max(), 100)
        annealed = 0.5 * sigma * np.sqrt(np.pi * grid) * np.exp2(-(grid + 1) / d)
        ax.plot(grid, annealed, color=style.REFERENCE, linewidth=0.9, label="half a hit expected")
        counting = np.exp2(-(grid + 1) / d)
        ax.plot(grid, counting, color=style.REFERENCE, linestyle=":", label="counting bound")
        look = style.SERIES[1]
        ax.plot(n, part["prediction"], color=look.colour, linestyle=look.line, label="prediction")
        if name == REFERENCE and len(sufficient):
            own = sufficient[sufficient["d"] == d]
            _certified(ax, own[own["certified"].between(n.min(), n.max())])
        ax.set_title(f"$d = {d:g}$")
        style.log_axis(ax)
        style.integer_axis(ax)
    label(axes, "candidates $n$", r"tolerance $\varepsilon$")
    style.legend(figure, axes)
    return figure


def _certified(ax: Axes, own: pd.DataFrame) -> None:
    if len(own):
        marks = {**style.SERIES[3].points(), "markersize": 6, "marker": "P"}
        ax.plot(own["certified"], own["eps"], label="certified", **marks)


def _band(ax: Axes, part: pd.DataFrame) -> None:
    spread = np.abs(part[["q10", "q90"]].to_numpy(float).T - part["median"].to_numpy(float))
    ax.errorbar(
        part["n"],
        part["median"],
        yerr=spread,
        elinewidth=3.0,
        ecolor="#b9c0cc",
        label="least error: median, middle 80%",
        **style.SERIES[0].points(),
    )


@style.styled
def residual_figure(least: pd.DataFrame) -> Figure:
    """Candidates that the median needs beyond eps* = ½ σ √(πen/2) 2^(-n/d); a panel a d."""
    table = least[least["median"].notna()] if len(least) else least
    if table.empty:
        return style.empty("No least errors in this run.")
    names = list(dict.fromkeys(table["ensemble"]))
    groups = list(table.groupby("d", sort=True))
    figure, axes = style.panels(len(groups))
    for ax, (d, part) in zip(axes, groups, strict=True):
        ax.axhline(0, color=style.REFERENCE, linewidth=0.7)
        for index, name in enumerate(names):
            own = part[part["ensemble"] == name].sort_values("n")
            _residual(ax, own, float(str(d)), style.series(index), 0.25 * (index - 1))
        ax.set_title(f"$d = {d:g}$")
        style.integer_axis(ax)
    label(axes, "candidates $n$", r"candidates beyond $n$ of $\varepsilon^\ast$")
    key = [
        (Line2D([], [], **style.series(i).both()), titles.ensemble(name, style.plain))
        for i, name in enumerate(names)
    ]
    thin = Line2D([], [], color=style.REFERENCE, linewidth=0.8, marker="x", linestyle="none")
    style.legend_of(figure, [*key, (thin, "refined prediction")])
    return figure


def _residual(ax: Axes, own: pd.DataFrame, d: float, look: style.Series, shift: float) -> None:
    n = own["n"].to_numpy(float)
    base = own["sigma"].to_numpy(float) * existence_limit(n, np.full_like(n, d))

    def beyond(column: str) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # an end at -inf: too few instances for an interval
            return d * np.log2(own[column].to_numpy(float) / base)

    middle = beyond("median")
    ends = np.clip([middle - beyond("low"), beyond("high") - middle], 0, None)
    ends[~np.isfinite(ends)] = 0
    ax.errorbar(n + shift, middle, yerr=ends, elinewidth=0.9, **look.points())
    ax.plot(n, beyond("prediction"), color=look.colour, linestyle=look.line)
    ax.plot(n, beyond("refined"), color=look.colour, marker="x", linestyle="none", markersize=3.4)


@style.styled
def covering_figure(covering: pd.DataFrame) -> Figure:
    """The eps that covers the whole cube, and the eps for one target, against n; a panel a d."""
    if covering.empty:
        return style.empty("No covering radii in this run.")
    names = list(dict.fromkeys(covering["ensemble"]))
    groups = list(covering.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=1.9)
    for ax, (d, part) in zip(axes, groups, strict=True):
        for index, name in enumerate(names):
            own, look = part[part["ensemble"] == name].sort_values("n"), style.series(index)
            n, middle = own["n"].to_numpy(float), own["median"].to_numpy(float)
            ends = np.abs(own[["low", "high"]].to_numpy(float).T - middle)
            ends[~np.isfinite(ends)] = 0
            ax.errorbar(n, middle, yerr=ends, elinewidth=0.9, **look.points())
            ax.plot(n, own["prediction"], color=look.colour, linestyle=look.line)
            ax.plot(n, own["one"], **look.points(), fillstyle="none")
        ax.set_title(f"$d = {d:g}$")
        style.log_axis(ax)
        style.integer_axis(ax)
    label(axes, "candidates $n$", r"tolerance $\varepsilon$")
    key = [
        (Line2D([], [], **style.series(i).both()), titles.ensemble(name, style.plain))
        for i, name in enumerate(names)
    ]
    hollow = Line2D([], [], color=style.REFERENCE, marker="o", fillstyle="none", linestyle="none")
    style.legend_of(figure, [*key, (hollow, "one target")])
    return figure


def label(axes: list[Axes], xlabel: str, ylabel: str) -> None:
    """Label every panel below, and the first of each row at its side."""
    for ax in axes:
        ax.set_xlabel(xlabel)
        place = ax.get_subplotspec()
        if place is not None and place.is_first_col():
            ax.set_ylabel(ylabel)
