"""Integer candidates in the atlas: rates of success on and off their lattice, and the sentences."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slth.intervals import SIGNIFICANCE, excess_of_misses
from slth.studies.atlas.claims_least import printed
from slth.studies.atlas.figures_least import label
from slth.studies.printing import style
from slth.studies.printing.formatting import MISSING, count, fixed, integer, number, sentence, span

TARGETS = {"on": "integer targets", "off": "real targets"}


@style.styled
def lattice_figure(lattice: pd.DataFrame) -> Figure:
    """Success against n, a panel an ensemble and d, a series a kind of target and tolerance."""
    if lattice.empty:
        return style.empty("No integer candidates in this run.")
    series = sorted(set(zip(lattice["aimed"], lattice["eps"], strict=True)), reverse=True)
    groups = list(lattice.groupby(["ensemble", "d"], sort=True))
    figure, axes = style.panels(len(groups), height=1.7)
    for ax, ((ensemble, d), part) in zip(axes, groups, strict=True):
        for index, (aimed, eps) in enumerate(series):
            own = part[(part["aimed"] == aimed) & (part["eps"] == eps)].sort_values("n")
            words = rf"{TARGETS[str(aimed)]}, $\varepsilon={eps:g}$"
            _rates(ax, own, style.series(index), words, 0.12 * (index - 1))
        ax.set_title(f"{printed(ensemble)}, $d = {d:g}$")
        ax.set_ylim(-0.04, 1.04)
        style.integer_axis(ax)
    label(axes, "candidates $n$", "success probability")
    style.legend(figure, axes)
    return figure


def _rates(ax: Axes, own: pd.DataFrame, look: style.Series, words: str, shift: float) -> None:
    if own.empty:
        return
    n, rate = own["n"].to_numpy(float), own["rate"].to_numpy(float)
    spread = np.abs(own[["low", "high"]].to_numpy(float).T - rate)
    ax.errorbar(n + shift, rate, yerr=spread, elinewidth=0.8, label=words, **look.points())
    ax.plot(n, own["prediction"], color=look.colour, linestyle=look.line)


def lattice_macros(lattice: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about integer candidates."""
    if lattice.empty:
        return {
            "AtlasLatticeTrials": MISSING,
            "AtlasLatticeAgreement": "This run drew no integer candidates.",
            "AtlasLatticeTargets": "",
        }
    return {
        "AtlasLatticeTrials": span(lattice["trials"].to_numpy(float)),
        "AtlasLatticeAgreement": _agreement(lattice),
        "AtlasLatticeTargets": _targets(lattice),
    }


def _agreement(lattice: pd.DataFrame) -> str:
    parts = []
    for ensemble, own in lattice.groupby("ensemble", sort=True):
        inside = own["prediction"].between(own["low"], own["high"])
        gap = own["rate"] - own["prediction"]
        p = excess_of_misses(len(own), int((~inside).sum()), float(own["confidence"].iloc[0]))
        verdict = (
            "no more misses than chance explains"
            if p >= SIGNIFICANCE
            else f"more misses than chance explains ($p = {number(p).strip('$')}$)"
        )
        worst = own.iloc[int(gap.abs().to_numpy().argmax())]
        side = "above" if worst["rate"] > worst["prediction"] else "below"
        parts.append(
            f"for {printed(ensemble)} candidates the prediction lies inside the interval at "
            f"{integer(inside.sum())} of {count(len(own), 'rate')}, {verdict}; the mean absolute "
            f"deviation is {fixed(float(gap.abs().mean()), 3)}, and the farthest rate is "
            f"{fixed(abs(worst['rate'] - worst['prediction']))} {side} it, at "
            f"$d = {worst['d']:g}$, $n = {worst['n']:g}$"
        )
    return " ".join(sentence(part) for part in parts)


def _targets(lattice: pd.DataFrame) -> str:
    """Rates at tolerances of both kinds of targets, where the points of the window differ."""
    key = ["ensemble", "d", "n", "eps"]
    both = lattice.pivot_table(index=key, columns="aimed", values=["rate", "prediction"])
    if ("rate", "off") not in both or ("rate", "on") not in both:
        return ""
    both = both.dropna()
    parts = []
    for eps, own in both.groupby(level="eps", sort=True):
        seen, said = (own[name]["on"] - own[name]["off"] for name in ("rate", "prediction"))
        parts.append(
            f"{fixed(float(seen.mean()), 3)} at $\\varepsilon = {eps:g}$ (predicted "
            f"{fixed(float(said.mean()), 3)})"
        )
    return sentence(
        "the mean advantage of integer over real targets in the rate of success is "
        + " and ".join(parts)
    )
