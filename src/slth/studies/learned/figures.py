"""Figures of learned masks: accuracy against kept fraction, and three routes against width."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from slth.studies.learned import masks as data
from slth.studies.printing import style
from slth.studies.printing.summaries import quartiles

GREYS = (("fresh", "D", (0, (1, 1.3))), ("shuffled", "v", (0, (5, 1.6))), ("random", "x", "-"))
LIGHT = "#8d8d8d"


FIGURES = ("masks", "routes")


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The figures by name."""
    return {
        "masks": masks_figure(frames["learned"]),
        "routes": routes_figure(frames["tickets"], frames["blocks"], frames["routes"]),
    }


@style.styled
def masks_figure(learned: pd.DataFrame) -> Figure:
    """Accuracy against kept fraction; a panel a granularity, kind of weights and time."""
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
    order = data.arms_of(table)
    for ax, (unit, early, names) in zip(axes, kinds, strict=True):
        part = table[(table["granularity"] == unit) & table["arm"].isin(names)]
        _dense(ax, data.dense_accuracy(table))
        for kind, marker, line in GREYS:
            look = style.Series(LIGHT, marker, line)
            label = f"control: {data.CONTROLS[kind]}"
            _curve(ax, part, data.column(early, kind), label, look)
        for name in names:
            rows = part[part["arm"] == name]
            _curve(
                ax, rows, data.column(early), data.name_of(name), style.series(order.index(name))
            )
        weights = "untrained" if names[0] in data.UNTRAINED else "trained"
        ax.set_title(f"{unit}s, {weights}{', early' if early else ''}")
        lowest = ax.dataLim.y0
        ax.set_ylim(max(0.0, lowest) - 0.04 if np.isfinite(lowest) else -0.04, 1.04)
        _fractions(ax, part)
        style.percent_axis(ax)
    _labels(axes, "kept weights (%)", "held-out accuracy (%)", columns)
    style.legend(figure, axes)
    return figure


@style.styled
def routes_figure(tickets: pd.DataFrame, blocks: pd.DataFrame, routes: pd.DataFrame) -> Figure:
    """Accuracy, and the bracket of the sup-norm error, of every route against n; a row an arm."""
    found = data.routes(routes)
    if found.empty:
        return style.empty("No random network was pruned by learning in this run.")
    both = _with_constructed(tickets, blocks, found)
    names = list(dict.fromkeys(found["arm"]))
    figure, axes = style.panels(2 * len(names), height=2.05, columns=2)
    for row, name in enumerate(names):
        left, right = axes[2 * row : 2 * row + 2]
        part = both[both["arm"] == name]
        known = tickets.loc[tickets["arm"] == name, "accuracy_target"].astype(float).dropna()
        if not known.empty:
            left.axhline(
                float(known.median()), color=style.REFERENCE, linewidth=0.9, label="target"
            )
        for index, (route, label) in enumerate(data.ROUTE_NAMES.items()):
            rows = part[part["route"] == route]
            if not rows.empty:
                look = style.series(index)
                dodge = _dodge(part, index - 1.5)
                _curve(left, rows, "accuracy", label, look, by="n", dodge=dodge)
                _bracket(right, rows, label, look, dodge)
        for ax in (left, right):
            style.size_axis(ax, part["n"].to_numpy(float))
            ax.set_title(style.plain(name))
            ax.set_xlabel("$n$")
        style.percent_axis(left)
        style.log_axis(right)
        left.set_ylabel("held-out accuracy (%)")
        right.set_ylabel("sup-norm error")
    style.legend(figure, axes)
    return figure


def _with_constructed(
    tickets: pd.DataFrame, blocks: pd.DataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    full = data.borrowed_tickets(tickets)
    solved = data.borrowed_blocks(blocks)
    parts = [data.constructed(full, solved, found), found[data.ROUTES]]
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)


def _curve(
    ax: Axes,
    rows: pd.DataFrame,
    column: str,
    label: str,
    look: style.Series,
    by: str = "asked",
    dodge: float = 1.0,
) -> None:
    """Medians with quartile bars, at the median kept fraction, or at n."""
    shown = quartiles(rows, column, by)
    if shown.empty:
        return
    x = shown[by].to_numpy(float)
    if by == "asked":
        place = rows.groupby("asked")["kept_fraction"].median()
        x = place.loc[shown["asked"]].to_numpy(float)
    median = shown["median"].to_numpy()
    spread = np.abs(shown[["low", "high"]].to_numpy().T - median)
    ax.errorbar(x * dodge, median, yerr=spread, label=label, elinewidth=0.8, **look.both())


def _bracket(ax: Axes, rows: pd.DataFrame, label: str, look: style.Series, dodge: float) -> None:
    """Median bracket: a bar from lower to upper bound, marked at the upper."""
    ends = rows.groupby("n", sort=True)[["lower", "upper"]].median().astype(float)
    ends = ends[np.isfinite(ends["upper"]) & (ends["lower"] > 0)]
    if ends.empty:
        return
    x = ends.index.to_numpy(float) * dodge
    ax.vlines(x, ends["lower"], ends["upper"], color=look.colour, linewidth=1.6)
    ax.plot(x, ends["upper"], label=label, **look.both())


def _dense(ax: Axes, accuracy: float) -> None:
    if np.isfinite(accuracy):
        ax.axhline(accuracy, color=style.REFERENCE, linewidth=0.9, label=data.name_of("dense"))


def _dodge(part: pd.DataFrame, place: float) -> float:
    sizes = np.unique(part["n"].to_numpy(float))
    step = 1.25 if len(sizes) == 1 else float((sizes[1:] / sizes[:-1]).min())
    return float(step ** (0.05 * place))


def _fractions(ax: Axes, part: pd.DataFrame) -> None:
    """A log axis of kept fractions, labelled in per cent at those asked for."""
    ax.set_xscale("log")
    asked = np.unique(part["asked"].to_numpy(float))
    shown = asked[np.unique(np.linspace(0, len(asked) - 1, min(len(asked), 6)).round().astype(int))]
    ax.set_xticks(shown)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


def _measured(table: pd.DataFrame, trained: bool, early: bool) -> list[str]:
    """Arms whose weights are trained, or not, and that have accuracies early or at the end."""
    return data.arms_of(table[table[data.column(early)].notna()], trained)


def _labels(axes: list[Axes], xlabel: str, ylabel: str, columns: int) -> None:
    for index, ax in enumerate(axes):
        if index >= len(axes) - columns:
            ax.set_xlabel(xlabel)
        if index % columns == 0:
            ax.set_ylabel(ylabel)
