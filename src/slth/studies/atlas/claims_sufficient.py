"""Sentences on sizes at a tolerance: first moment, prediction, certificate and theorem."""

import math

import numpy as np
import pandas as pd

from slth.studies.atlas import wordings_laws
from slth.studies.atlas.claims_covering import REFERENCE
from slth.studies.atlas.claims_least import printed
from slth.studies.atlas.wordings_laws import Sizes
from slth.studies.printing.formatting import count, escape, fixed, listing
from slth.studies.printing.wordings import sentence
from slth.theory.published import PUBLISHED

CITED = {"dacunha2023": "dacunha2023polynomially"}  # recalled statements: keys of the references


def sufficient_macros(sufficient: pd.DataFrame, least: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX: how far sufficient sizes are from the observed ones."""
    recalled = {key: s for key, s in PUBLISHED.items() if s.confidence == "memory"}
    words = [s.setting.replace("nsn", f"{printed('nsn')} candidates") for s in recalled.values()]
    names = listing(
        wordings_laws.RECALLED.format(source=f"\\citealp{{{CITED[key]}}}", setting=escape(setting))
        for key, setting in zip(recalled, words, strict=True)
    )
    return {"AtlasSufficient": _excess(with_observed(sufficient, least)), "AtlasRecalled": names}


def with_observed(sufficient: pd.DataFrame, least: pd.DataFrame) -> pd.DataFrame:
    """The rows of sufficient sizes with what `observed_size` says: said, seen, and its ends."""
    rows = sufficient.to_dict("records") if len(sufficient) else []
    sizes = [observed_size(least, int(row["d"]), float(row["eps"])) for row in rows]
    names = ["said", "seen", "seen_low", "seen_high"]
    return sufficient.reset_index(drop=True).join(pd.DataFrame(sizes, columns=names, dtype=float))


def observed_size(least: pd.DataFrame, d: int, eps: float) -> tuple[float, float, float, float]:
    """n_50(d, eps) of normal candidates: predicted, observed, and the ends of its interval.

    Log medians, predicted or not, and the ends of their intervals are joined by straight lines
    between the sizes that were run; nan beyond them.
    """
    own = least[(least["ensemble"] == REFERENCE) & (least["d"] == d)] if len(least) else least
    own = own[own["median"] > 0].sort_values("n") if len(own) else own
    if len(own) < 2:
        return math.nan, math.nan, math.nan, math.nan
    n = own["n"].to_numpy(float)
    said, middle, low, high = (
        _crossing(n, np.log2(own[name].to_numpy(float)), math.log2(eps))
        for name in ("prediction", "median", "low", "high")
    )
    return said, middle, low, high


def _crossing(n: np.ndarray, logs: np.ndarray, level: float) -> float:
    logs = np.minimum.accumulate(logs)
    if not np.isfinite(logs).all() or not logs[-1] <= level <= logs[0]:
        return math.nan
    return float(np.interp(-level, -logs, n))


def sizes(table: pd.DataFrame) -> Sizes:
    """Whether a size was observed, and predicted, at a tolerance; table: `with_observed`."""
    if table.empty:
        return Sizes.NOTHING
    known = table[["said", "seen"]].notna().all(axis=1)
    return Sizes.SOME_OBSERVED if known.any() else Sizes.NONE_OBSERVED


def _excess(table: pd.DataFrame) -> str:
    if sizes(table) is not Sizes.SOME_OBSERVED:
        return sentence(sizes(table), wordings_laws.SUFFICIENT)
    known = table.dropna(subset=["said", "seen"])
    more, times = known["certified"] - known["seen"], known["becchetti"] / known["seen"]
    first, ours = ((known[name] - known["seen"]).abs().mean() for name in ("annealed", "said"))
    return sentence(
        sizes(table),
        wordings_laws.SUFFICIENT,
        settings=count(len(known), "setting"),
        first=fixed(first),
        ours=fixed(ours),
        fewest=fixed(more.min(), 1),
        most=fixed(more.max(), 1),
        least=fixed(times.min(), 1),
        largest=fixed(times.max(), 1),
    )
