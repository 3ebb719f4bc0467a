"""The ratios of errors, variant by variant."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from slth.intervals import t_interval
from slth.studies.printing import series, style, ticks
from slth.studies.restrictions.ratios import BASE, CONFIDENCE, NAMES, ratio, variants

FIGURES = ("restriction_ratios",)
KINDS = {"relative": "relative error at the same inputs", "upper": "upper bound"}


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The ratios of every variant, seed by seed, with their intervals."""
    return {"restriction_ratios": _ratios(frames["restrictions"])}


@style.styled
def _ratios(frame: pd.DataFrame) -> Figure:
    names = [name for name in variants(frame) if name != BASE]
    rows = [
        (NAMES[name][0], kind, value)
        for name in names
        for kind in KINDS
        for value in ratio(frame, name, kind).values
    ]
    if not rows:
        return style.empty("No restriction was lifted in this run.")
    table = pd.DataFrame(rows, columns=["variant", "kind", "ratio"])
    figure, (ax,) = style.panels(1, height=0.28 * len(names) + 0.5, columns=1)
    looks = style.looks(KINDS)
    own = {"data": table, "x": "ratio", "y": "variant", "hue": "kind", "hue_order": list(KINDS)}
    own |= {"palette": {kind: looks[kind].colour for kind in KINDS}, "ax": ax}
    own |= {"order": [NAMES[name][0] for name in names], "legend": False, "log_scale": True}
    sns.stripplot(**own, dodge=True, jitter=False, size=2.6, alpha=0.4)
    sns.pointplot(  # on a log scale its mean is the geometric one
        **own, dodge=0.4, linestyle="none", markers=[looks[kind].marker for kind in KINDS],
        errorbar=lambda logs: t_interval(np.asarray(logs), CONFIDENCE)[1:], linewidth=1.1,
        markersize=4.5,
    )  # fmt: skip
    ax.axvline(1.0, color=style.REFERENCE, linewidth=0.8)
    ticks.wide_axis(ax)
    ax.set(xlabel="error over that of the base case, same seed", ylabel="")
    series.key_of(figure, {words: looks[kind].handle() for kind, words in KINDS.items()})
    return figure
