"""Sentences on the proof to watch: the covered volume of d = 1, and the theorem's constant."""

import math

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.studies.atlas import wordings_laws
from slth.studies.atlas.claims_least import ensembles
from slth.studies.printing.formatting import (
    MISSING,
    count,
    counts,
    fixed,
    listing,
    number,
    out_of,
    setting,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import any_of, clause, sentence

VOLUME = ["ensemble", "n", "eps", "replicate", "t", "restricted", "confidence"]


def volume_macros(volume: pd.DataFrame, covering: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the process and for the constant of the theorem."""
    own = shown(complete("atlas_volume", volume, VOLUME))
    trials = own["replicate"].nunique()
    return {
        "AtlasVolumeTrials": counts([trials] if trials else [], "sample"),
        "AtlasVolumeEps": setting(first(own, "eps")) if trials else MISSING,
        "AtlasVolumeEnsemble": ensembles(own) if trials else MISSING,
        "AtlasVolume": _volume(own),
        "AtlasVolumeConstant": _constant(covering),
    }


def shown(volume: pd.DataFrame) -> pd.DataFrame:
    """The first (ensemble, n, eps): what the figure and the sentences are about."""
    key = ["ensemble", "n", "eps"]
    return volume[(volume[key] == volume[key].iloc[0]).all(axis=1)] if len(volume) else volume


def steps(own: pd.DataFrame) -> pd.DataFrame:
    """Every step of every restricted trajectory: before, after."""
    paths = own.pivot(index="t", columns="replicate", values="restricted").to_numpy()
    return pd.DataFrame({"before": paths[:-1].ravel(), "after": paths[1:].ravel()})


def normal_quantile(own: pd.DataFrame) -> float:
    """Standard errors to either side in an interval of the table's confidence."""
    return float(norm.isf(0.5 * (1 - first(own, "confidence"))))


def _volume(own: pd.DataFrame) -> str:
    if own.empty:
        return sentence(any_of(own), wordings_laws.VOLUME)
    moved = steps(own)
    small = moved[(moved["before"] > 0) & (moved["before"] < 0.25)]
    large = moved[(moved["before"] > 0.5) & (moved["before"] < 1)]
    early = _factors(small["after"] / small["before"], normal_quantile(own))
    late = _factors((1 - large["after"]) / (1 - large["before"]), normal_quantile(own))
    done = own[own["t"] == own["t"].max()]
    return sentence(
        any_of(own),
        wordings_laws.VOLUME,
        early=clause(any_of(early), wordings_laws.EARLY, **early),
        late=clause(any_of(late), wordings_laws.LATE, **late),
        t=count(int(first(done, "t")), "candidate"),
        full=out_of(int((done["restricted"] >= 1 - 1e-12).sum()), len(done), "sample"),
    )


def _factors(ratio: pd.Series, level: float) -> dict[str, str]:
    """Mean of the factors of at least three steps, with its interval, in print."""
    if len(ratio) < 3:
        return {}
    mean, half = float(ratio.mean()), level * float(ratio.std()) / math.sqrt(len(ratio))
    return {"mean": fixed(mean), "low": fixed(mean - half), "high": fixed(mean + half)}


def _constant(covering: pd.DataFrame) -> str:
    """The C below which the bound of ESA 2023 would contradict the medians, in its setting only.

    At 2 eps = low, a lower limit of the median radius, a target is missed with probability one half
    at least: exp(-(n - C ln(1/eps))²/(4n)) >= ½.
    """
    own = complete("atlas_covering", covering, ["ensemble", "d", "n", "low"])
    own = own[
        (own["ensemble"] == "uniform") & (own["d"] == 1) & own["low"].between(0, 1, "neither")
    ]
    n, eps = own["n"].to_numpy(float), own["low"].to_numpy(float) / 2
    needed, observed = (n - np.sqrt(4 * n * math.log(2))) / np.log(1 / eps), n / np.log(1 / eps)
    return sentence(
        any_of(own),
        wordings_laws.THEOREM,
        sizes=listing(f"${value:g}$" for value in sorted(set(n))),
        least=number(np.max(needed, initial=-np.inf)),
        low=number(np.min(observed, initial=np.inf)),
        high=number(np.max(observed, initial=-np.inf)),
    )
