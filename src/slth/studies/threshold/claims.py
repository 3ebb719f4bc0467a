"""What the paper says about success probabilities: numbers, and sentences chosen by the data."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import SIGNIFICANCE, excess_of_misses
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    MISSING,
    count,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    setting,
    span,
)
from slth.studies.threshold.data import observed_rate, points
from slth.studies.threshold.tables import pooled

USEFUL = 0.1  # mean absolute deviation above which the prediction is called a failure
LISTED = 8  # points named one by one, at most


READS = {"thresholds": "threshold points"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about success probabilities."""
    return threshold_macros(frames["thresholds"])


def threshold_macros(thresholds: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the threshold experiment."""
    table = points(thresholds)
    deviation = (observed_rate(table) - table["prediction"]).abs()
    outside = table[~table["inside"].astype(bool)]
    names = [titles.ensemble(name) for name in dict.fromkeys(table["ensemble"])]
    return {
        "ThresholdTrials": integer(float(table["trials"].sum())),
        "ThresholdTrialsPerPoint": span(table["trials"].to_numpy(float)),
        "ThresholdDims": listing(f"${d:g}$" for d in sorted(set(table["d"]))),
        "ThresholdEps": listing(setting(eps) for eps in sorted(set(table["eps"]))),
        "ThresholdEnsembles": listing(names),
        "ThresholdConfidence": _confidence(table),
        "ThresholdWorstDeviation": _worst(deviation),
        "ThresholdMeanDeviation": fixed(float(deviation.mean()), 3),
        "ThresholdAgreement": _agreement(table, outside),
        "ThresholdPooled": _pooled(table),
        "ThresholdRefined": _refined(table),
        "ThresholdUnsettled": _unsettled(table),
        "ThresholdAbstract": _abstract(table, outside, deviation),
        "ThresholdVerdict": _verdict(table, outside),
    }


def _worst(deviation: pd.Series) -> str:
    return fixed(float(deviation.max()), 3) if deviation.notna().any() else MISSING


def _confidence(table: pd.DataFrame) -> str:
    return listing(percent(value, 0) for value in sorted(set(table["confidence"])))


def _agreement(table: pd.DataFrame, outside: pd.DataFrame) -> str:
    """All inside, or which are not, and what chance alone would give."""
    if table.empty:
        return "This run measured no success probability."
    points, level = len(table), _confidence(table)
    if outside.empty:
        every = f"all {integer(points)} grid points" if points > 1 else "the one grid point"
        return sentence(
            f"at {every} the prediction lies inside the {level} interval of the observed rate"
        )
    confidence = float(table["confidence"].iloc[0])
    p = excess_of_misses(points, len(outside), confidence)
    chance = points * (1 - confidence)
    words = (
        f"at {count(len(outside), 'grid point')} of {integer(points)} the prediction lies "
        f"outside the {level} interval of the observed rate; an exact prediction would leave "
        f"at most {number(chance)} outside on average, and the binomial test against that rate "
        f"gives $p \\leq {number(p).strip('$')}$, "
    )
    if p >= SIGNIFICANCE:
        words += "which is no more than chance explains"
    else:
        words += "so in this run the prediction is measurably not exact"
    return sentence(words) + " " + sentence(_named(outside))


def _named(outside: pd.DataFrame) -> str:
    """The points outside, the worst first."""
    rate = observed_rate(outside).to_numpy(float)
    order = np.argsort(-np.abs(rate - outside["prediction"].to_numpy(float)), kind="stable")
    rows = outside.to_dict("records")
    shown = [
        f"{titles.ensemble(rows[i]['ensemble'])}, "
        f"$d = {rows[i]['d']:g}$, $n = {rows[i]['n']:g}$ (observed {fixed(rate[i], 3)}, "
        f"predicted {fixed(rows[i]['prediction'], 3)})"
        for i in order[:LISTED]
    ]
    left = len(outside) - len(shown)
    more = (
        f"; and {count(left, 'more point')}, counted in Table~\\ref{{tab:agreement}}"
        if left
        else ""
    )
    return f"these are {'; '.join(shown)}{more}" if len(outside) > 1 else f"it is {shown[0]}"


def biased(table: pd.DataFrame) -> bool | None:
    """Whether all hits of some ensemble differ from their prediction; None where nothing varies.

    Two-sided normal test at ``SIGNIFICANCE``, Bonferroni over the ensembles.
    """
    scores = np.array([pooled(part)[2] for _, part in table.groupby("ensemble", sort=False)])
    scores = scores[np.isfinite(scores)]
    if not scores.size:
        return None
    from scipy.stats import norm

    return bool((np.abs(scores) > norm.isf(SIGNIFICANCE / (2 * scores.size))).any())


def _pooled(table: pd.DataFrame) -> str:
    """The sharpest test of a bias: all hits of an ensemble against all the prediction expects."""
    bias = biased(table)
    if bias is None:
        return ""
    parts = []
    for ensemble, part in table.groupby("ensemble", sort=False):
        hits, expected, score = pooled(part)
        parts.append(
            f"{titles.ensemble(ensemble)} {integer(hits)} hits where "
            f"{fixed(expected, 1)} are predicted ($z = {fixed(score, 1).strip('$')}$)"
        )
    verdict = (
        "the prediction is an approximation, with a bias that this many instances resolve"
        if bias
        else "no bias is resolved by this many instances"
    )
    return sentence(f"summed over the grid there are, for {listing(parts)}: {verdict}")


def _refined(table: pd.DataFrame) -> str:
    """Whether the refinement does better on the same points."""
    known = table[table["refined"].notna()]
    if known.empty:
        return "The refinement is for densities, of which this run measured none."
    rate = observed_rate(known)
    before, after = (float((rate - known[c]).abs().mean()) for c in ("prediction", "refined"))
    inside = int(known["refined_inside"].astype(bool).sum())
    simple = int(known["inside"].astype(bool).sum())
    verdict = "is the better one" if after < before else "is no better"
    return sentence(
        f"on the same instances the refinement {verdict}: it lies inside the interval at "
        f"{integer(inside)} of {count(len(known), 'grid point')} (the simple prediction at "
        f"{integer(simple)}), and its mean absolute deviation is {fixed(after, 3)} against "
        f"{fixed(before, 3)}"
    )


def _unsettled(table: pd.DataFrame) -> str:
    left = float(table["unsettled"].fillna(0).sum())
    if left > 0:
        return sentence(
            f"the solver could not settle {integer(left)} further instances, which are left out "
            "of the rates"
        )
    return "Every instance was settled: a subset was found, or its absence proved."


def _abstract(table: pd.DataFrame, outside: pd.DataFrame, deviation: pd.Series) -> str:
    if table.empty:
        return "The run measured no success probability."
    inside = len(table) - len(outside)
    return sentence(
        f"over {integer(float(table['trials'].sum()))} instances the predicted success probability "
        f"lies inside the {_confidence(table)} interval of the observed rate at {integer(inside)} "
        f"of {integer(len(table))} grid points and is never off by more than {_worst(deviation)}"
    )


def _verdict(table: pd.DataFrame, outside: pd.DataFrame) -> str:
    """What the experiment means for the question of the tightness of MRSS."""
    if table.empty:
        return "This run adds nothing to the question of how many candidates suffice."
    mean = float((observed_rate(table) - table["prediction"]).abs().mean())
    p = excess_of_misses(len(table), len(outside), float(table["confidence"].iloc[0]))
    if p >= SIGNIFICANCE and not biased(table):
        return (
            "Within the dimensions and tolerances of this run the data do not contradict the "
            "prediction; for a single target they are consistent with "
            r"$n \approx d\log_2(1/\varepsilon)$ up to the logarithmic term."
        )
    if mean > USEFUL:
        return (
            f"In this run the prediction fails: it is off by {fixed(mean)} on average, so the "
            "threshold must not be relied on here."
        )
    return (
        "In this run the prediction places the transition to within the deviations of "
        r"Table~\ref{tab:agreement}, but is measurably not the exact probability."
    )
