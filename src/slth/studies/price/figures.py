"""The figures on prices: error against overparameterisation, and sparsity against width."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import norm

from slth.studies.price import data
from slth.studies.price import sizes_data as price_sizes
from slth.studies.printing import direct, series, style, ticks, titles

TITLES = {"points": "target: points", "images": "target: images"}
NORMAL = norm.ppf(0.5 + data.CONFIDENCE / 2)  # standard errors on either side

FIGURES = ("price", "sizes")


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Error against size, sparsity against width."""
    return {"price": price_figure(frames["price"]), "sizes": sizes_figure(frames["sizes"])}


@style.styled
def price_figure(price: pd.DataFrame) -> Figure:
    """Error against source weights over target weights: a row per target, a column per family."""
    table = data.built(price)
    table = table[table["error"] > 0]
    if table.empty:
        return style.empty("No ticket was priced in this run.")
    sizes = table.groupby(["target", "arm", "size"])["overparameterisation"]
    table = table.assign(ratio=sizes.transform("median"), series=table["arm"], value=table["error"])
    targets = list(dict.fromkeys(table["target"]))
    families = {
        title: [name for name in own if (table["arm"] == name).any()]
        for title, own in titles.families().items()
    }
    families = {title: own for title, own in families.items() if own}
    figure = Figure(figsize=(style.TEXT_WIDTH, 0.55 + 1.3 * len(targets)), layout="constrained")
    grid = figure.subplots(len(targets), len(families), sharex=True, sharey=True, squeeze=False)
    axes = grid.ravel().tolist()
    words = titles.arms()
    looks = {
        name: replace(look, hollow=not titles.arm(name, "blocked", True))
        for name, look in style.looks(words).items()
    }
    for row, target in zip(grid, targets, strict=True):
        for ax, own in zip(row, families.values(), strict=True):
            ax.axhline(1.0, color=style.REFERENCE, linewidth=0.8, linestyle=":")
            part = table[table["target"] == target]
            series.medians(ax, part, "ratio", looks, {name: words[name] for name in own})
            if not part["arm"].isin(own).any():
                ax.text(0.5, 0.5, "not run", transform=ax.transAxes, **style.QUIET)
            ticks.wide_axis(ax, table["ratio"])
        row[0].set_ylabel(f"{TITLES.get(str(target), target)}\nrelative error")
    ticks.log_axes(axes)
    for column, title in zip(grid.T, families, strict=True):
        column[0].set_title(title)
        column[-1].set_xlabel("source weights / target weights")
    figure.draw_without_rendering()  # the layout, which the names of lines depend on
    for ax in axes:
        lines = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
        direct.name_lines(ax, lines)
    return figure


@style.styled
def sizes_figure(sizes: pd.DataFrame) -> Figure:
    """Width at which half of the problems hit, against the kept fraction; a panel per d."""
    table = price_sizes.summaries(sizes).sort_values("kept_fraction")
    if table.empty:
        return style.empty("No ticket of one subset size in this run.")
    groups = list(table.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=1.9, columns=2)
    look = style.looks(["measured"])["measured"]
    for ax, (d, part) in zip(axes, groups, strict=True):
        grey: dict[str, Any] = {"color": style.REFERENCE, "linewidth": 1.0, "label": "predicted"}
        ax.plot(part["kept_fraction"], part["predicted"], **grey)
        known = part[np.isfinite(part["measured"])]
        half = NORMAL * known["error"]
        ends = known.assign(low=known["measured"] - half, high=known["measured"] + half)
        series.intervals(
            ax, ends, "kept_fraction", "measured", ("low", "high"), look, label="measured"
        )
        for row in known.to_dict("records"):
            ax.annotate(
                f"{row['fraction']:g}", (row["kept_fraction"], row["measured"]), fontsize=7.5,
                xytext=(5, 3), textcoords="offset points",
            )  # fmt: skip
        ax.set_title(rf"$d = {d:g},\ \varepsilon = {part['eps'].iloc[0]:g}$")
        ticks.percent_axis(ax, "x")
        ax.margins(x=0.1, y=0.15)
    style.label(axes, "kept fraction of the random network (%)", "source / target weights")
    series.key(figure, axes)
    return figure
