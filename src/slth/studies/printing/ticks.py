"""Axes of figures: ticks where the data are."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator


def log_axis(ax: Axes) -> None:
    """A log y axis from tick to tick, labelled at decades, or more places below two of them."""
    log_axes([ax])


def log_axes(axes: Sequence[Axes]) -> None:
    """The same on one scale for all of the panels."""
    ends = np.array([(ax.dataLim.minposy, ax.dataLim.y1) for ax in axes])
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.log10([ends[:, 0].min(), ends[:, 1].max()])
    for ax in axes:
        ax.set_yscale("log")
        ax.yaxis.set_minor_formatter(NullFormatter())
    if not np.isfinite([low, high]).all() or high < low:
        return
    marks = np.log10([1, 2, 5, 10])
    bottom = np.floor(low) + marks[marks <= low - np.floor(low) + 1e-9].max()
    top = np.floor(high) + marks[marks >= high - np.floor(high) - 1e-9].min()
    top = max(top, bottom + marks[1])
    room = 0.03 * (top - bottom)  # for the markers
    for ax in axes:
        ax.set_ylim(10 ** (bottom - room), 10 ** (top + room))
        if top - bottom < 2:
            ax.yaxis.set_major_locator(LogLocator(subs=[1, 2, 5]))
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def size_axis(ax: Axes, values: Iterable[float], log: bool = False) -> None:
    """An x axis labelled at (some of) the sizes that were run, which are its ends."""
    sizes = np.unique(np.asarray(list(values), dtype=float))
    sizes = sizes[np.isfinite(sizes)]
    if log:
        ax.set_xscale("log")
    if not sizes.size:
        return
    places = np.log(sizes) if log else sizes
    width = float(places[-1] - places[0])
    shown = [0]
    for i in range(1, len(sizes)):
        if places[i] - places[shown[-1]] < 0.13 * width:
            continue
        if i == len(sizes) - 1 or places[-1] - places[i] >= 0.13 * width:
            shown.append(i)
    ax.set_xticks(sizes[shown], [f"{size:g}" for size in sizes[shown]])
    ax.xaxis.set_minor_locator(NullLocator())
    room = 0.06 * width if width else 0.5
    ends = np.array([places[0] - room, places[-1] + room])
    ax.set_xlim(*(np.exp(ends) if log else ends))


def rate_axis(ax: Axes, per_cent: bool = False) -> None:
    """A y axis of fractions, from 0 to 1."""
    ax.set_ylim(-0.04, 1.04)
    words = ["0", "", "50", "", "100"] if per_cent else ["0", "", "0.5", "", "1"]
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], words)


def percent_axis(ax: Axes, which: Literal["x", "y"] = "y") -> None:
    """Label an axis, a fraction, in per cent."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def wide_axis(ax: Axes, values: Iterable[float] = ()) -> None:
    """A log x axis about ``values``, or as it is, labelled at decades and, if short, between."""
    ax.set_xscale("log")
    found = np.asarray(list(values), dtype=float)
    if found.size:
        room = (found.max() / found.min()) ** 0.05 if found.max() > found.min() else 1.5
        ax.set_xlim(found.min() / room, found.max() * room)
    low, high = ax.get_xlim()
    subs = [1, 2, 5] if high < 50 * low else [1, 3] if high < 1000 * low else [1]
    ax.xaxis.set_major_locator(LogLocator(subs=subs))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
