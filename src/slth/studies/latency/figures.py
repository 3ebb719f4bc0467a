"""Time against kept weights."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.studies.latency.data import FORMS, batches_of
from slth.studies.printing import style

FIGURES = ("latencies",)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Time against kept weights, a panel for each batch on one thread."""
    return {"latencies": _figure(frames["latency"])}


@style.styled
def _figure(frame: pd.DataFrame) -> Figure:
    batches = batches_of(frame)
    if not batches:
        return style.empty("No latency was measured.")
    figure, axes = style.panels(len(batches), height=2.0, columns=2)
    threads = int(frame["threads"].min())
    for ax, batch in zip(axes, batches, strict=True):
        chosen = frame[(frame["batch"] == batch) & (frame["threads"] == threads)]
        _panel(ax, chosen)
        ax.set_title(f"batch {batch}, {threads} thread" + ("s" if threads > 1 else ""))
        ax.set_xlabel("share of weights kept")
    axes[0].set_ylabel("time over dense")
    style.legend(figure, axes)
    return figure


def _panel(ax: Axes, table: pd.DataFrame) -> None:
    for index, (form, words) in enumerate(FORMS.items()):
        part = table[table["form"] == form].sort_values("kept")
        middle = part["ratio"].to_numpy(float)
        ends = np.abs(part[["low", "high"]].to_numpy(float).T - middle)
        ax.errorbar(part["kept"], middle, ends, label=words, **style.series(index).both())
    ax.axhline(1.0, color=style.REFERENCE, linewidth=0.8, label="dense")
    kept = np.sort(table.loc[table["form"].isin(list(FORMS)), "kept"].unique())
    ax.set_xscale("log")
    ax.set_xticks(kept, [f"{value:g}" for value in kept])
    ax.minorticks_off()
    style.log_axis(ax)
