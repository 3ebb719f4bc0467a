"""The figures on prices: error against overparameterisation, and sparsity against width."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.price import data
from slth.studies.price import sizes_data as price_sizes
from slth.studies.printing import style, titles

TITLES = {"points": "target: points", "images": "target: images"}


FIGURES = ("price", "sizes")


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Error against size, sparsity against width."""
    return {"price": price_figure(frames["price"]), "sizes": sizes_figure(frames["sizes"])}


@style.styled
def price_figure(price: pd.DataFrame) -> Figure:
    """Error against source weights over target weights: a row a target, a column a family."""
    table = data.built(price)
    table = table[table["error"] > 0]
    if table.empty:
        return style.empty("No ticket was priced in this run.")
    targets = list(dict.fromkeys(table["target"]))
    families = titles.families()
    longest = max(int(table["arm"].drop_duplicates().isin(own).sum()) for own in families.values())
    count = len(families)
    figure = Figure(figsize=(style.TEXT_WIDTH, 1.0 + 1.75 * len(targets)), layout="constrained")
    axes = figure.subplots(len(targets), count, sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat:  # while the limits are those of empty axes: one point's have no inverse
        ax.axhline(1.0, color=style.REFERENCE, linewidth=0.8, linestyle=":", zorder=2.01)
    for row, target in zip(axes, targets, strict=True):
        here = table[table["target"] == target]
        for ax, own in zip(row, families.values(), strict=True):
            _family(ax, here, own)
            ax.set_visible(bool(here["arm"].isin(own).any()))
            ax.set_xscale("log")
            ax.set_yscale("log")
        row[0].set_ylabel(f"{TITLES.get(str(target), target)}\nrelative error")
    for i, title in enumerate(families):
        axes[-1][i].set_xlabel("source weights / target weights")
        key = _key(axes[:, i], families[title], longest)
        axes[0][i].legend(
            key.values(), key.keys(), loc="lower center", bbox_to_anchor=(0.5, 1.0),
            title=title, fontsize=8, title_fontsize=9, labelspacing=0.25, borderaxespad=0.2,
        )  # fmt: skip
    return figure


@style.styled
def sizes_figure(sizes: pd.DataFrame) -> Figure:
    """Width at which half of the problems hit, against the ticket's kept fraction; a panel a d."""
    table = price_sizes.summaries(sizes)
    if table.empty:
        return style.empty("No ticket of one subset size in this run.")
    groups = list(table.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=1.9, columns=2)
    for ax, (d, part) in zip(axes, groups, strict=True):
        part = part.sort_values("kept_fraction")
        ax.plot(
            part["kept_fraction"], part["predicted"], color=style.REFERENCE, linewidth=1.0,
            label="predicted",
        )  # fmt: skip
        known = part[np.isfinite(part["measured"])]
        ax.errorbar(
            known["kept_fraction"], known["measured"], yerr=known["error"].fillna(0.0),
            elinewidth=0.8, label="measured", **style.series(0).points(),
        )  # fmt: skip
        for row in known.to_dict("records"):
            ax.annotate(
                f"{row['fraction']:g}", (row["kept_fraction"], row["measured"]), fontsize=7,
                xytext=(5, 3), textcoords="offset points",
            )  # fmt: skip
        ax.set_title(rf"$d = {d:g},\ \varepsilon = {part['eps'].iloc[0]:g}$")
        ax.set_xlabel("kept fraction of the random network (%)")
        ax.margins(x=0.12, y=0.15)
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    axes[0].set_ylabel("source weights / target weights")
    style.legend(figure, axes)
    return figure


def _family(ax: Axes, table: pd.DataFrame, arms: tuple[str, ...]) -> None:
    for index, name in enumerate(arms):
        part = table[table["arm"] == name]
        if part.empty:
            continue
        look = style.series(index).both()
        if not titles.arm(name, "blocked", True):
            look |= {"markerfacecolor": "none"}
        rows = part.groupby("size").agg(
            x=("overparameterisation", "median"),
            low=("error", lambda e: e.quantile(0.25)),
            median=("error", "median"),
            high=("error", lambda e: e.quantile(0.75)),
        )
        spread = np.abs(rows[["low", "high"]].to_numpy(float).T - rows["median"].to_numpy(float))
        ax.errorbar(
            rows["x"],
            rows["median"],
            yerr=spread,
            elinewidth=0.8,
            label=titles.arms()[name],
            **look,
        )


def _key(axes: np.ndarray, arms: tuple[str, ...], longest: int) -> dict[str, object]:
    """Handles by label in the order of the family, as many lines in every column."""
    found: dict[str, object] = {}
    for ax in axes:
        found |= dict(zip(*ax.get_legend_handles_labels()[::-1], strict=True))
    labels = [titles.arms()[name] for name in arms]
    key = {label: found[label] for label in labels if label in found}
    return key | {
        " " * (i + 1): Line2D([], [], linestyle="none") for i in range(longest - len(key))
    }
