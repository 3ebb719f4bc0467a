"""The proof to watch: the covered volume of d = 1, its drift, and the theorem's constant."""

import math
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from slth.studies.atlas.claims_least import printed
from slth.studies.printing import series, style
from slth.studies.printing.formatting import (
    MISSING,
    fixed,
    integer,
    listing,
    number,
    sentence,
    setting,
)

SHOWN = 15  # trajectories drawn, at most
BINS = 10  # of v in the drift


@style.styled
def volume_figure(volume: pd.DataFrame) -> Figure:
    """Covered volume against t, some trajectories and their median; drift against the volume."""
    if volume.empty:
        return style.empty("No covered volumes in this run.")
    own = _first(volume)
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
    axes[0].set(xlabel="candidates $t$", ylabel="covered share $v_t$")
    axes[1].set(xlabel="covered share $v$", ylabel=r"mean of $\Delta v\,/\,v(1-v)$")
    return figure


def volume_macros(volume: pd.DataFrame, covering: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the process and for the constant of the theorem."""
    empty = dict.fromkeys(["AtlasVolumeTrials", "AtlasVolumeEps", "AtlasVolumeEnsemble"], MISSING)
    constant = {"AtlasVolumeConstant": _constant(covering)}
    if volume.empty:
        return empty | constant | {"AtlasVolume": "This run followed no process."}
    own = _first(volume)
    return constant | {
        "AtlasVolumeTrials": integer(own["replicate"].nunique()),
        "AtlasVolumeEps": setting(float(own["eps"].iloc[0])),
        "AtlasVolumeEnsemble": printed(own["ensemble"].iloc[0]),
        "AtlasVolume": _volume(own),
    }


def steps(own: pd.DataFrame) -> pd.DataFrame:
    """Every step of every restricted trajectory: before, after."""
    paths = own.pivot(index="t", columns="replicate", values="restricted").to_numpy()
    return pd.DataFrame({"before": paths[:-1].ravel(), "after": paths[1:].ravel()})


def _first(volume: pd.DataFrame) -> pd.DataFrame:
    """The first (ensemble, n, eps): what the figure shows."""
    key = ["ensemble", "n", "eps"]
    first = volume.iloc[0]
    return volume[(volume[key] == first[key]).all(axis=1)]


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
    half = norm.isf(0.5 * (1 - _confidence(own))) * table["std"] / np.sqrt(table["count"])
    table = table.assign(low=table["mean"] - half, high=table["mean"] + half)
    look = style.looks(["restricted"])["restricted"]
    series.intervals(ax, table, "v", "mean", ("low", "high"), look)
    ax.set(xlim=(-0.03, 1.03), ylim=(0, None))


def _confidence(own: pd.DataFrame) -> float:
    return float(own["confidence"].iloc[0])


def _volume(own: pd.DataFrame) -> str:
    moved, level = steps(own), norm.isf(0.5 * (1 - _confidence(own)))
    parts = []
    small = moved[(moved["before"] > 0) & (moved["before"] < 0.25)]
    large = moved[(moved["before"] > 0.5) & (moved["before"] < 1)]
    for rows, ratio, words in (
        (small, small["after"] / small["before"], "while a quarter is not yet covered, the volume"),
        (large, (1 - large["after"]) / (1 - large["before"]), "past one half, the complement"),
    ):
        if len(rows) < 3:
            continue
        half = level * float(ratio.std()) / math.sqrt(len(rows))
        parts.append(
            f"{words} is multiplied by {fixed(float(ratio.mean()))} per candidate on average "
            f"[{fixed(float(ratio.mean()) - half)}, {fixed(float(ratio.mean()) + half)}]"
        )
    done = own[own["t"] == own["t"].max()]
    full = int((done["restricted"] >= 1 - 1e-12).sum())
    parts.append(
        f"all is covered after {integer(float(done['t'].iloc[0]))} candidates in {integer(full)} "
        f"of {integer(len(done))} samples"
    )
    return sentence("; ".join(parts))


def _constant(covering: pd.DataFrame) -> str:
    """The C below which the bound of ESA 2023 would contradict the medians, in its setting only.

    At 2 eps = low, a lower limit of the median radius, a target is missed with probability one half
    at least: exp(-(n - C ln(1/eps))²/(4n)) >= ½.
    """
    own = covering[covering["ensemble"] == "uniform"] if len(covering) else covering
    own = own[(own["d"] == 1) & (own["low"] > 0) & (own["low"] < 1)] if len(own) else own
    if own.empty:
        return "This run has no sample of uniform candidates in one dimension to compare it with."
    n, eps = own["n"].to_numpy(float), own["low"].to_numpy(float) / 2
    needed = (n - np.sqrt(4 * n * math.log(2))) / np.log(1 / eps)
    sizes = listing(f"${value:g}$" for value in sorted(set(n)))
    return sentence(
        f"the covering radii of uniform candidates ($n$ of {sizes}) rule out constants $C$ below "
        f"{number(float(needed.max()))}, and the medians themselves are reached at "
        f"$n/\\ln(1/\\varepsilon)$ of {number(float((n / np.log(1 / eps)).min()))} to "
        f"{number(float((n / np.log(1 / eps)).max()))}"
    )
