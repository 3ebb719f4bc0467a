"""Integer candidates in the atlas: rates of success on and off their lattice, and the sentences."""

import pandas as pd
from matplotlib.figure import Figure

from slth.intervals import SIGNIFICANCE, excess_of_misses
from slth.studies.atlas.claims_least import printed
from slth.studies.printing import series, style, ticks
from slth.studies.printing.formatting import MISSING, count, fixed, integer, number, sentence, span

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
            f"{integer(inside.sum())} of {count(len(own), 'rate')}, {verdict}. The mean absolute "
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
