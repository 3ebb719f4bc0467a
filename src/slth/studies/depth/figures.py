"""The sup-norm error against depth."""

import pandas as pd
from matplotlib.figure import Figure

from slth.studies.depth.claims import Frames
from slth.studies.printing import series, style, ticks

FIGURES = ("depth",)
LINES = {
    "theorem": "theorem's bound",
    "layer_sum": "sum of the layers",
    "upper": "certified upper",
    "lower": "certified lower",
}


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figure of error against depth."""
    return {"depth": depth_figure(frames["depth"])}


@style.styled
def depth_figure(depth: pd.DataFrame) -> Figure:
    """Bracket, sum of the layers' errors and theorem's bound against depth; a panel per kind."""
    if depth.empty:
        return style.empty("No error against depth in this run.")
    kinds = list(dict.fromkeys(depth["kind"]))
    figure, axes = style.panels(len(kinds), height=2.0, columns=2)
    for ax, kind in zip(axes, kinds, strict=True):
        if ax is not axes[0]:
            ax.sharey(axes[0])
        own = depth[depth["kind"] == kind]
        scaled = own.assign(**{name: own[name] / own["size_low"] for name in LINES})
        part = series.long(scaled, "layers", LINES)
        series.medians(ax, part[part["value"] > 0], "layers", style.BOUNDS, LINES)
        ax.set_title(f"{style.plain(kind)} kernels")
        ticks.size_axis(ax, part["layers"])
    ticks.log_axes(axes)
    style.label(axes, "hidden layers of the target", r"sup-norm error over $\sup|f|$")
    series.key(figure, axes)
    return figure
