"""The sup-norm error against depth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.depth.claims import Frames
from slth.studies.printing import style
from slth.studies.printing.summaries import quartiles

FIGURES = ("depth",)
LINES = {
    "theorem": "theorem's bound",
    "layer_sum": "sum of the layers' errors",
    "upper": "certified upper bound",
    "lower": "certified lower bound",
}


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figure of error against depth."""
    return {"depth": depth_figure(frames["depth"])}


@style.styled
def depth_figure(depth: pd.DataFrame) -> Figure:
    """Bracket, sum of the layers' errors and theorem's bound against depth; a panel a kind."""
    if depth.empty:
        return style.empty("No error against depth in this run.")
    kinds = list(dict.fromkeys(depth["kind"]))
    figure, axes = style.panels(len(kinds), height=2.0, columns=2)
    for ax, kind in zip(axes, kinds, strict=True):
        part = depth[depth["kind"] == kind]
        for index, (column, label) in enumerate(LINES.items()):
            _line(ax, part, column, label, index)
        ax.set_title(f"{style.plain(kind)} kernels")
        ax.set_xlabel("hidden layers of the target")
        style.integer_axis(ax)
    low = min(ax.get_ylim()[0] for ax in axes)
    high = max(ax.get_ylim()[1] for ax in axes)
    for ax in axes:
        ax.set_ylim(low, high)
        style.log_axis(ax)
    axes[0].set_ylabel("sup-norm error")
    style.legend(figure, axes)
    return figure


def _line(ax: Axes, part: pd.DataFrame, column: str, label: str, index: int) -> None:
    rows = quartiles(part, column, by="layers")
    rows = rows[rows["low"] > 0]
    x, median = rows["layers"].to_numpy(float) + 0.06 * (index - 1.5), rows["median"].to_numpy()
    spread = np.abs(rows[["low", "high"]].to_numpy(float).T - median)
    ax.errorbar(x, median, yerr=spread, elinewidth=0.8, label=label, **style.series(index).both())
    ax.set_yscale("log")
