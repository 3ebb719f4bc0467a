"""Sentences of the atlas that the data choose: least errors, and the fitted threshold."""

from typing import Any

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
    span,
)

LAW = (
    r"for every ensemble $A=1$ and $B=\frac12$ lie inside the intervals: for one target "
    r"$d\log_2(1/\varepsilon)$ is the leading term, with constant one"
)
CLOSE = 0.06  # of A to one: "a few per cent"
TELLING = 0.1  # half width of an interval of A above which nothing is concluded from it
THEORY = {"a": (1.0, "1"), "b": (0.5, r"\frac12")}  # of eps* = ½ σ √(πen/2) 2^(-n/d)


def printed(ensemble: object) -> str:
    """The name of an ensemble in print."""
    return titles.ensemble(ensemble)


def level(table: pd.DataFrame) -> str:
    """The confidence of a table's intervals, in per cent."""
    if table.empty:
        return MISSING
    return percent(float(table["confidence"].iloc[0]), 0)


def largest_sizes(sizes: pd.DataFrame) -> pd.DataFrame:
    """The largest n of each d, of the first ensemble: as many as a panel or a sentence can hold."""
    if sizes.empty:
        return sizes
    own = sizes[sizes["ensemble"] == sizes["ensemble"].iloc[0]]
    return own[own["n"] == own.groupby("d")["n"].transform("max")]


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
    observed, corrected = (
        rows[rows["source"] == source] if len(rows) else rows for source in ("median", "corrected")
    )
    return {
        "AtlasFit": _fit_words(observed),
        "AtlasFitQuality": _quality(observed),
        "AtlasFitVerdict": _verdict(observed, corrected),
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
        p = excess_of_misses(points, missed, confidence)
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


def _verdict(observed: pd.DataFrame, corrected: pd.DataFrame) -> str:
    """Whether n = d log2(1/eps) + ½ d log2 n + O(d) is what the data say."""
    if observed.empty:
        return "Nothing follows for the first open question."
    half = float((observed["a_high"] - observed["a_low"]).max()) / 2
    if half > TELLING:
        return sentence(
            f"the intervals of $A$ reach {fixed(half)} to either side, too far for a conclusion"
        )
    text = _against_law(observed)
    if LAW[1:] not in text:
        low, high = float(observed["a_low"].min()), float(observed["a_high"].max())
        near = r"; the leading term is $d\log_2(1/\varepsilon)$ to within a few per cent"
        close = near if low > 1 - CLOSE and high < 1 + CLOSE else ""
        text += " " + sentence(
            f"the intervals of $A$ reach from {fixed(low)} to {fixed(high)}{close}"
        )
    return f"{text} {_corrected(corrected)}"


def _against_law(fit: pd.DataFrame) -> str:
    words = []
    for name, (value, shown) in THEORY.items():
        inside = (fit[f"{name}_low"] <= value) & (value <= fit[f"{name}_high"])
        if not inside.all():
            names = listing(map(printed, fit.loc[~inside, "ensemble"]))
            value_words = f"${name.upper()}={shown}$ lies outside its interval"
            words.append(f"{value_words} for {names} candidates")
    return sentence("; ".join(words) or LAW)


def _corrected(corrected: pd.DataFrame) -> str:
    """The same, less the terms that the prediction itself adds to the law at these sizes."""
    values = listing(
        f"$A = {fixed(row['a'], 3).strip('$')}$ [{fixed(row['a_low'], 3)}, "
        f"{fixed(row['a_high'], 3)}] for {printed(row['ensemble'])}"
        for row in corrected.to_dict("records")
    )
    text = _against_law(corrected)
    joined = text[0].lower() + text[1:] if text.startswith("For") else text
    return sentence(
        r"less the terms by which \eqref{eq:quenched} differs from $\varepsilon^\ast$ at these "
        f"sizes the fit gives {values} candidates; then {joined}"
    )
