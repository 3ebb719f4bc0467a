"""Figures of learned masks: accuracy against kept fraction, and three routes against width."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.learned import masks as data
from slth.studies.printing import series, style, ticks

CONTROLS = {
    "fresh": style.Look("#8d8d8d", "D", (1.2, 1.2)),
    "shuffled": style.Look("#8d8d8d", "v", (5, 1.6)),
    "random": style.CONTROL,
}


FIGURES = ("masks", "routes")


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figures by name."""
    return {
        "masks": masks_figure(frames["learned"]),
        "routes": routes_figure(frames["tickets"], frames["blocks"], frames["routes"]),
    }


@style.styled
def masks_figure(learned: pd.DataFrame) -> Figure:
    """Accuracy against kept fraction; a panel per granularity, kind of weights and time."""
    table = data.masks(learned)
    kinds = [
        (unit, early, names)
        for unit in data.granularities(table)
        for trained, early in ((False, False), (True, True), (True, False))
        if (names := _measured(table[table["granularity"] == unit], trained, early))
    ]
    if not kinds:
        return style.empty("No learned masks in this run.")
    columns = 3 if any(early for _, early, _ in kinds) else 2
    figure, axes = style.panels(len(kinds), height=1.75, columns=columns)
    looks = style.looks(data.UNTRAINED, data.arms_of(table)) | CONTROLS
    for ax, (unit, early, names) in zip(axes, kinds, strict=True):
        part = table[(table["granularity"] == unit) & table["arm"].isin(names)]
        series.guide(ax, data.dense_accuracy(table), data.name_of("dense"))
        controls = {data.column(early, kind): kind for kind in CONTROLS}
        grey = series.long(_placed(part, "asked"), "kept", dict.fromkeys(controls, ""))
        grey = grey.assign(series=grey["series"].map(controls))
        series.medians(
            ax, grey, "kept", looks, {kind: f"control: {data.CONTROLS[kind]}" for kind in CONTROLS}
        )
        own = _placed(part, "asked", "arm")
        own = own.assign(series=own["arm"], value=own[data.column(early)].astype(float))
        own = own[np.isfinite(own["value"])]
        series.medians(ax, own, "kept", looks, {name: data.name_of(name) for name in names})
        weights = "untrained" if names[0] in data.UNTRAINED else "trained"
        ax.set_title(f"{unit}s, {weights}{', early' if early else ''}")
        ticks.rate_axis(ax, per_cent=True)
        fractions = np.concatenate([own["kept"], grey["kept"]]).astype(float)
        ticks.size_axis(ax, fractions.round(3), log=True)
        ticks.percent_axis(ax, "x")
    style.label(axes, "kept weights (%)", "held-out accuracy (%)")
    series.key(figure, axes)
    return figure


@style.styled
def routes_figure(tickets: pd.DataFrame, blocks: pd.DataFrame, routes: pd.DataFrame) -> Figure:
    """Accuracy, and the bracket of the sup-norm error, of every route against n; a row per arm."""
    found = data.routes(routes)
    if found.empty:
        return style.empty("No random network was pruned by learning in this run.")
    both = _with_constructed(tickets, blocks, found)
    both = both.assign(series=both["route"], value=both["accuracy"].astype(float))
    names = list(dict.fromkeys(found["arm"]))
    figure, axes = style.panels(2 * len(names), height=2.05, columns=2)
    looks = style.looks(data.ROUTE_NAMES)
    for left, right, name in zip(axes[::2], axes[1::2], names, strict=True):
        part = both[both["arm"] == name]
        known = tickets.loc[tickets["arm"] == name, "accuracy_target"].astype(float)
        series.guide(left, known.median(), "target")
        accuracies = part[np.isfinite(part["value"])]
        series.medians(left, accuracies, "n", looks, data.ROUTE_NAMES)
        for place, route in enumerate(looks):
            shift = np.exp(series.aside(np.log(part["n"]), place, len(looks)))
            _bracket(right, part[part["route"] == route], looks[route], float(shift))
        for ax in (left, right):
            ticks.size_axis(ax, part["n"], log=True)
            ax.set(title=style.plain(name), xlabel="$n$")
        ticks.rate_axis(left, per_cent=True)
        ticks.log_axis(right)
        left.set_ylabel("held-out accuracy (%)")
        right.set_ylabel("sup-norm error")
    series.key(figure, axes)
    return figure


def _with_constructed(
    tickets: pd.DataFrame, blocks: pd.DataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    full = data.borrowed_tickets(tickets)
    solved = data.borrowed_blocks(blocks)
    parts = [data.constructed(full, solved, found), found[data.ROUTES]]
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)


def _placed(rows: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Rows with ``kept``, the median kept fraction of those asked for as much."""
    return rows.assign(kept=rows.groupby(list(by))["kept_fraction"].transform("median"))


def _bracket(ax: Axes, rows: pd.DataFrame, look: style.Look, aside: float) -> None:
    """Median bracket: a bar from lower to upper bound, marked at the upper."""
    ends = rows.groupby("n", sort=True)[["lower", "upper"]].median().astype(float)
    ends = ends[np.isfinite(ends["upper"]) & (ends["lower"] > 0)]
    x = ends.index.to_numpy(float) * aside
    ax.vlines(x, ends["lower"], ends["upper"], color=look.colour, linewidth=1.6)
    ax.plot(x, ends["upper"], **look.both())


def _measured(table: pd.DataFrame, trained: bool, early: bool) -> list[str]:
    """Arms whose weights are trained, or not, and that have accuracies early or at the end."""
    return data.arms_of(table[table[data.column(early)].notna()], trained)
