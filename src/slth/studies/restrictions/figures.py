"""The ratios of errors, variant by variant."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from slth.studies.printing import style
from slth.studies.restrictions.ratios import BASE, NAMES, ratio, variants

FIGURES = ("restriction_ratios",)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The ratios of every variant, seed by seed, with their intervals."""
    return {"restriction_ratios": _ratios(frames["restrictions"])}


@style.styled
def _ratios(frame: pd.DataFrame) -> Figure:
    names = [name for name in variants(frame) if name != BASE]
    if not names:
        return style.empty("No restriction was lifted in this run.")
    figure, (ax,) = style.panels(1, height=0.28 * len(names) + 0.5, columns=1)
    looks = {
        "relative": ("relative error at the same inputs", 0.16),
        "upper": ("upper bound", -0.16),
    }
    for index, (column, (words, shift)) in enumerate(looks.items()):
        look = style.series(index)
        for place, name in enumerate(names):
            r = ratio(frame, name, column)
            y = len(names) - 1 - place + shift
            ax.plot(r.values, [y] * len(r.values), alpha=0.35, markersize=2.6, **look.points())
            ax.plot([r.mean], [y], label=words if not place else None, **look.points())
            if np.isfinite(r.low):
                ax.plot([r.low, r.high], [y, y], color=look.colour, linewidth=1.1)
    ax.axvline(1.0, color=style.REFERENCE, linewidth=0.8)
    style.wide_axis(ax)
    ax.set_yticks(range(len(names)), [NAMES[name][0] for name in reversed(names)])
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlabel("error over that of the base case, same seed")
    style.legend(figure, [ax])
    return figure
