"""The covered volume of d = 1 and its drift."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.atlas.claims_volume import normal_quantile, shown, steps
from slth.studies.printing import series, style

SHOWN = 15  # trajectories drawn, at most
BINS = 10  # of v in the drift


@style.styled
def volume_figure(volume: pd.DataFrame) -> Figure:
    """Covered volume against t, some trajectories and their median; drift against the volume."""
    if volume.empty:
        return style.empty("No covered volumes in this run.")
    own = shown(volume)
    figure, axes = style.panels(2, height=2.1, columns=2)
    some = own[own["replicate"].isin(sorted(set(own["replicate"]))[:SHOWN])]
    grey: dict[str, Any] = {"color": style.PALE, "linewidth": 0.6, "legend": False}
    sns.lineplot(some, x="t", y="restricted", units="replicate", estimator=None, ax=axes[0], **grey)
    words = {"restricted": "restricted, median", "free": "all sums, median"}
    middle = own.groupby("t")[list(words)].median()
    for look, (column, name) in zip(style.looks(words).values(), words.items(), strict=True):
        axes[0].plot(middle[column], **look.stroke(), label=name)
    axes[0].legend(fontsize=7.5, loc="lower right")
    _drift(axes[1], own)
    axes[0].set(xlabel="candidates $m$", ylabel="covered share $v_m$")
    axes[1].set(xlabel="covered share $v$", ylabel=r"mean of $\Delta v\,/\,v(1-v)$")
    return figure


def _drift(ax: Axes, own: pd.DataFrame) -> None:
    moved = steps(own)
    moved = moved[(moved["before"] > 0) & (moved["before"] < 1)]
    speed = (moved["after"] - moved["before"]) / (moved["before"] * (1 - moved["before"]))
    group = np.minimum((moved["before"] * BINS).astype(int), BINS - 1)
    found = pd.DataFrame({"v": moved["before"], "speed": speed}).groupby(group)
    table = found.agg(
        v=("v", "mean"), mean=("speed", "mean"), std=("speed", "std"), count=("v", "size")
    )
    table = table[table["count"] > 2]
    half = normal_quantile(own) * table["std"] / np.sqrt(table["count"])
    table = table.assign(low=table["mean"] - half, high=table["mean"] + half)
    look = style.looks(["restricted"])["restricted"]
    series.intervals(ax, table, "v", "mean", ("low", "high"), look)
    ax.set(xlim=(-0.03, 1.03), ylim=(0, None))
