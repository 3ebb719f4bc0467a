"""Sentences of the atlas that the data choose: least errors, and the fitted threshold."""

from typing import Any

import numpy as np
import pandas as pd

from slth.rendering.claims_thresholds import SIGNIFICANCE, excess
from slth.rendering.formatting import (
    ENSEMBLES,
    MISSING,
    count,
    escape,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    span,
)

CLOSE = 0.06  # of A to one: "a few per cent"
TELLING = 0.1  # half width of an interval of A above which nothing is concluded from it
THEORY = {"a": 1.0, "b": 0.5}  # of eps* = ½ σ √(πen/2) 2^(-n/d)


def printed(ensemble: object) -> str:
    """The name of an ensemble in print."""
    return ENSEMBLES.get(str(ensemble), escape(ensemble))


def level(table: pd.DataFrame) -> str:
    """The confidence of a table's intervals, in per cent."""
    if table.empty:
        return MISSING
    return percent(float(table["confidence"].iloc[0]), 0)


def least_macros(least: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the least errors."""
    known = least[least["median"].notna()] if len(least) else least
    return {
        "AtlasLeastTrials": integer(float(least["trials"].sum())) if len(least) else MISSING,
        "AtlasLeastEach": span(least["trials"].to_numpy(float)) if len(least) else MISSING,
        "AtlasLeastPoints": count(len(least), "grid point"),
        "AtlasLeastEnsembles": listing(map(printed, dict.fromkeys(_column(least, "ensemble")))),
        "AtlasLeastDims": listing(f"${d:g}$" for d in sorted(set(_column(least, "d")))),
        "AtlasLeastSizes": span(np.array(_column(least, "n"), dtype=float)),
        "AtlasLeastMedians": span(np.array(_column(known, "median"), dtype=float), "number"),
        "AtlasLeastProved": _proved(least),
        "AtlasLeastAgreement": _agreement(known),
        "AtlasConfidence": level(least),
        "AtlasShift": _shifts(known),
    }


def fit_macros(fit: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the fit of n_50 = A d log2(1/eps) + B d log2 n + C d."""
    rows = fit if len(fit) and "a" in fit else fit.iloc[:0]
    observed = rows[rows["source"] == "median"] if len(rows) else rows
    return {
        "AtlasFit": _fit_words(observed),
        "AtlasFitQuality": _quality(observed),
        "AtlasFitVerdict": _verdict(observed, rows),
    }


def _column(table: pd.DataFrame, name: str) -> list[Any]:
    return list(table[name]) if len(table) else []


def _proved(least: pd.DataFrame) -> str:
    if least.empty:
        return "This run sought no least error."
    left = int(least["unproved"].sum())
    if left:
        return sentence(f"{count(left, 'instance')} could not be proved and are left out")
    return "Every least error is proved."


def _agreement(known: pd.DataFrame) -> str:
    if known.empty:
        return ""
    confidence, points = float(known["confidence"].iloc[0]), len(known)
    parts = []
    for column, inside, words in (
        ("prediction", "inside", r"\eqref{eq:quenched}"),
        ("refined", "refined_inside", r"the refinement \eqref{eq:refined}"),
    ):
        missed = points - int(known[inside].sum())
        away = (known["d"] * np.log2(known["median"] / known[column])).abs()
        p = excess(points, missed, confidence)
        parts.append(
            f"the median that {words} predicts lies inside the interval at "
            f"{integer(points - missed)} of {count(points, 'point')} ($p = {number(p).strip('$')}$ "
            f"for an exact formula) and is off by {fixed(float(away.mean()), 2)} candidates on "
            f"average, {fixed(float(away.max()), 2)} at most"
        )
    return " ".join(sentence(part) for part in parts)


def _shifts(known: pd.DataFrame) -> str:
    """What nsn costs against normal: the question of the seed, with its interval."""
    own = known[known["ensemble"] == "nsn"] if len(known) else known
    own = own[own["shift"].notna()] if len(own) else own
    if own.empty:
        return "This run did not set normally-scaled normal candidates beside normal ones."
    clear = int(((own["shift_low"] > 0) | (own["shift_high"] < 0)).sum())
    first, last = float(own["d"].min()), float(own["d"].max())
    means = {d: float(own.loc[own["d"] == d, "shift"].mean()) for d in (first, last)}
    words = (
        "with normally-scaled normal in place of normal candidates the median is reached with "
        f"{fixed(float(own['shift'].min()), 2)} to {fixed(float(own['shift'].max()), 2)} "
        f"candidates more, different from zero at {integer(clear)} of {count(len(own), 'point')}"
    )
    if first != last:
        words += (
            f"; the mean shift is {fixed(means[first], 2)} at $d = {first:g}$ and "
            f"{fixed(means[last], 2)} at $d = {last:g}$"
        )
    return sentence(words)


def _fit_words(observed: pd.DataFrame) -> str:
    if observed.empty:
        return "This run has too few points for a fit."
    parts = []
    for row in observed.to_dict("records"):
        values = ", ".join(
            f"${name.upper()} = {fixed(row[name], 3).strip('$')}$ "
            f"[{fixed(row[f'{name}_low'], 3)}, {fixed(row[f'{name}_high'], 3)}]"
            for name in ("a", "b")
        )
        parts.append(f"for {printed(row['ensemble'])} candidates {values}")
    return sentence(listing(parts))


def _quality(observed: pd.DataFrame) -> str:
    if observed.empty:
        return ""
    poor = observed[observed["p"] < SIGNIFICANCE]
    if poor.empty:
        return "The three terms describe the medians to within their noise."
    names = listing(map(printed, poor["ensemble"]))
    return sentence(
        f"for {names} candidates the three terms do not describe the medians to within their "
        "noise, so that further terms matter at these sizes; the intervals are widened accordingly"
    )


def _verdict(observed: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Whether n = d log2(1/eps) + ½ d log2 n + O(d) is what the data say."""
    if observed.empty:
        return "Nothing follows for the first open question."
    good = {
        name: [
            row["ensemble"]
            for row in observed.to_dict("records")
            if row[f"{name}_low"] <= value <= row[f"{name}_high"]
        ]
        for name, value in THEORY.items()
    }
    everyone = list(observed["ensemble"])
    both = [name for name in everyone if name in good["a"] and name in good["b"]]
    half = (observed["a_high"] - observed["a_low"]).max() / 2
    if both == everyone and half > TELLING:
        return sentence(
            r"$A=1$ and $B=\frac12$ lie inside every interval, but the intervals of $A$ reach "
            f"{fixed(float(half), 2)} to either side, too far for a conclusion"
        )
    if both == everyone:
        return (
            r"The data are consistent with $A=1$ and $B=\frac12$ for every ensemble: "
            r"for one target $d\log_2(1/\varepsilon)$ is the leading term, with constant one."
        )
    words = []
    for name, value in (("a", "1"), ("b", r"\frac12")):
        off = [each for each in everyone if each not in good[name]]
        if off:
            words.append(f"${name.upper()}={value}$ is outside for {listing(map(printed, off))}")
    text = sentence("Not everything agrees with the law: " + "; ".join(words))
    if half <= TELLING:
        low, high = float(observed["a_low"].min()), float(observed["a_high"].max())
        text += " " + sentence(
            f"yet every interval of $A$ lies between {fixed(low)} and {fixed(high)}, so that at "
            r"these sizes the leading term is $d\log_2(1/\varepsilon)$ to within a few per cent"
            if low > 1 - CLOSE and high < 1 + CLOSE
            else f"the intervals of $A$ reach from {fixed(low)} to {fixed(high)}"
        )
    predicted = rows[rows["source"] == "prediction"].set_index("ensemble")
    finite = [each for each in everyone if each not in both and _same(observed, predicted, each)]
    if finite:
        text += " " + sentence(
            f"for {listing(map(printed, finite))} candidates the prediction itself, fitted at the "
            "same points, has $A$ and $B$ inside these intervals, so that the difference is one of "
            "small sizes, which the prediction shares"
        )
    return text


def _same(observed: pd.DataFrame, predicted: pd.DataFrame, ensemble: str) -> bool:
    row = observed.set_index("ensemble").loc[ensemble]
    return all(
        row[f"{name}_low"] <= predicted.loc[ensemble, name] <= row[f"{name}_high"]
        for name in THEORY
    )
