"""Share of the instances that hit every target, against n: observed, predicted, fitted."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.intervals import clopper_pearson
from slth.studies.printing import series, style, ticks
from slth.studies.quantised.claims import Frames, read
from slth.studies.quantised.fitting import CONFIDENCE, Form, even, fit, point

FIGURES = ("quantised",)
EDGE = 0.02  # shares nearer to 0 and 1 are left out
DASHED = (0, (3, 1.5))
AFTER = 2  # candidates that the curves go on after the last point


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figure of coverings."""
    return {"quantised": quantised_figure(*read(frames))}


@style.styled
def quantised_figure(frame: pd.DataFrame, law: pd.DataFrame) -> Figure:
    """A panel a dimension, a colour for each M: shares, prediction, the form fitted to each d."""
    if frame.empty:
        return style.empty("No coverings by integer candidates in this run.")
    groups = list(frame.groupby("d", sort=True))
    figure, axes = style.panels(len(groups), height=1.9)
    looks = style.looks(sorted(frame["M"].unique()))
    for ax, (d, part) in zip(axes, groups, strict=True):
        own = law[law["d"] == d]
        ends: list[int] = []
        for M, one in part.groupby("M", sort=True):
            look, known = looks[M], own[own["M"] == M].sort_values("n")
            shown = shares(one)
            series.intervals(ax, shown, "n", "share", ("low", "high"), look)
            ends += [int(shown["n"].min()), int(shown["n"].max()) + AFTER]
            some = known[known["n"] <= ends[-1]]
            ax.plot(some["n"], some["chance"], color=look.colour)
        upper = [(even(own[own["M"] == M]), one) for M, one in part.groupby("M", sort=True)]
        upper = [(size, one) for size, one in upper if size]
        points = [point(one, size) for size, one in upper]
        form = fit(points) if points else Form(np.nan, np.nan)
        for (size, one), its in zip(upper, points, strict=True):
            n = np.linspace(size, shares(one)["n"].max() + AFTER, 200)
            ax.plot(n, form.covered(n, its.M), color=looks[its.M].colour, linestyle=DASHED)
        ax.set_title(f"$d = {d}$")
        ticks.size_axis(ax, range(min(ends), max(ends) + 1))
        ticks.rate_axis(ax)
    style.label(axes, "candidates $n$", "every target hit")
    key = {f"$M={M}$": Line2D([], [], **look.points()) for M, look in looks.items()}
    key |= {"predicted": Line2D([], [], color=style.REFERENCE)}
    key |= {"form, one pair": Line2D([], [], color=style.REFERENCE, linestyle=DASHED)}
    series.key_of(figure, key)
    return figure


def shares(part: pd.DataFrame) -> pd.DataFrame:
    """Share of the instances of one d and M that n candidates cover, with exact intervals."""
    sizes = part["size"].to_numpy(int)
    sizes = np.where(sizes > 0, sizes, np.iinfo(int).max)
    rows = []
    for n in range(1, int(part["most"].iloc[0]) + 1):
        hits = int((sizes <= n).sum())
        low, high = clopper_pearson(hits, len(sizes), CONFIDENCE)
        rows.append({"n": n, "share": hits / len(sizes), "low": low, "high": high})
    table = pd.DataFrame(rows)
    inner = table["share"].between(EDGE, 1 - EDGE)
    return table[inner] if inner.any() else table.iloc[-1:]
