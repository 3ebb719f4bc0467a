"""Errors and accuracies of tickets against n, and errors of their subset problems."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import style
from slth.studies.printing.summaries import existence_limit, quartiles
from slth.studies.tickets.data import arms, blocks_of, tickets_of

FIGURES = ("error", "accuracy", "blocks")


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figures by name."""
    return {
        "error": error_figure(frames["tickets"]),
        "accuracy": accuracy_figure(frames["tickets"]),
        "blocks": blocks_figure(frames["blocks"]),
    }


@style.styled
def error_figure(tickets: pd.DataFrame) -> Figure:
    """Certified upper and lower bound, closed form and data-set error against n; a panel an arm."""
    table = tickets_of(tickets)
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
    table = tickets_of(tickets)
    wanted = {
        "accuracy_ticket": "ticket",
        "accuracy_control": "control: random filters",
    }
    return _per_arm(table, wanted, "held-out accuracy (%)", log=False)


@style.styled
def blocks_figure(blocks: pd.DataFrame) -> Figure:
    """Error of every subset problem against its number of candidates; a panel a dimension."""
    table = blocks_of(blocks)
    table = table[(table["error"].astype(float) > 0) & (table["candidates"] > 0)]  # log axes
    if table.empty:
        return style.empty("No subset problems in this run.")
    groups = list(table.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=2.0)
    for ax, (d, part) in zip(axes, groups, strict=True):
        _blocks(ax, part, float(str(d)))
        ax.set_title(f"$d = {d:g}$")
    style.label(axes, "candidates of the problem", r"error $\|\Sigma_S X_i - z\|_\infty$")
    style.legend(figure, axes)
    return figure


def _per_arm(table: pd.DataFrame, wanted: dict[str, str], ylabel: str, log: bool) -> Figure:
    names = arms(table)
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
    style.label(axes, "$n$", ylabel)
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
    shown = quartiles(part, column)
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
    limit = existence_limit(grid, np.full_like(grid, d))
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


def _dodge(index: int, part: pd.DataFrame, wanted: dict[str, str]) -> float:
    """Factor that sets the bars of several series side by side on a log axis."""
    sizes = np.unique(part["n"].to_numpy(float))
    step = 1.25 if len(sizes) == 1 else float((sizes[1:] / sizes[:-1]).min())
    return float(step ** (0.04 * (index - (len(wanted) - 1) / 2)))
