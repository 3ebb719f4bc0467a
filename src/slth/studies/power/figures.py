"""Error of the beam against n, beside what exists."""

from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.power.claims import Frames
from slth.studies.power.exponents import COLUMNS, medians
from slth.studies.printing import series, style, ticks
from slth.studies.printing.existence import existence_limit
from slth.studies.printing.summaries import complete

FIGURES = ("power",)
LAWS = {"nsn": "nsn", "normal": "normal"}  # in the key
FLOOR = 3.0  # the limit is drawn down to the least median over this


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figure of errors."""
    return {"power": power_figure(medians(complete("power", frames["power"], COLUMNS)))}


@style.styled
def power_figure(table: pd.DataFrame) -> Figure:
    """Median error against n by ensemble and width, with intervals, and ε*; a panel per d."""
    if table.empty:
        return style.empty("No errors of the beam in this run.")
    groups = list(table.sort_values("n").groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=2.2)
    looks = _looks(table)
    least = float(table["median"].min()) / FLOOR
    for ax, (d, part) in zip(axes, groups, strict=True):
        n = np.geomspace(part["n"].min(), part["n"].max(), 300)
        limit = existence_limit(n, np.full_like(n, float(str(d))))
        shown = limit > least
        ax.plot(n[shown], limit[shown], color=style.REFERENCE, linewidth=1.0)
        empty = part.groupby("n")["empty"].median()
        ax.plot(empty.index, empty, color=style.REFERENCE, linewidth=0.8, linestyle=":")
        for (ensemble, width), look in looks.items():
            own = part[(part["ensemble"] == ensemble) & (part["width"] == width)]
            drawn = {"linestyle": look.line}
            series.intervals(ax, own, "n", "median", ("low", "high"), look, **drawn)
        ax.set_title(f"$d = {d:g}$")
        ticks.size_axis(ax, part["n"], log=True)
    ticks.log_axes(axes)
    style.label(axes, "candidates $n$", "median error")
    key = {f"{LAWS[e]}, $L={w}$": look.handle() for (e, w), look in looks.items()}
    key |= {r"$\varepsilon^\ast(n,d)$": Line2D([], [], color=style.REFERENCE)}
    key |= {"empty subset": Line2D([], [], color=style.REFERENCE, linestyle=":")}
    series.key_of(figure, key)
    return figure


def _looks(table: pd.DataFrame) -> dict[tuple[str, int], style.Look]:
    """A colour and marker per width; normal candidates hollow and dashed."""
    own = style.looks(sorted(table["width"].unique()))
    laws = [name for name in LAWS if (table["ensemble"] == name).any()]
    return {
        (law, width): replace(look, dash="" if law == "nsn" else (5, 1.6), hollow=law != "nsn")
        for law in laws
        for width, look in own.items()
    }
