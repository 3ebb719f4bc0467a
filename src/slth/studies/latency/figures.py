"""Time against kept weights."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from slth.studies.latency.data import FORMS, batches_of
from slth.studies.printing import series, style, ticks

FIGURES = ("latencies",)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Time against kept weights, a panel per batch on one thread."""
    return {"latencies": _figure(frames["latency"])}


@style.styled
def _figure(frame: pd.DataFrame) -> Figure:
    batches = batches_of(frame)
    if not batches:
        return style.empty("No latency was measured.")
    figure, axes = style.panels(len(batches), height=2.0, columns=2)
    threads, looks = int(frame["threads"].min()), style.looks(FORMS)
    for ax, batch in zip(axes, batches, strict=True):
        table = frame[(frame["batch"] == batch) & (frame["threads"] == threads)].sort_values("kept")
        series.guide(ax, 1.0, "dense")
        for form, words in FORMS.items():
            part, look = table[table["form"] == form], looks[form]
            series.intervals(
                ax, part, "kept", "ratio", ("low", "high"), look, label=words, linestyle=look.line
            )
        ax.set_title(f"batch {batch}, {threads} thread" + ("s" if threads > 1 else ""))
        ticks.size_axis(ax, table.loc[table["form"].isin(list(FORMS)), "kept"], log=True)
    ticks.log_axes(axes)
    style.label(axes, "share of weights kept", "time over dense")
    series.key(figure, axes)
    return figure
