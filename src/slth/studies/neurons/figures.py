"""Least error of one neuron against the number of random neurons, on both scales."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from slth.studies.neurons.claims import Frames, read
from slth.studies.neurons.laws import Drawn, draws, medians
from slth.studies.printing import series, style, ticks

FIGURES = ("neurons",)
DASHED = (0, (4, 1.5))


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figure of errors."""
    return {"neurons": neurons_figure(read(frames))}


@style.styled
def neurons_figure(frame: pd.DataFrame) -> Figure:
    """Median relative errors with intervals, n linear at the left and logarithmic at the right.

    An exponential is straight at the left, a power at the right; each panel has its own law.
    """
    if frame.empty:
        return style.empty("No networks whose neurons are removed in this run.")
    table, drawn = medians(frame), draws(frame)
    looks = style.looks(sorted(table["inputs"].unique()))
    figure, axes = style.panels(2, height=2.2)
    for ax, log in zip(axes, (False, True), strict=True):
        for p, part in table.groupby("inputs", sort=True):
            look = looks[p]
            series.intervals(ax, part, "n", "median", ("low", "high"), look)
            if int(str(p)) in drawn:
                _line(ax, drawn[int(str(p))], look, log)
        ticks.size_axis(ax, table["n"], log=log)
        ax.set_title("exponentials" if not log else "powers")
    ticks.log_axes(axes)
    style.label(axes, "hidden neurons $n$", "median error / target")
    key = {f"$p={p:g}$": Line2D([], [], **look.points()) for p, look in looks.items()}
    key |= {"fitted": Line2D([], [], color=style.REFERENCE, linestyle=DASHED)}
    series.key_of(figure, key)
    return figure


def _line(ax: Axes, own: Drawn, look: style.Look, log: bool) -> None:
    """The law of the panel through the sizes that it is fitted to."""
    x = np.log(own.sizes) if log else own.sizes
    fit = own.logs[0].mean() - own.fitted(x)[0][0] * (x - x.mean())
    ax.plot(own.sizes, np.exp(fit), color=look.colour, linestyle=DASHED)
