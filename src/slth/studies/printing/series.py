"""Series of figures: medians over replicates, intervals of tables, names at the ends of lines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.printing.style import PANEL_HEIGHT, REFERENCE, Look, Looks

DIRECT = 6  # series named at the ends of their lines, at most; more get a key above
LEADING = 10.5 / (72 * 0.85 * PANEL_HEIGHT)  # of their names, in heights of a panel: 10.5 pt


def long(
    table: pd.DataFrame, x: str, words: Mapping[str, str], over: str | None = None
) -> pd.DataFrame:
    """Columns of ``words`` below each other: ``x``, ``series`` and ``value``, finite ones only.

    over: column that the values are divided by.
    """
    values = table[list(words)].astype(float)
    if over is not None:
        values = values.div(table[over].astype(float), axis=0)
    found = values.assign(**{x: table[x]}).melt(x, var_name="series")
    return found[np.isfinite(found["value"])]


def medians(ax: Axes, table: pd.DataFrame, x: str, looks: Looks, words: Mapping[str, str]) -> None:
    """Medians of ``value`` at each ``x`` joined by lines, one per ``series``; replicates pale.

    words: names in print of the series that are drawn.
    """
    names = [name for name in words if (table["series"] == name).any()]
    table = table[table["series"].isin(names)]
    if table.empty:
        return
    own: dict[str, Any] = {"data": table, "x": x, "y": "value", "hue": "series", "style": "series"}
    own |= {"hue_order": names, "style_order": names, "legend": False, "ax": ax}
    own |= {"palette": {name: looks[name].colour for name in names}}
    own |= {"markers": {name: looks[name].marker for name in names}}
    sns.scatterplot(**own, s=7, alpha=0.35, linewidth=0)
    before = len(ax.lines)
    dashes = {name: looks[name].dash for name in names}
    sns.lineplot(**own, dashes=dashes, estimator="median", errorbar=None)
    for line, name in zip(ax.lines[before:], names, strict=True):
        line.set(label=words[name], **looks[name].both())
    ax.set(xlabel="", ylabel="")


def guide(ax: Axes, height: float, words: str) -> None:
    """A level across the panel, where it is known."""
    if np.isfinite(height):
        ax.axhline(height, color=REFERENCE, linewidth=0.9, label=words)


def intervals(
    ax: Axes,
    table: pd.DataFrame,
    x: str,
    y: str,
    ends: tuple[str, str],
    look: Look,
    **keywords: Any,
) -> None:
    """Points with the intervals of the table: columns ``ends``; none where an end is not finite."""
    middle = table[y].to_numpy(float)
    spread = np.abs(table[list(ends)].to_numpy(float).T - middle)
    spread[~np.isfinite(spread)] = 0
    drawn = look.points() | {"yerr": spread, "elinewidth": 0.9, **keywords}
    ax.errorbar(table[x].to_numpy(float), middle, **drawn)


def aside(values: Sequence[float] | pd.Series, place: int, count: int) -> float:
    """Shift along x of one of ``count`` series that would hide each other."""
    width = float(np.ptp(np.asarray(values, dtype=float))) if len(values) else 0.0
    return 0.02 * (width or 1.0) * (place - (count - 1) / 2)


def key(figure: Figure, axes: list[Axes]) -> None:
    """Name every series once: at the ends of lines in the last panel of a row, or above all.

    At the ends when each of those panels has every series as a line, and they are few.
    """
    found: dict[str, Any] = {}
    for ax in axes:
        for handle, words in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(words, handle)
    if not _ends([ax for ax in axes if _last_of_row(ax, axes)], set(found)) and found:
        key_of(figure, found)


def key_of(figure: Figure, entries: Mapping[str, Any]) -> None:
    """Put this key, words to handles, above the panels, in as many columns as the text takes."""
    widths = [len(words.replace("$", "")) + 10 for words in entries]
    columns = len(widths) if sum(widths) <= 115 else max(1, int(115 / max(widths)))
    columns = -(-len(widths) // -(-len(widths) // columns))  # even rows
    figure.legend(entries.values(), entries, loc="outside upper center", ncols=columns)


def _last_of_row(ax: Axes, axes: list[Axes]) -> bool:
    after = [other.get_subplotspec() for other in axes[axes.index(ax) + 1 :]]
    return not after or (after[0] is not None and after[0].is_first_col())


def _ends(axes: list[Axes], words: set[str]) -> bool:
    """Name the lines of these panels at their ends, and say whether that was possible."""
    named = []
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        lines = [handle[0] if isinstance(handle, tuple) else handle for handle in handles]
        pairs = zip(labels, lines, strict=True)
        named.append({text: line for text, line in pairs if isinstance(line, Line2D)})
    drawn = all(
        line.get_linestyle() != "None" and np.size(line.get_xdata()) > 1
        for own in named
        for line in own.values()
    )
    if len(words) > DIRECT or not drawn or any(set(own) != words for own in named):
        return False
    for ax, own in zip(axes, named, strict=True):
        _name_ends(ax, own)
    return True


def _name_ends(ax: Axes, lines: Mapping[str, Line2D]) -> None:
    """Text at the right of the panel, in the order of the ends and apart, joined to them."""
    to_panel = ax.transData + ax.transAxes.inverted()
    at = {}
    for text, line in lines.items():
        x, y = (float(np.asarray(values, dtype=float)[-1]) for values in line.get_data())
        at[text] = (x if line.get_transform() == ax.transData else ax.get_xlim()[1], y)
    height = {text: float(to_panel.transform(place)[1]) for text, place in at.items()}
    order = sorted(height, key=height.__getitem__)
    places = np.array([height[text] for text in order])
    for _ in range(50):  # neighbours that are too close part by equal shares
        close = np.clip(LEADING - np.diff(places), 0, None) / 2
        places[:-1] -= close
        places[1:] += close
    for text, place in zip(order, places, strict=True):
        ax.annotate(
            text, at[text], (1.05, place), textcoords="axes fraction", va="center", fontsize=8,
            arrowprops={"arrowstyle": "-", "color": lines[text].get_color(), "linewidth": 0.5,
                        "shrinkA": 1, "shrinkB": 2},
        )  # fmt: skip
