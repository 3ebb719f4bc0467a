"""The entropy law of subsets of one size: figure and sentences."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from slth.studies.atlas.claims_least import printed
from slth.studies.printing import series, style
from slth.studies.printing.formatting import MISSING, fixed, integer, listing, sentence

MEDIAN = -np.log2(np.log(2))  # the law has λ = 1; half of the instances hit where λ = ln 2


@style.styled
def entropy_figure(entropy: pd.DataFrame) -> Figure:
    """Bits that least errors took against log2 C(n, k), and how far they are from the law."""
    if entropy.empty:
        return style.empty("No least errors of one size in this run.")
    own = entropy[entropy["ensemble"] == entropy["ensemble"].iloc[0]]
    figure, axes = style.panels(2, height=2.0, columns=2)
    ends = np.array([own["log_subsets"].min(), own["log_subsets"].max()])
    law: dict[str, Any] = {"color": style.REFERENCE, "linewidth": 0.9}
    axes[0].plot(ends, ends + MEDIAN, **law, label="law")
    axes[1].axhline(MEDIAN, **law)
    columns = ["bits", "bits_low", "bits_high"]
    beyond = own.assign(**{name: own[name] - own["log_subsets"] for name in columns})
    for ax, table in zip(axes, (own, beyond), strict=True):
        for (d, part), look in zip(
            table.groupby("d", sort=True), style.looks(set(own["d"])).values(), strict=True
        ):
            words = {"label": f"$d = {d:g}$"}
            series.intervals(
                ax, part, "log_subsets", "bits", ("bits_low", "bits_high"), look, **words
            )
        ax.set_xlabel(r"$\log_2\binom{n}{k}$")
    axes[0].set_ylabel("bits taken")
    axes[1].set_ylabel(r"bits less $\log_2\binom{n}{k}$")
    series.key(figure, axes)
    return figure


def entropy_macros(entropy: pd.DataFrame, slopes: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the slope of the entropy law."""
    if entropy.empty or slopes.empty:
        return {"AtlasEntropySizes": MISSING, "AtlasEntropy": "This run fits no entropy law."}
    n = sorted(set(entropy["n"]))
    return {
        "AtlasEntropySizes": f"{integer(n[0])} to {integer(n[-1])}",
        "AtlasEntropy": _words(slopes),
    }


def _words(slopes: pd.DataFrame) -> str:
    values = listing(
        f"{fixed(row['slope'], 3)} [{fixed(row['slope_low'], 3)}, {fixed(row['slope_high'], 3)}] "
        f"for {printed(row['ensemble'])} candidates at $d = {row['d']:g}$ "
        f"({integer(row['points'])} sizes, mean offset {fixed(row['offset'])} bits)"
        for row in slopes.to_dict("records")
    )
    near = (slopes["offset_low"] <= MEDIAN) & (slopes["offset_high"] >= MEDIAN)
    offset = sentence(
        f"the offset of a median, $-\\log_2\\ln2 = {MEDIAN:.2f}$ bits, lies inside the interval "
        f"of the mean offset at {integer(near.sum())} of {integer(len(slopes))} fits"
    )
    inside = (slopes["slope_low"] <= 1) & (slopes["slope_high"] >= 1)
    off = listing(
        f"$d = {row['d']:g}$ ({printed(row['ensemble'])})"
        for row in slopes[~inside].to_dict("records")
    )
    verdict = (
        "the law's slope of one lies inside every interval"
        if inside.all()
        else f"the law's slope of one lies outside the interval at {off}"
    )
    return f"{sentence(f'the slopes are {values}')} {sentence(verdict)} {offset}"
