"""Sentences on how far the formula is off by dimension and law, and where a law leaves it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.intervals import SIGNIFICANCE, excess_of_misses
from slth.studies.atlas import wordings, wordings_drift
from slth.studies.atlas.claims_least import LEAST, chi_square, median_scores, printed
from slth.studies.atlas.wordings_drift import Drift
from slth.studies.printing.formatting import all_of, fixed, integer, number, out_of
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import clause, sentence
from slth.theory.quenched import wishart_gain

FACTORED = "nsn"  # the law of vectors with a common factor, for which the formula takes W = 0


@dataclass(frozen=True)
class Tail:
    """A law, and its points from some d on, which all err to one side by more than chance."""

    ensemble: str
    points: pd.DataFrame

    @property
    def d(self) -> float:
        """The least of the dimensions."""
        return float(self.points["d"].min())


def errors(table: pd.DataFrame, prediction: str = "prediction") -> pd.Series:
    """Candidates that the median needs beyond its prediction: d log2(median / prediction)."""
    ratio = (table["median"] / table[prediction]).astype(float)
    return table["d"].astype(float) * ratio.map(np.log2)


def tail(known: pd.DataFrame) -> Tail | None:
    """The law that leaves its prediction most clearly as d grows, or none.

    Of each law the most dimensions, counted from the largest, at which all points err to one side.
    Their scores are summed: two-sided normal test at `SIGNIFICANCE`, Bonferroni over the laws and
    the dimensions from which one can count. A law that errs so from its least d on does not drift.
    """
    found = []
    tried = known.groupby("ensemble")["d"].nunique().sum() if len(known) else 0
    for ensemble, own in known.groupby("ensemble", sort=False):
        points = _one_sided(own)
        scores = median_scores(points, "prediction")
        scores = scores[np.isfinite(scores)]
        if len(points) in (0, len(own)) or scores.empty:
            continue
        p = 2 * norm.sf(abs(scores.sum()) / np.sqrt(len(scores))) * tried
        found.append((float(p), Tail(str(ensemble), points)))
    p, strongest = min(found, key=lambda pair: pair[0], default=(1.0, None))
    return strongest if p < SIGNIFICANCE else None


def _one_sided(own: pd.DataFrame) -> pd.DataFrame:
    sides = np.sign(errors(own))
    kept = own.iloc[:0]
    for d in sorted(set(own["d"]), reverse=True):
        part = own[own["d"] >= d]
        if sides[part.index].nunique() > 1 or (sides[part.index] == 0).any():
            break
        kept = part
    return kept


def drift(known: pd.DataFrame, left: Tail | None) -> Drift:
    """Whether a law leaves its predictions, and to which side."""
    if known.empty:
        return Drift.NOTHING
    if left is None:
        return Drift.NONE
    return Drift.BELOW if errors(left.points).iloc[0] < 0 else Drift.ABOVE


def drift_macros(least: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX: the formula against the medians, by dimension."""
    table = complete("atlas_least", least, LEAST)
    known = table[table["median"].notna()].reset_index(drop=True)
    return {
        "AtlasLeastAgreement": _agreement(known),
        "AtlasLeastTests": _tests(known),
        "AtlasChoice": _choice(known),
        "AtlasMissingGain": _missing_gain(known),
    }


def formula_words(known: pd.DataFrame) -> str:
    """What the abstract says of the formula; known: medians."""
    known = known.reset_index(drop=True)
    left = tail(known)
    return clause(
        drift(known, left),
        wordings_drift.ABSTRACT_FORMULA,
        trials=integer(float(known["trials"].sum())) if len(known) else "",
        last=float(known["d"].max()) if len(known) else 0.0,
        near_d=_near_d(known, left),
        **_sizes(known, left),
    )


def _near_d(known: pd.DataFrame, left: Tail | None) -> float:
    """The largest d before a law drifts."""
    return float(known.loc[known["d"] < left.d, "d"].max()) if left else 0.0


def _sizes(known: pd.DataFrame, left: Tail | None) -> dict[str, str]:
    """The mean error before a law drifts, and the largest from there on."""
    away = errors(known).abs()
    near = away[known["d"] < left.d] if left else away
    far = away[known["d"] >= left.d] if left else away
    return {"near": fixed(float(near.mean()), 2), "most": fixed(float(far.max()), 2)}


def _agreement(known: pd.DataFrame) -> str:
    left = tail(known)
    points = left.points if left else known.iloc[:0]
    far = errors(known).abs()[known["d"] >= left.d] if left else pd.Series(dtype=float)
    return sentence(
        drift(known, left),
        wordings_drift.AGREEMENT,
        d=left.d if left else 0.0,
        near_d=_near_d(known, left),
        far=fixed(float(far.mean()), 2),
        law=printed(left.ensemble) if left else "",
        side=clause(drift(known, left), wordings_drift.SIDE_OF_IT),
        points=all_of(len(points), "point"),
        inside=_inside(known),
        own=_inside(points),
        **_sizes(known, left),
    )


def _inside(points: pd.DataFrame) -> str:
    return out_of(int(points["inside"].astype(bool).sum()), len(points), "point")


def _tests(known: pd.DataFrame) -> str:
    points, words = len(known), []
    for column, (inside, name) in wordings.PREDICTIONS.items() if points else ():
        hits = int(known[inside].sum())
        p = excess_of_misses(points, points - hits, first(known, "confidence"))
        fields = {
            "inside": out_of(hits, points, "point"),
            **chi_square(median_scores(known, column)),
        }
        said = wordings_drift.TEST.format(prediction=name, p=number(p).strip("$"), **fields)
        words.append(said[:1].upper() + said[1:])
    return " ".join(words)


def _choice(known: pd.DataFrame) -> str:
    """Whether the medians bear out W = 0 for vectors with a common factor."""
    own = known[known["ensemble"] == FACTORED].reset_index(drop=True)
    left = tail(known)
    left = left if left and left.ensemble == FACTORED else None
    near = own[own["d"] < left.d] if left else own
    return sentence(
        drift(own, left),
        wordings_drift.CHOICE,
        inside=_inside(near),
        d=left.d if left else 0.0,
        points=all_of(len(left.points) if left else 0, "point"),
    )


def _missing_gain(known: pd.DataFrame) -> str:
    """The errors of vectors with a common factor against the gain that the formula leaves out."""
    own = known[known["ensemble"] == FACTORED].reset_index(drop=True)
    left = tail(known)
    left = left if left and left.ensemble == FACTORED else None
    points = left.points if left else own.iloc[:0]
    mean = float(errors(points).mean()) if len(points) else np.nan
    return sentence(
        drift(own, left),
        wordings_drift.MISSING_GAIN,
        d=left.d if left else 0.0,
        law=printed(FACTORED),
        mean=fixed(mean, 2),
        gain=fixed(-float(gains(points).mean()) if len(points) else np.nan, 2),
    )


def gains(points: pd.DataFrame) -> pd.Series:
    """W/ln 2 of normal entries, in candidates, at each point."""
    pairs = zip(points["n"].astype(float), points["d"].astype(int), strict=True)
    return pd.Series([wishart_gain(n, d) / np.log(2) for n, d in pairs], index=points.index)
