"""Figures of the atlas: the phase diagram, what is left of it beside eps*, covering."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.ensembles import ENSEMBLES
from slth.studies.atlas.claims_least import REFERENCE
from slth.studies.printing import series, style, ticks, titles
from slth.studies.printing.existence import existence_limit

DASH = {"markersize": 9, "markeredgewidth": 1.4}  # of a prediction at one abscissa
PANELS = 6  # of the figure in the main text; the appendix has every d


@style.styled
def least_figure(least: pd.DataFrame, sufficient: pd.DataFrame) -> Figure:
    """Least error of one ensemble against n: the transition, its middle predicted, three bounds.

    sufficient: the certified sizes of normal candidates, drawn where they are on the axis.
    """
    if least.empty:
        return style.empty("No least errors in this run.")
    names = list(dict.fromkeys(least["ensemble"]))
    name = REFERENCE if REFERENCE in names else names[0]
    table = least[(least["ensemble"] == name) & least["median"].notna()].sort_values("n")
    groups = list(table.groupby("d", sort=True))
    groups = [
        groups[i] for i in np.linspace(0, len(groups) - 1, min(len(groups), PANELS)).astype(int)
    ]
    figure, axes = style.panels(len(groups))
    look = style.looks(["normal"], ENSEMBLES, names)[name]
    for ax, (d, part) in zip(axes, groups, strict=True):
        _bounds(ax, part, float(str(d)))
        series.intervals(
            ax, part, "n", "median", ("q10", "q90"), look, elinewidth=3.0, ecolor=style.PALE,
            label="median, middle 80%",
        )  # fmt: skip
        if name == REFERENCE and len(sufficient):
            own = sufficient[sufficient["d"] == d]
            own = own[own["certified"].between(part["n"].min(), part["n"].max())]
            marks = style.Look(style.COLOURS[3], "P").points() | {"markersize": 6}
            ax.plot(own["certified"], own["eps"], **marks, label="certified" if len(own) else "_")
        ax.set_title(f"$d = {d:g}$")
        ticks.size_axis(ax, part["n"])
        ticks.log_axis(ax)
    style.label(axes, "candidates $n$", r"tolerance $\varepsilon$")
    series.key(figure, axes)
    return figure


def _bounds(ax: Axes, part: pd.DataFrame, d: float) -> None:
    reach = 0 if part["n"].nunique() > 1 else 0.5
    n = np.linspace(part["n"].min() - reach, part["n"].max() + reach, 100)
    annealed = 0.5 * float(part["sigma"].iloc[0]) * np.sqrt(np.pi * n) * np.exp2(-(n + 1) / d)
    ax.plot(n, annealed, color=style.REFERENCE, linewidth=0.9, label="half a hit expected")
    counting = np.exp2(-(n + 1) / d)
    ax.plot(n, counting, color=style.REFERENCE, linestyle=":", label="counting bound")
    look = style.Look(style.COLOURS[1], "", style.DASHES[1])
    ax.plot(part["n"], part["prediction"], **predicted(look, part), label="prediction")


def predicted(look: style.Look, part: pd.DataFrame) -> dict[str, Any]:
    """How a prediction is drawn: a line, or a dash where it has one abscissa."""
    if part["n"].nunique() > 1:
        return look.stroke()
    return {"color": look.colour, "marker": "_", "linestyle": "none"} | DASH


@style.styled
def residual_figure(least: pd.DataFrame) -> Figure:
    """Candidates that the median needs beyond eps* = ½ σ √(πen/2) 2^(-n/d); a panel per d."""
    table = least[least["median"].notna()] if len(least) else least
    if table.empty:
        return style.empty("No least errors in this run.")
    names = list(dict.fromkeys(table["ensemble"]))
    groups = list(table.sort_values("n").groupby("d", sort=True))
    figure, axes = style.panels(len(groups))
    looks = style.looks(["normal"], ENSEMBLES, names)
    for ax, (d, part) in zip(axes, groups, strict=True):
        ax.axhline(0, color=style.REFERENCE, linewidth=0.7)
        for place, name in enumerate(names):
            own = _beyond(part[part["ensemble"] == name], float(str(d)))
            shift = series.aside(part["n"], place, len(names))
            _residual(ax, own, looks[name], shift)
        ax.set_title(f"$d = {d:g}$")
        ticks.size_axis(ax, part["n"])
    style.label(axes, "candidates $n$", r"candidates beyond $n$ of $\varepsilon^\ast$")
    cross = Line2D([], [], color=style.REFERENCE, marker="x", linestyle="none")
    series.key_of(figure, _ensembles(names, looks) | {"refined prediction": cross})
    return figure


def _beyond(own: pd.DataFrame, d: float) -> pd.DataFrame:
    """The same in candidates: d log2 of the error over eps*; ends at -inf are unknown."""
    n = own["n"].to_numpy(float)
    base = own["sigma"].to_numpy(float) * existence_limit(n, np.full_like(n, d))
    columns = ["median", "low", "high", "prediction", "refined"]
    with np.errstate(invalid="ignore", divide="ignore"):
        return own.assign(**{c: d * np.log2(own[c].to_numpy(float) / base) for c in columns})


def _residual(ax: Axes, own: pd.DataFrame, look: style.Look, shift: float) -> None:
    ax.plot(own["n"], own["prediction"], **predicted(look, own))
    series.intervals(ax, own.assign(n=own["n"] + shift), "n", "median", ("low", "high"), look)
    refined: dict[str, Any] = {
        "color": look.colour,
        "marker": "x",
        "linestyle": "none",
        "markersize": 3.4,
    }
    ax.plot(own["n"], own["refined"], **refined)


@style.styled
def covering_figure(covering: pd.DataFrame) -> Figure:
    """The eps that covers the whole cube, and the eps for one target, against n; a panel per d."""
    if covering.empty:
        return style.empty("No covering radii in this run.")
    names = list(dict.fromkeys(covering["ensemble"]))
    groups = list(covering.sort_values("n").groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=1.65)
    looks = style.looks(["normal"], ENSEMBLES, names)
    for ax, (d, part) in zip(axes, groups, strict=True):
        for place, name in enumerate(names):
            own, look = part[part["ensemble"] == name], looks[name]
            shift = series.aside(part["n"], place, len(names))
            ax.plot(own["n"], own["prediction"], **predicted(look, own))
            moved = own.assign(n=own["n"] + shift)
            series.intervals(ax, moved, "n", "median", ("low", "high"), look)
            ax.plot(moved["n"], moved["one"], **replace(look, hollow=True).points())
        ax.set_title(f"$d = {d:g}$")
        ticks.size_axis(ax, part["n"])
        ticks.log_axis(ax)
    style.label(axes, "candidates $n$", r"tolerance $\varepsilon$")
    hollow = Line2D([], [], **style.Look(style.REFERENCE, "o", hollow=True).points())
    series.key_of(figure, _ensembles(names, looks) | {"one target": hollow})
    return figure


def _ensembles(names: list[str], looks: style.Looks) -> dict[str, Line2D]:
    return {titles.ensemble(name, style.plain): looks[name].handle() for name in names}
