"""Figures of the atlas: subsets of one size with their second moment, and search."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.atlas.claims_least import largest_sizes
from slth.studies.atlas.figures_least import label
from slth.studies.printing import style, titles
from slth.studies.printing.formatting import setting
from slth.studies.printing.summaries import existence_limit

FLOOR = 1e3  # how far below the least error found the limit is drawn


@style.styled
def sizes_figure(sizes: pd.DataFrame, ratios: pd.DataFrame, overlaps: pd.DataFrame) -> Figure:
    """Success and second moment against k/n; R_k and the overlaps at the certified n."""
    if sizes.empty and ratios.empty:
        return style.empty("No subsets of one size in this run.")
    figure, axes = style.panels(4, height=2.0)
    sizes = largest_sizes(sizes)
    _against_size(axes[0], sizes)
    _moments(axes[1], sizes)
    _certified(axes[2], ratios)
    _overlaps(axes[3], overlaps)
    for index, ax in enumerate(axes):
        if ax.get_legend_handles_labels()[1]:
            ax.legend(fontsize=7, loc="upper center" if index == 1 else "upper right")
    return figure


def _against_size(ax: Axes, sizes: pd.DataFrame) -> None:
    for look, own, words in _groups(sizes, ["d", "n", "eps"]):
        fixed = own[own["k"] > 0].sort_values("k")
        share, rate = fixed["k"] / fixed["n"], fixed["rate"].to_numpy(float)
        spread = np.abs(fixed[["low", "high"]].to_numpy(float).T - rate)
        ax.errorbar(share, rate, yerr=spread, elinewidth=0.8, label=words, **look.points())
        ax.plot(share, fixed["prediction"], color=look.colour, linestyle=look.line)
    ax.set_ylim(-0.04, 1.45)
    ax.set_yticks([0, 0.5, 1])
    ax.set_xlabel("share $k/n$")
    ax.set_ylabel("success probability")


def _moments(ax: Axes, sizes: pd.DataFrame) -> None:
    for look, own, words in _groups(sizes, ["d", "n", "eps"]):
        fixed = own[(own["k"] > 0) & (own["ratio_low"] > 0)].sort_values("k")
        share, ratio = fixed["k"] / fixed["n"], fixed["ratio"].to_numpy(float)
        spread = np.abs(fixed[["ratio_low", "ratio_high"]].to_numpy(float).T - ratio)
        ax.errorbar(share, ratio, yerr=spread, elinewidth=0.8, label=words, **look.points())
        ax.plot(share, fixed["exact_ratio"], color=look.colour, linestyle=look.line)
    style.log_axis(ax)
    ax.set_xlabel("share $k/n$")
    ax.set_ylabel(r"$\mathrm{E}[Z_k^2]\,/\,\mathrm{E}[Z_k]^2$")


def _certified(ax: Axes, ratios: pd.DataFrame) -> None:
    for look, own, words in _groups(ratios, ["d", "n"]):
        own = own[own["ratio"] < 1e3]
        scaled = own["k"] / own["n"] * np.sqrt(own["d"])
        ax.plot(scaled, own["ratio"], color=look.colour, linestyle=look.line, label=words)
    if len(ratios):
        ax.axvline(1.0, color=style.REFERENCE, linewidth=0.8)
        ax.axhline(3.0, color=style.REFERENCE, linewidth=0.8, linestyle=":")
        ax.set_xlim(0.3, 4.0)
        ax.set_ylim(1.8, 60)
    style.log_axis(ax)
    ax.set_xlabel(r"$(k/n)\,\sqrt{d}$")
    ax.set_ylabel(r"$\mathrm{E}[Z_k^2]\,/\,\mathrm{E}[Z_k]^2$, exact")


def _overlaps(ax: Axes, overlaps: pd.DataFrame) -> None:
    groups = list(_groups(overlaps, ["d"]))
    for look, own, words in groups[-1:]:
        j = own["overlap"].to_numpy(float)
        ax.plot(j, own["plain"], color=look.colour, linewidth=0.9, label=f"two subsets, {words}")
        marks = {**look.points(), "markersize": 2.6}
        ax.plot(j, own["weighted"], label=r"share of $\mathrm{E}[Z_k^2]$", **marks)
    ax.set_xlabel(r"overlap $|S\cap S'|$")
    ax.set_ylabel("probability")


def _groups(table: pd.DataFrame, by: list[str]):  # type: ignore[no-untyped-def]
    """Style, rows and words of each series of a panel."""
    if table.empty:
        return
    words = {"d": "d", "n": "n", "eps": r"\varepsilon"}
    for index, (values, own) in enumerate(table.groupby(by, sort=True)):
        named = zip(by, values if isinstance(values, tuple) else (values,), strict=True)
        shown = ", ".join(f"{words[k]}={setting(float(str(v))).strip('$')}" for k, v in named)
        yield style.series(index), own, f"${shown}$"


@style.styled
def search_figure(search: pd.DataFrame) -> Figure:
    """Median least error found against n by solver, and eps*; a panel a d."""
    if search.empty:
        return style.empty("No search in this run.")
    groups = list(search.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=2.2)
    solvers = list(dict.fromkeys(search["solver"]))
    for ax, (d, part) in zip(axes, groups, strict=True):
        for index, solver in enumerate(solvers):
            own = part[part["solver"] == solver].sort_values("n")
            if len(own):
                _found(ax, own, style.series(index), titles.solver(solver, style.plain))
        n = np.linspace(part["n"].min(), part["n"].max(), 300)
        limit = existence_limit(n, np.full_like(n, float(str(d))))
        low = float(part["median"].min())
        shown = limit > low / FLOOR
        words = r"$\varepsilon^\ast(n,d)$"
        ax.plot(n[shown], limit[shown], color=style.REFERENCE, linewidth=1.0, label=words)
        ax.set_title(f"$d = {d:g}$")
        style.log_axis(ax)
        style.size_axis(ax, part["n"].to_numpy(float))
    label(axes, "candidates $n$", "least error found")
    style.legend(figure, axes)
    return figure


def _found(ax: Axes, own: pd.DataFrame, look: style.Series, words: str) -> None:
    middle = own["median"].to_numpy(float)
    spread = np.abs(own[["least", "most"]].to_numpy(float).T - middle)
    ax.errorbar(own["n"], middle, yerr=spread, elinewidth=0.8, label=words, **look.both())
