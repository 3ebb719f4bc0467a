"""The section on how tight the bracket is: the error sandwich and the peers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from slth.studies.printing import series, style, ticks
from slth.studies.sandwich import data

FIGURES = ("sandwich", "sandwich_pairs")
Frames = Mapping[str, pd.DataFrame]
CURVES = {
    "theorem": "theorem",
    "closed_form": "closed form",
    "differential": "differential",
    "upper": "ours (upper)",
    "lower": "lower",
    "data_error": "data set",
}
SPREAD = {
    name: data.PEERS[name] for name in ("crown", "closed_form", "differential", "zonotope", "upper")
}


def figures(frames: Frames) -> dict[str, Figure]:
    """The sandwich against n, a panel per arm; every bound over the lower one, by distance."""
    frame = frames["sandwich"]
    return {"sandwich": _sandwich(data.rows(frame, "curve")), "sandwich_pairs": _pairs(frame)}


@style.styled
def _sandwich(curve: pd.DataFrame) -> Figure:
    if curve.empty:
        return style.empty("No ticket was bracketed in this run.")
    arms = list(dict.fromkeys(curve["arm"]))
    figure, axes = style.panels(len(arms), height=2.1, columns=2)
    looks = style.BOUNDS
    for ax, arm in zip(axes, arms, strict=True):
        part = curve[curve["arm"] == arm]
        ends = part.groupby("n", sort=True)[["lower", "upper"]].median()
        ends = ends[ends["lower"] > 0]
        shade: dict[str, Any] = {"color": looks["upper"].colour, "alpha": 0.15, "linewidth": 0}
        ax.fill_between(ends.index, ends["lower"], ends["upper"], **shade)
        long = series.long(part, "n", CURVES)
        series.medians(ax, long[long["value"] > 0], "n", looks, CURVES)
        ax.set_title(style.plain(arm))
        ticks.size_axis(ax, part["n"], log=True)
        ticks.log_axis(ax)
    style.label(axes, "$n$", "error")
    series.key(figure, axes)
    return figure


@style.styled
def _pairs(frame: pd.DataFrame) -> Figure:
    pairs = data.rows(frame, "pair")
    pairs = pairs[pairs["lower"] > 0]
    if pairs.empty:
        return style.empty("No random pair was bracketed in this run.")
    depths = sorted(set(pairs["depth"]))
    figure, axes = style.panels(len(depths), height=1.8)
    for ax, depth in zip(axes, depths, strict=True):
        part = series.long(pairs[pairs["depth"] == depth], "eps", SPREAD, over="lower")
        series.medians(ax, part, "eps", style.BOUNDS, SPREAD)
        ax.set_title(f"depth {depth:g}")
        ticks.size_axis(ax, part["eps"], log=True)
    ticks.log_axes(axes)  # one scale: an exact bound is a line at 1
    style.label(axes, r"distance $\varepsilon$", "bound / lower bound")
    series.key(figure, axes)
    return figure
