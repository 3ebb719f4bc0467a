"""Sentences on normally-scaled normal against normal candidates, given their scales."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.intervals import Interval
from slth.studies.atlas import wordings_laws
from slth.studies.atlas.claims_least import mean_ends
from slth.studies.atlas.wordings_laws import Explained
from slth.studies.printing.formatting import (
    MISSING,
    count,
    fixed,
    out_of,
    some_of,
)
from slth.studies.printing.summaries import first
from slth.studies.printing.wordings import any_of, clause, sentence


def scales_macros(scales: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX: whether conditioning on Σ a² explains the shift."""
    return {"AtlasScales": _scales(scales)}


def explained(scales: pd.DataFrame) -> Explained:
    """Whether conditioning explains the shift, by the pooled intervals."""
    if scales.empty:
        return Explained.NOTHING
    raw, given = (_pooled(scales, name) for name in ("raw", "given"))
    if raw.low <= 0 <= raw.high:
        return Explained.NO_SHIFT
    if given.low <= 0 <= given.high:
        return Explained.WHOLLY
    return Explained.PARTLY if given.mean / raw.mean < 1 else Explained.NOT


def _scales(scales: pd.DataFrame) -> str:
    if scales.empty:
        return sentence(explained(scales), wordings_laws.EXPLAINED)
    raw, given = (_pooled(scales, name) for name in ("raw", "given"))
    left = scales[(scales["given_low"] > 0) | (scales["given_high"] < 0)]
    by_d = mean_ends(scales, "given")
    refined, predicted = (
        int(scales[name].between(scales["raw_low"], scales["raw_high"]).sum())
        for name in ("refined", "predicted")
    )
    return sentence(
        explained(scales),
        wordings_laws.EXPLAINED,
        points=count(len(scales), "point"),
        raw=_in_print(raw),
        given=_in_print(given),
        left=out_of(len(left), len(scales), "point"),
        share=fixed(100 * (1 - given.mean / raw.mean), 0) if raw.mean else MISSING,
        by_d=clause(any_of(by_d), wordings_laws.BY_D, **by_d),
        refined=out_of(refined, len(scales), "point"),
        predicted=some_of(predicted, len(scales)) if predicted else "none",
    )


def _pooled(scales: pd.DataFrame, name: str) -> Interval:
    """Mean of independent points, weighted by the inverse squares of their interval's widths."""
    level = float(norm.isf((1 - first(scales, "confidence")) / 2))
    width = (scales[f"{name}_high"] - scales[f"{name}_low"]).to_numpy(float)
    error = np.maximum(width, 1e-12) / (2 * level)
    weight = error**-2.0 / (error**-2.0).sum()
    mean = float(weight @ scales[name].to_numpy(float))
    half = level * float(np.sqrt((weight**2 * error**2).sum()))
    return Interval(mean, mean - half, mean + half)


def _in_print(value: Interval) -> str:
    return f"{fixed(value.mean)} [{fixed(value.low)}, {fixed(value.high)}]"
