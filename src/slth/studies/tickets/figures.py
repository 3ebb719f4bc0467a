"""Errors and accuracies of tickets against n; errors of their subset problems."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import series, style, ticks
from slth.studies.printing.existence import existence_limit
from slth.studies.tickets.data import arms, blocks_of, tickets_of

FIGURES = ("error", "accuracy", "blocks")
ERRORS = {
    "closed_form": "closed form",
    "upper": "certified upper",
    "lower": "certified lower",
    "data_error": "held-out images",
}
ACCURACIES = {
    "accuracy_ticket": "ticket right",
    "certified": "decision proved",
    "accuracy_control": "random filters right",
}
PROVED = {True: "found and proved best", False: "found, not proved best"}


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figures by name."""
    return {
        "error": error_figure(frames["tickets"]),
        "accuracy": accuracy_figure(frames["tickets"]),
        "blocks": blocks_figure(frames["blocks"]),
    }


@style.styled
def error_figure(tickets: pd.DataFrame) -> Figure:
    """Certified bracket, closed form and held-out error against n; a panel per arm."""
    words = "error / largest output"
    return _per_arm(tickets_of(tickets), ERRORS, style.BOUNDS, words, log=True)


@style.styled
def accuracy_figure(tickets: pd.DataFrame) -> Figure:
    """Held-out accuracies, and shares of proved decisions, against n; a panel per arm."""
    looks = style.looks(["accuracy_ticket", "certified"]) | {"accuracy_control": style.CONTROL}
    return _per_arm(tickets_of(tickets), ACCURACIES, looks, "held-out images (%)", log=False)


@style.styled
def blocks_figure(blocks: pd.DataFrame) -> Figure:
    """Error of every subset problem against its number of candidates; a panel per dimension."""
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
    series.key(figure, axes)
    return figure


def _per_arm(
    table: pd.DataFrame, words: dict[str, str], looks: style.Looks, ylabel: str, log: bool
) -> Figure:
    names = arms(table)
    if not names:
        return style.empty("No tickets in this run.")
    figure, axes = style.panels(len(names), height=2.05)
    for ax, name in zip(axes, names, strict=True):
        part = table[table["arm"] == name]
        over = "target_scale" if log else None
        long = series.long(part, "n", words, over=over)
        if log:
            long = long[long["value"] > 0]
            ax.axhline(1.0, color=style.REFERENCE, linestyle=":", linewidth=0.9)
        else:
            series.guide(ax, part["accuracy_target"].astype(float).median(), "target right")
        series.medians(ax, long, "n", looks, words)
        ticks.size_axis(ax, part["n"], log=True)
        ax.set_title(_arm_title(part), fontsize=8.5)
        if log:
            ticks.log_axis(ax)
        else:
            ticks.rate_axis(ax, per_cent=True)
    style.label(axes, "$n$", ylabel)
    series.key(figure, axes)
    return figure


def _blocks(ax: Axes, part: pd.DataFrame, d: float) -> None:
    low, high = float(part["candidates"].min()), float(part["candidates"].max())
    floor = float(part["error"].min()) / 1e3
    grid = np.geomspace(max(low, 1.0), max(high, low + 1), 200)
    limit = existence_limit(grid, np.full_like(grid, d))
    near = (limit > floor) & (limit < 2 * float(part["error"].max()))
    words = r"predicted least error $\varepsilon^\ast$"
    ax.plot(grid[near], limit[near], color=style.REFERENCE, linewidth=1.0, label=words)
    looks = style.looks(PROVED)
    for proved, words in PROVED.items():
        rows = part[part["proved"].astype(bool) == proved]
        if len(rows):
            sns.scatterplot(
                rows, x="candidates", y="error", color=looks[proved].colour, s=14, linewidth=0.3,
                marker=looks[proved].marker, label=words, legend=False, ax=ax,
            )  # fmt: skip
    ax.set(xlabel="", ylabel="")
    ticks.log_axis(ax)
    if high > 8 * low:
        ticks.wide_axis(ax, part["candidates"])
    else:
        ticks.size_axis(ax, part["candidates"])


def _arm_title(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    layers = f"{first['depth']:g} convolution" + ("" if first["depth"] == 1 else "s")
    kind, readout = style.plain(first["granularity"]), style.plain(first["readout"])
    name = "\n".join(textwrap.wrap(style.plain(first["arm"]), 28))
    return f"{name}\n{kind}, $d = {part['d'].max():g}$, {layers},\n{readout} readout"
