"""The section on how tight the bracket is: the error sandwich, the peers, the goals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.printing import style
from slth.studies.sandwich import data

FIGURES = ("sandwich", "sandwich_pairs")
Frames = Mapping[str, pd.DataFrame]
_CURVES = (  # column, label, series; the bracket itself is a bar
    ("theorem", "theorem", 3),
    ("closed_form", "closed form", 1),
    ("differential", "differential", 2),
)
_SPREAD = (("crown", 3), ("closed_form", 1), ("differential", 2), ("upper", 0))


def figures(frames: Frames) -> dict[str, Figure]:
    """The sandwich against n, an arm a panel; every bound over the lower one, by distance."""
    frame = frames["sandwich"]
    return {"sandwich": _sandwich(data.rows(frame, "curve")), "sandwich_pairs": _pairs(frame)}


@style.styled
def _sandwich(curve: pd.DataFrame) -> Figure:
    if curve.empty:
        return style.empty("No ticket was bracketed in this run.")
    arms = list(dict.fromkeys(curve["arm"]))
    figure, axes = style.panels(len(arms), height=1.9, columns=2)
    for ax, arm in zip(axes, arms, strict=True):
        part = curve[curve["arm"] == arm]
        for column, label, index in _CURVES:
            _line(ax, part, column, label, style.series(index).both())
        ends = part.groupby("n", sort=True)[["lower", "upper"]].median()
        look = style.series(0)
        ends = ends[ends["lower"] > 0]
        ax.fill_between(
            ends.index,
            ends["lower"],
            ends["upper"],
            color=look.colour,
            alpha=0.18,
            linewidth=0,
            label="bracket",
        )
        _line(ax, part, "upper", "ours (upper)", look.both())
        _line(ax, part, "lower", "lower", {"color": look.colour, "marker": "v", "linestyle": ":"})
        grey = {"color": style.REFERENCE, "marker": "x", "linestyle": "-", "linewidth": 0.8}
        _line(ax, part, "data_error", "data set", grey)
        ax.set_title(style.plain(arm))
        style.size_axis(ax, part["n"].to_numpy(float))
        style.log_axis(ax)
    for ax in axes[-2:]:
        ax.set_xlabel("$n$")
    for ax in axes[::2]:
        ax.set_ylabel("error")
    style.legend(figure, axes)
    return figure


def _line(ax: Axes, part: pd.DataFrame, column: str, label: str, look: dict[str, Any]) -> None:
    shown = part.groupby("n", sort=True)[column].median()
    shown = shown[np.isfinite(shown) & (shown > 0)]
    if not shown.empty:
        ax.plot(shown.index.to_numpy(float), shown.to_numpy(), label=label, **look)


@style.styled
def _pairs(frame: pd.DataFrame) -> Figure:
    pairs = data.rows(frame, "pair")
    if pairs.empty:
        return style.empty("No random pair was bracketed in this run.")
    depths = sorted(set(pairs["depth"]))
    figure, axes = style.panels(len(depths), height=1.8)
    for ax, depth in zip(axes, depths, strict=True):
        part = pairs[pairs["depth"] == depth]
        for column, index in _SPREAD:
            kept = part[part["lower"] > 0]
            over = kept.assign(ratio=kept[column] / kept["lower"])
            label = data.PEERS[column].replace("$f-g$", "f − g")
            _line(ax, over.assign(n=over["eps"]), "ratio", label, style.series(index).both())
        ax.set_title(f"depth {depth:g}")
        ax.set_xscale("log")
        ax.set_xlabel(r"distance $\varepsilon$")
    top = max([10.0, *(ax.get_ylim()[1] for ax in axes)])
    for ax in axes:  # one scale: an exact bound is a line at 1
        ax.set_ylim(0.7, 3 * top)
        style.log_axis(ax)
    axes[0].set_ylabel("bound / lower bound")
    style.legend(figure, axes)
    return figure
