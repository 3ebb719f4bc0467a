"""Figures of the atlas: subsets of one size, their second moment and entropy law, and search."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.atlas.claims_entropy import MEDIAN
from slth.studies.atlas.claims_least import largest_sizes
from slth.studies.printing import series, style, ticks, titles
from slth.studies.printing.existence import existence_limit
from slth.studies.printing.formatting import setting

FLOOR = 1e3  # how far below the least error found the limit is drawn
MOMENT = r"$\mathrm{E}[Z_k^2]\,/\,\mathrm{E}[Z_k]^2$"


@style.styled
def sizes_figure(sizes: pd.DataFrame, ratios: pd.DataFrame, overlaps: pd.DataFrame) -> Figure:
    """Success and second moment against k/n; R_k and the overlaps at the certified n."""
    if sizes.empty and ratios.empty:
        return style.empty("No subsets of one size in this run.")
    figure, axes = style.panels(4, height=2.1)
    sizes = largest_sizes(sizes)
    if len(sizes):
        sizes = sizes[sizes["k"] > 0].sort_values("k")
        sizes = sizes.assign(share=sizes["k"] / sizes["n"])
    _against_size(axes[0], sizes, ("rate", "low", "high", "prediction"))
    ticks.rate_axis(axes[0])
    axes[0].set(xlabel="share $k/n$", ylabel="success probability")
    moments = sizes[sizes["ratio_low"] > 0] if len(sizes) else sizes
    _against_size(axes[1], moments, ("ratio", "ratio_low", "ratio_high", "exact_ratio"))
    ticks.log_axis(axes[1])
    axes[1].set(xlabel="share $k/n$", ylabel=MOMENT)
    _certified(axes[2], ratios)
    _overlaps(axes[3], overlaps)
    above: dict[str, Any] = {
        "loc": "lower center",
        "bbox_to_anchor": (0.5, 1.0),
        "ncols": 2,
        "fontsize": 7.5,
    }
    for ax in axes[:1] + axes[2:]:
        if ax.get_legend_handles_labels()[1]:
            ax.legend(**above, handlelength=1.6, columnspacing=1.0)
    return figure


def _against_size(ax: Axes, sizes: pd.DataFrame, columns: tuple[str, str, str, str]) -> None:
    middle, low, high, exact = columns
    for look, own, words in _groups(sizes, ["d", "n", "eps"]):
        ax.plot(own["share"], own[exact], **look.stroke())
        series.intervals(ax, own, "share", middle, (low, high), look, label=words)


def _certified(ax: Axes, ratios: pd.DataFrame) -> None:
    for look, own, words in _groups(ratios, ["d", "n"]):
        own = own[own["ratio"] <= 50]
        scaled = own["k"] / own["n"] * np.sqrt(own["d"])
        ax.plot(scaled, own["ratio"], **look.stroke(), label=words)
    ticks.log_axis(ax)
    if len(ratios):
        ax.axvline(1.0, color=style.REFERENCE, linewidth=0.8)
        ax.axhline(3.0, color=style.REFERENCE, linewidth=0.8, linestyle=":")
    ax.set(xlabel=r"$(k/n)\,\sqrt{d}$", ylabel=f"{MOMENT}, exact")


def _overlaps(ax: Axes, overlaps: pd.DataFrame) -> None:
    for look, own, words in list(_groups(overlaps, ["d"]))[-1:]:
        ax.plot(own["overlap"], own["plain"], **look.stroke(), label=f"two subsets, {words}")
        words = r"share of $\mathrm{E}[Z_k^2]$"
        ax.plot(own["overlap"], own["weighted"], label=words, **look.points())
    ax.set(xlabel=r"overlap $|S\cap S'|$", ylabel="probability")


def _groups(table: pd.DataFrame, by: list[str]) -> Iterator[tuple[style.Look, pd.DataFrame, str]]:
    """Style, rows and words of each series of a panel."""
    if table.empty:
        return
    words = {"d": "d", "n": "n", "eps": r"\varepsilon"}
    groups = list(table.groupby(by, sort=True))
    for look, (values, own) in zip(style.looks(range(len(groups))).values(), groups, strict=True):
        named = zip(by, values if isinstance(values, tuple) else (values,), strict=True)
        shown = ", ".join(f"{words[k]}={setting(float(str(v))).strip('$')}" for k, v in named)
        yield look, own, f"${shown}$"


@style.styled
def entropy_figure(entropy: pd.DataFrame) -> Figure:
    """Bits that least errors took against log2 C(n, k), and how far they are from the law."""
    if entropy.empty:
        return style.empty("No least errors of one size in this run.")
    own = entropy[entropy["ensemble"] == entropy["ensemble"].iloc[0]]
    figure, axes = style.panels(2, height=2.0, columns=2)
    ends = np.array([own["log_subsets"].min(), own["log_subsets"].max()])
    law: dict[str, Any] = {"color": style.REFERENCE, "linewidth": 0.9}
    axes[0].plot(ends, ends + MEDIAN, **law, label="law")
    axes[1].axhline(MEDIAN, **law)
    columns = ["bits", "bits_low", "bits_high"]
    beyond = own.assign(**{name: own[name] - own["log_subsets"] for name in columns})
    for ax, table in zip(axes, (own, beyond), strict=True):
        for (d, part), look in zip(
            table.groupby("d", sort=True), style.looks(set(own["d"])).values(), strict=True
        ):
            words = {"label": f"$d = {d:g}$"}
            series.intervals(
                ax, part, "log_subsets", "bits", ("bits_low", "bits_high"), look, **words
            )
        ax.set_xlabel(r"$\log_2\binom{n}{k}$")
    axes[0].set_ylabel("bits taken")
    axes[1].set_ylabel(r"bits less $\log_2\binom{n}{k}$")
    series.key(figure, axes)
    return figure


@style.styled
def search_figure(search: pd.DataFrame) -> Figure:
    """Median least error found against n by solver, and eps*; a panel per d."""
    if search.empty:
        return style.empty("No search in this run.")
    groups = list(search.sort_values("n").groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=1.9)
    looks = style.looks(["mitm"], titles.solvers(), search["solver"])
    for ax, (d, part) in zip(axes, groups, strict=True):
        n = np.linspace(part["n"].min(), part["n"].max(), 300)
        limit = existence_limit(n, np.full_like(n, float(str(d))))
        shown = limit > float(part["median"].min()) / FLOOR
        words = r"$\varepsilon^\ast(n,d)$"
        ax.plot(n[shown], limit[shown], color=style.REFERENCE, linewidth=1.0, label=words)
        for solver in dict.fromkeys(search["solver"]):
            own, look = part[part["solver"] == solver], looks[solver]
            drawn = {"linestyle": look.line, "label": titles.solver(solver, style.plain)}
            series.intervals(ax, own, "n", "median", ("least", "most"), look, **drawn)
        ax.set_title(f"$d = {d:g}$")
        ticks.size_axis(ax, part["n"], log=True)
        ticks.log_axis(ax)
    style.label(axes, "candidates $n$", "least error found")
    series.key(figure, axes)
    return figure
