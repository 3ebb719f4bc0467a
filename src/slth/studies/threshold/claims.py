"""What the paper says about success probabilities: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import SIGNIFICANCE, excess_of_misses, residuals
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    MISSING,
    count,
    counts,
    dimensions,
    fixed,
    integer,
    listing,
    number,
    out_of,
    percent,
    setting,
    some_of,
    span,
)
from slth.studies.printing.summaries import first
from slth.studies.printing.wordings import Side, any_of, clause, sentence, side
from slth.studies.threshold import wordings
from slth.studies.threshold.data import observed_rate, points
from slth.studies.threshold.tables import pooled
from slth.studies.threshold.wordings import Agreement, Bias, Law, Refined

USEFUL = 0.1  # mean absolute deviation above which the prediction is called a failure
READS = {"thresholds": "threshold points"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about success probabilities."""
    return threshold_macros(frames["thresholds"])


def threshold_macros(thresholds: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the threshold experiment."""
    table = points(thresholds)
    deviation = _deviation(table)
    names = [titles.ensemble(name) for name in dict.fromkeys(table["ensemble"])]
    return {
        "ThresholdTrials": counts([float(table["trials"].sum())], "instance"),
        "ThresholdTrialsPerPoint": counts(table["trials"], "instance"),
        "ThresholdDims": dimensions(table["d"]),
        "ThresholdEps": listing(setting(eps) for eps in sorted(set(table["eps"]))),
        "ThresholdEnsembles": listing(names),
        "ThresholdConfidence": _confidence(table),
        "ThresholdWorstDeviation": _worst(deviation),
        "ThresholdMeanDeviation": fixed(float(deviation.mean()), 3),
        "ThresholdAgreement": _agreement(table),
        "ThresholdOutside": count(len(_outside(table)), "row"),
        "ThresholdPooled": _pooled(table),
        "ThresholdRefined": _refined(table),
        "ThresholdUnsettled": _unsettled(table),
        "ThresholdAbstract": clause(any_of(table), wordings.ABSTRACT, **_over_all(table)),
        "ThresholdAnswer": _answer(table),
        "ThresholdVerdict": sentence(law(table), wordings.LAW, mean=fixed(float(deviation.mean()))),
    }


def _deviation(table: pd.DataFrame) -> pd.Series:
    return (observed_rate(table) - table["prediction"]).abs()


def _outside(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table["inside"].astype(bool)]


def _excess(table: pd.DataFrame) -> float:
    """P-value of as many points outside if the prediction were exact."""
    return excess_of_misses(len(table), len(_outside(table)), first(table, "confidence"))


def _worst(deviation: pd.Series) -> str:
    return fixed(float(deviation.max()), 3) if deviation.notna().any() else MISSING


def _confidence(table: pd.DataFrame) -> str:
    return listing(percent(value, 0) for value in sorted(set(table["confidence"])))


def agreement(table: pd.DataFrame) -> Agreement:
    """Whether every point is inside its interval, or no fewer than chance alone would leave."""
    if table.empty:
        return Agreement.NOTHING
    if table["inside"].astype(bool).all():
        return Agreement.ALL_INSIDE if len(table) > 1 else Agreement.ONE_INSIDE
    return Agreement.CHANCE if _excess(table) >= SIGNIFICANCE else Agreement.INEXACT


def _agreement(table: pd.DataFrame) -> str:
    outside = _outside(table)
    return sentence(
        agreement(table),
        wordings.AGREEMENT,
        outside=out_of(len(outside), len(table), "grid point"),
        points=integer(len(table)),
        level=_confidence(table),
        chance=number(len(table) * (1 - first(table, "confidence"))),
        p=number(_excess(table)).strip("$") if len(table) else MISSING,
        **_chi_square(table, "prediction"),
    )


def _chi_square(table: pd.DataFrame, prediction: str) -> dict[str, str]:
    """χ² of the rates against a prediction, over its points, and its p-value."""
    found = residuals(scores(table, prediction))
    if not found.points:
        return {"chi2": MISSING, "chi2_p": MISSING}
    return {"chi2": f"{found.chi2:.1f}/{found.points}", "chi2_p": number(found.p).strip("$")}


def scores(table: pd.DataFrame, prediction: str) -> pd.Series:
    """Hits less N p in binomial standard deviations; unknown where N p (1 − p) < 1."""
    trials, p = (table[name].astype(float) for name in ("trials", prediction))
    variance = trials * p * (1 - p)
    return (table["hits"] - trials * p) / np.sqrt(variance.where(variance >= 1))


def bias(table: pd.DataFrame) -> Bias:
    """Whether all hits of some ensemble differ from their prediction; unknown if nothing varies.

    Two-sided normal test at ``SIGNIFICANCE``, Bonferroni over the ensembles.
    """
    scores = np.array([pooled(part)[2] for _, part in table.groupby("ensemble", sort=False)])
    scores = scores[np.isfinite(scores)]
    if not scores.size:
        return Bias.UNKNOWN
    from scipy.stats import norm

    resolved = np.abs(scores) > norm.isf(SIGNIFICANCE / (2 * scores.size))
    return Bias.RESOLVED if resolved.any() else Bias.UNRESOLVED


def _pooled(table: pd.DataFrame) -> str:
    """The sharpest test of a bias: all hits of an ensemble against all the prediction expects."""
    sums = []
    for ensemble, part in table.groupby("ensemble", sort=False):
        hits, expected, score = pooled(part)
        sums.append(
            f"{integer(hits)} hits for {titles.ensemble(ensemble)} candidates, where "
            f"{fixed(expected, 1)} are predicted ({fixed(score, 1)} standard deviations)"
        )
    return sentence(bias(table), wordings.BIAS, sums=listing(sums))


def _refined(table: pd.DataFrame) -> str:
    """Whether the refinement does better on the same points, apart for one dimension."""
    known = table[table["refined"].notna()]
    line = known["d"] == 1
    parts = [(one, known[line == one]) for one in (True, False)]
    said = [_refined_part(one, part) for one, part in parts if len(part)]
    return " ".join(said) or sentence(Refined.NOTHING, wordings.REFINED)


def refined(known: pd.DataFrame) -> Refined:
    """Whether the refinement is nearer to the observed rates on average."""
    if known.empty:
        return Refined.NOTHING
    rate = observed_rate(known)
    before, after = (float((rate - known[c]).abs().mean()) for c in ("prediction", "refined"))
    return Refined.BETTER if after < before else Refined.NO_BETTER


def _refined_part(line: bool, known: pd.DataFrame) -> str:
    """The refinement in one dimension, or in several."""
    rate = observed_rate(known)
    before, after = (float((rate - known[c]).abs().mean()) for c in ("prediction", "refined"))
    return sentence(
        refined(known),
        wordings.REFINED,
        where=wordings.WHERE[line],
        **_chi_square(known, "refined"),
        inside=out_of(int(known["refined_inside"].astype(bool).sum()), len(known), "grid point"),
        simple=some_of(int(known["inside"].astype(bool).sum()), len(known)),
        after=fixed(after, 3),
        before=fixed(before, 3),
    )


def _unsettled(table: pd.DataFrame) -> str:
    left = table["unsettled"].fillna(0).astype(float)
    return sentence(any_of(left[left > 0]), wordings.UNSETTLED, left=integer(left.sum()))


def _over_all(table: pd.DataFrame) -> dict[str, str]:
    """How far the prediction is off over the whole run."""
    deviation = _deviation(table)
    trials, mean = integer(float(table["trials"].sum())), fixed(float(deviation.mean()), 3)
    return {"trials": trials, "mean": mean, "worst": _worst(deviation)}


def _answer(table: pd.DataFrame) -> str:
    """How far even odds are from n*, and how far the prediction is off."""
    return clause(
        any_of(table),
        wordings.ANSWER,
        even=_even(beyond(table)),
        d=float(table["d"].max()) if len(table) else 0.0,
        **_over_all(table),
    )


def beyond(table: pd.DataFrame) -> list[float]:
    """Candidates from n* to the observed size of even odds, where rates enclose one half.

    Rates are joined by straight lines between the sizes that were run.
    """
    found = []
    for _, part in table[table["n_star"].notna()].groupby(["ensemble", "d", "eps"], sort=False):
        own = part.sort_values("n")
        rates = np.maximum.accumulate(observed_rate(own).to_numpy(float))
        if len(own) > 1 and rates[0] < 0.5 < rates[-1]:
            size = float(np.interp(0.5, rates, own["n"].to_numpy(float)))
            found.append(size - float(own["n_star"].iloc[0]))
    return found


def _even(gaps: list[float]) -> str:
    if not gaps:
        return clause(Side.UNKNOWN, wordings.EVEN)
    sizes = [abs(gap) for gap in gaps]
    return clause(
        side(min(gaps), max(gaps), 0.0),
        wordings.EVEN,
        gap=span(sizes, "fixed", 1),
        most=fixed(max(sizes), 1),
    )


def law(table: pd.DataFrame) -> Law:
    """What the experiment means for the question of the tightness of MRSS."""
    if table.empty:
        return Law.NOTHING
    if _excess(table) >= SIGNIFICANCE and bias(table) is not Bias.RESOLVED:
        return Law.NOT_CONTRADICTED
    return Law.FAILS if float(_deviation(table).mean()) > USEFUL else Law.APPROXIMATE
