"""Integer candidates in the atlas: rates of success on and off their lattice."""

import pandas as pd
from matplotlib.figure import Figure

from slth.studies.atlas.claims_least import printed
from slth.studies.printing import series, style, ticks

TARGETS = {"on": "integer targets", "off": "real targets"}


@style.styled
def lattice_figure(lattice: pd.DataFrame) -> Figure:
    """Success against n, a panel per ensemble and d, a series per kind of target and tolerance."""
    if lattice.empty:
        return style.empty("No integer candidates in this run.")
    lattice = lattice.sort_values("n")
    kinds = sorted(set(zip(lattice["aimed"], lattice["eps"], strict=True)), reverse=True)
    looks = style.looks(kinds)
    groups = list(lattice.groupby(["ensemble", "d"], sort=True))
    figure, axes = style.panels(len(groups), height=1.7)
    for ax, ((ensemble, d), part) in zip(axes, groups, strict=True):
        for place, (aimed, eps) in enumerate(kinds):
            own, look = part[(part["aimed"] == aimed) & (part["eps"] == eps)], looks[aimed, eps]
            words = rf"{TARGETS[str(aimed)]}, $\varepsilon={eps:g}$"
            ax.plot(own["n"], own["prediction"], **look.stroke())
            moved = own.assign(n=own["n"] + series.aside(part["n"], place, len(kinds)))
            if len(own):
                series.intervals(ax, moved, "n", "rate", ("low", "high"), look, label=words)
        ax.set_title(f"{printed(ensemble)}, $d = {d:g}$")
        ticks.rate_axis(ax)
        ticks.size_axis(ax, part["n"])
    style.label(axes, "candidates $n$", "success probability")
    series.key(figure, axes)
    return figure
