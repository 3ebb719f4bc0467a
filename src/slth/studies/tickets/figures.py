"""The figures of the paper: one function each, from a table to a figure."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.learned.figures import masks_figure, routes_figure
from slth.studies.printing import inputs, style
from slth.studies.printing.formatting import ENSEMBLES

FIGURES = (
    "success.pdf",
    "error.pdf",
    "accuracy.pdf",
    "blocks.pdf",
    "masks.pdf",
    "routes.pdf",
)


def render_figures(
    thresholds: pd.DataFrame,
    tickets: pd.DataFrame,
    blocks: pd.DataFrame,
    networks: pd.DataFrame,
    folder: str | Path,
    suffixes: tuple[str, ...] = (".pdf",),
    *,
    learned: pd.DataFrame | None = None,
    routes: pd.DataFrame | None = None,
    folders: Mapping[str, str | Path] | None = None,
) -> None:
    """Write every figure of ``FIGURES`` to ``folder``, once a suffix (.pdf, .svg, .png).

    folders: suffix → folder, for those that go elsewhere. Same tables, same bytes. ``networks``
    is taken so that the renderers are called alike.
    """
    drawn = {
        "success": success_figure(thresholds),
        "error": error_figure(tickets),
        "accuracy": accuracy_figure(tickets),
        "blocks": blocks_figure(blocks),
        "masks": masks_figure(learned),
        "routes": routes_figure(tickets, blocks, routes),
    }
    for name, figure in drawn.items():
        for suffix in suffixes:
            place = (folders or {}).get(suffix, folder)
            style.save(figure, Path(place) / f"{name}{suffix}")


@style.styled
def success_figure(thresholds: pd.DataFrame) -> Figure:
    """Success rates with intervals and their prediction against n; a panel a (d, eps)."""
    table = inputs.complete("thresholds", thresholds, inputs.THRESHOLDS)
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
    _label(axes, "candidates $n$", "success probability")
    style.legend_of(figure, _success_key(names, bool(table["n_star"].notna().any())))
    return figure


@style.styled
def error_figure(tickets: pd.DataFrame) -> Figure:
    """Certified upper and lower bound, closed form and data-set error against n; a panel an arm."""
    table = inputs.complete("tickets", tickets, inputs.TICKETS)
    wanted = {
        "closed_form": "closed-form bound",
        "upper": "certified upper bound",
        "lower": "certified lower bound",
        "data_error": "largest on held-out images",
    }
    return _per_arm(table, wanted, r"sup-norm error", log=True)


@style.styled
def accuracy_figure(tickets: pd.DataFrame) -> Figure:
    """Held-out accuracy of the target, the ticket and the control against n; a panel an arm."""
    table = inputs.complete("tickets", tickets, inputs.TICKETS)
    wanted = {
        "accuracy_ticket": "ticket",
        "accuracy_control": "control: random filters",
    }
    return _per_arm(table, wanted, "held-out accuracy (%)", log=False)


@style.styled
def blocks_figure(blocks: pd.DataFrame) -> Figure:
    """Error of every subset problem against its number of candidates; a panel a dimension."""
    table = inputs.complete("blocks", blocks, inputs.BLOCKS)
    table = table[(table["error"].astype(float) > 0) & (table["candidates"] > 0)]  # log axes
    if table.empty:
        return style.empty("No subset problems in this run.")
    groups = list(table.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=2.0)
    for ax, (d, part) in zip(axes, groups, strict=True):
        _blocks(ax, part, float(str(d)))
        ax.set_title(f"$d = {d:g}$")
    _label(axes, "candidates of the problem", r"error $\|\Sigma_S X_i - z\|_\infty$")
    style.legend(figure, axes)
    return figure


def _success(ax: Axes, part: pd.DataFrame, look: style.Series, shift: float) -> None:
    part = part.sort_values("n")
    settled = part[part["trials"] > 0]
    rate = inputs.observed_rate(settled).to_numpy(float)
    spread = np.abs(settled[["low", "high"]].to_numpy(float).T - rate)
    ax.plot(part["n"], part["prediction"], color=look.colour, linestyle=look.line)
    ax.errorbar(settled["n"] + shift, rate, yerr=spread, elinewidth=0.9, **look.points())
    if len(part) == 1:  # a line of one point would not be seen
        ax.plot(part["n"], part["prediction"], color=look.colour, marker="_", markersize=12)


def _success_key(names: list[str], with_n_star: bool) -> list[tuple[Line2D, str]]:
    key = [
        (Line2D([], [], **style.series(index).both()), ENSEMBLES.get(name, style.plain(name)))
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


def _per_arm(table: pd.DataFrame, wanted: dict[str, str], ylabel: str, log: bool) -> Figure:
    names = inputs.arms(table)
    if not names:
        return style.empty("No tickets in this run.")
    figure, axes = style.panels(len(names), height=2.05)
    for ax, name in zip(axes, names, strict=True):
        part = table[table["arm"] == name]
        if not log:
            _target_line(ax, part)
        for index, (column, label) in enumerate(wanted.items()):
            _medians(ax, part, column, label, style.series(index), _dodge(index, part, wanted), log)
        style.size_axis(ax, part["n"].to_numpy(float))
        ax.set_title(_arm_title(part), fontsize=8.5)
        if log:
            style.log_axis(ax)
        else:
            style.percent_axis(ax)
    _label(axes, "$n$", ylabel)
    style.legend(figure, axes)
    return figure


def _medians(
    ax: Axes,
    part: pd.DataFrame,
    column: str,
    label: str,
    look: style.Series,
    dodge: float,
    positive: bool,
) -> None:
    """Median with quartile bars a size. A log axis takes what is > 0 only."""
    shown = inputs.quartiles(part, column)
    if positive:
        shown = shown[shown["low"] > 0]
    if shown.empty:
        return
    x, median = shown["n"].to_numpy() * dodge, shown["median"].to_numpy()
    spread = np.abs(shown[["low", "high"]].to_numpy().T - median)
    ax.errorbar(x, median, yerr=spread, label=label, elinewidth=0.8, **look.both())


def _target_line(ax: Axes, part: pd.DataFrame) -> None:
    known = part["accuracy_target"].dropna()
    if not known.empty:
        ax.axhline(float(known.median()), color=style.REFERENCE, linewidth=0.9, label="target")


def _blocks(ax: Axes, part: pd.DataFrame, d: float) -> None:
    proved = part["proved"].astype(bool)
    looks = (style.SERIES[0], style.SERIES[1])
    for rows, look, face, label in (
        (part[proved], looks[0], looks[0].colour, "found and proved best"),
        (part[~proved], looks[1], "none", "found, not proved best"),
    ):
        if not rows.empty:
            marks = {**look.points(), "markersize": 2.8, "markeredgewidth": 0.6}
            ax.plot(rows["candidates"], rows["error"], **marks, markerfacecolor=face, label=label)
    low, high = float(part["candidates"].min()), float(part["candidates"].max())
    ax.set_yscale("log")
    bottom, top = float(part["error"].min()) / 2, float(part["error"].max()) * 2
    grid = np.geomspace(max(low, 1.0), max(high, low + 1), 200)
    limit = inputs.existence_limit(grid, np.full_like(grid, d))
    bottom = max(min(bottom, float(limit.min())), bottom / 1e3)
    ax.plot(
        grid,
        limit,
        color=style.REFERENCE,
        linewidth=1.0,
        label=r"predicted least error $\varepsilon^\ast$",
    )
    ax.set_ylim(bottom, top)
    style.log_axis(ax)
    if high > 8 * low:
        style.wide_axis(ax)
    else:
        style.integer_axis(ax)


def _arm_title(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    layers = f"{first['depth']:g} convolution" + ("" if first["depth"] == 1 else "s")
    kind, readout = style.plain(first["granularity"]), style.plain(first["readout"])
    name = "\n".join(textwrap.wrap(style.plain(first["arm"]), 28))
    return f"{name}\n{kind}, $d = {part['d'].max():g}$, {layers},\n{readout} readout"


def _shift(index: int, names: list[str]) -> float:
    """Set points of several ensembles side by side, at most a tenth of a candidate apart."""
    return 0.16 * (index - (len(names) - 1) / 2)


def _dodge(index: int, part: pd.DataFrame, wanted: dict[str, str]) -> float:
    """Factor that sets the bars of several series side by side on a log axis."""
    sizes = np.unique(part["n"].to_numpy(float))
    step = 1.25 if len(sizes) == 1 else float((sizes[1:] / sizes[:-1]).min())
    return float(step ** (0.04 * (index - (len(wanted) - 1) / 2)))


def _label(axes: list[Axes], xlabel: str, ylabel: str) -> None:
    """Label the lowest panel of every column below, the leftmost of every row at its side."""
    for ax in axes:
        place = ax.get_subplotspec()
        assert place is not None
        columns = place.get_gridspec().ncols
        last = all(
            other.get_subplotspec().num1 != place.num1 + columns  # type: ignore[union-attr]
            for other in axes
        )
        if last:
            ax.set_xlabel(xlabel)
        if place.is_first_col():
            ax.set_ylabel(ylabel)
