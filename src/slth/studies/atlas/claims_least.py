"""Sentences of the atlas that the data choose: least errors, and the fitted threshold."""

import numpy as np
import pandas as pd

from slth.intervals import SIGNIFICANCE, residuals
from slth.studies.atlas import wordings
from slth.studies.atlas.wordings import Inside, Law, Proved, Quality
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
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import any_of, clause, sentence

CLOSE = 0.06  # of A to one: "a few per cent"
TELLING = 0.1  # half width of an interval of A above which nothing is concluded from it
THEORY = {"a": (1.0, "1"), "b": (0.5, r"\frac12")}  # of eps* = ½ σ √(πen/2) 2^(-n/d)
LEAST = ["ensemble", "d", "n", "trials", "median", "confidence", "unproved", "shift", "shift_low"]
LEAST += ["shift_high", "prediction", "inside", "refined", "refined_inside", "log_se"]
FIT = ["ensemble", "source", "p", "a", "a_low", "a_high", "b", "b_low", "b_high"]


def printed(ensemble: object) -> str:
    """The name of an ensemble in print."""
    return titles.ensemble(ensemble)


def ensembles(table: pd.DataFrame) -> str:
    """The names of a table's ensembles in print, in the order of their first rows."""
    return listing(map(printed, dict.fromkeys(table["ensemble"])))


def level(table: pd.DataFrame) -> str:
    """The confidence of a table's intervals, in per cent."""
    return percent(first(table, "confidence"), 0)


def largest_sizes(sizes: pd.DataFrame) -> pd.DataFrame:
    """The largest n of each d, of the first ensemble: as many as a panel or a sentence can hold."""
    if sizes.empty:
        return sizes
    own = sizes[sizes["ensemble"] == sizes["ensemble"].iloc[0]]
    return own[own["n"] == own.groupby("d")["n"].transform("max")]


REFERENCE = "normal"  # drawn in the main text where the run has it


def least_macros(least: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the least errors."""
    table = complete("atlas_least", least, LEAST)
    known = table[table["median"].notna()]
    return {
        "AtlasLeastTrials": integer(float(table["trials"].sum())) if len(table) else MISSING,
        "AtlasLeastEach": counts(table["trials"], "instance"),
        "AtlasLeastPoints": count(len(table), "grid point"),
        "AtlasLeastEnsembles": ensembles(table),
        "AtlasLeastDrawn": _drawn(table),
        "AtlasLeastDims": dimensions(table["d"]),
        "AtlasLeastSizes": span(table["n"]),
        "AtlasLeastMedians": span(known["median"], "number"),
        "AtlasLeastProved": _proved(table),
        "AtlasConfidence": level(table),
        "AtlasShift": _shifts(known),
    }


def fit_macros(fit: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the fit of n_50 = A d log2(1/eps) + B d log2 n + C d."""
    rows = complete("atlas_fit", fit if "a" in fit else pd.DataFrame(), FIT)
    observed = rows[rows["source"] == "median"]
    return {
        "AtlasFit": _fit_words(observed),
        "AtlasFitQuality": _quality(observed),
        "AtlasFitVerdict": _verdict(observed),
    }


def _drawn(least: pd.DataFrame) -> str:
    """The ensemble that the figure of least errors has."""
    names = list(dict.fromkeys(least["ensemble"]))
    return printed(REFERENCE if REFERENCE in names else names[0]) if names else MISSING


def _proved(least: pd.DataFrame) -> str:
    left = int(least["unproved"].sum())
    verdict = Proved.SOME if left else Proved.ALL if len(least) else Proved.NOTHING
    return sentence(verdict, wordings.PROVED, left=count(left, "instance"))


def off_by(table: pd.DataFrame, prediction: str) -> dict[str, str]:
    """Candidates between the median and its prediction: the mean and the most."""
    away = (table["d"] * np.log2((table["median"] / table[prediction]).astype(float))).abs()
    return {"mean": fixed(float(away.mean()), 2), "most": fixed(float(away.max()), 2)}


def median_scores(table: pd.DataFrame, prediction: str) -> pd.Series:
    """log2(median / prediction) in standard errors of the log2 median."""
    ratio = (table["median"] / table[prediction]).astype(float)
    return ratio.map(np.log2) / table["log_se"].astype(float)


def chi_square(scores: pd.Series) -> dict[str, str]:
    """χ² with its degrees of freedom, and its p-value, in print."""
    found = residuals(scores)
    if not found.points:
        return {"chi2": MISSING, "chi2_p": MISSING}
    p = number(found.p).strip("$")
    return {"chi2": f"{found.chi2:.1f}/{found.points}", "chi2_p": p}


def _shifts(known: pd.DataFrame) -> str:
    """What nsn costs against normal: the question of the seed, with its interval."""
    own = known[(known["ensemble"] == "nsn") & known["shift"].notna()]
    mean = weighted(own)
    clear = int(((own["shift_low"] > 0) | (own["shift_high"] < 0)).sum())
    return sentence(
        any_of(own),
        wordings.SHIFT,
        least=fixed(float(own["shift"].min()), 2),
        most=fixed(float(own["shift"].max()), 2),
        clear=out_of(clear, len(own), "point"),
        mean=clause(any_of(own), wordings.MEAN_SHIFT, level=level(own), **mean),
    )


def weighted(own: pd.DataFrame) -> dict[str, str]:
    """The mean shift, weighted by the intervals of the points, with an interval of its own."""
    half = 0.5 * (own["shift_high"] - own["shift_low"]).astype(float)
    weight = 1 / half[half > 0] ** 2
    if weight.empty:
        return {"mean": MISSING, "low": MISSING, "high": MISSING}
    mean, reach = float((own["shift"] * weight).sum() / weight.sum()), float(weight.sum() ** -0.5)
    return {"mean": fixed(mean), "low": fixed(mean - reach), "high": fixed(mean + reach)}


def mean_ends(table: pd.DataFrame, column: str) -> dict[str, object]:
    """Mean of a column at the least and at the largest d, in print; nothing for a single d."""
    means = table.groupby("d", sort=True)[column].mean()
    if len(means) < 2:
        return {}
    ends = {"d": means.index[0], "last_d": means.index[-1]}
    return ends | {"mean": fixed(means.iloc[0]), "last_mean": fixed(means.iloc[-1])}


def _constant(row: dict, name: str) -> str:
    value, low, high = (fixed(row[f"{name}{end}"], 3) for end in ("", "_low", "_high"))
    return wordings.CONSTANT.format(name=name.upper(), value=value.strip("$"), low=low, high=high)


def _fit_words(observed: pd.DataFrame) -> str:
    fits = listing(
        f"for {printed(row['ensemble'])} candidates {_constant(row, 'a')}, {_constant(row, 'b')}"
        for row in observed.to_dict("records")
    )
    return sentence(any_of(observed), wordings.FIT, fits=fits)


def _quality(observed: pd.DataFrame) -> str:
    poor = observed[observed["p"] < SIGNIFICANCE]
    verdict = Quality.POOR if len(poor) else Quality.GOOD if len(observed) else Quality.NOTHING
    return sentence(verdict, wordings.QUALITY, ensembles=listing(map(printed, poor["ensemble"])))


def outside(fit: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of a fit whose interval of a constant does not hold the value of the theory."""
    value = THEORY[name][0]
    return fit[~((fit[f"{name}_low"] <= value) & (value <= fit[f"{name}_high"]))]


def inside(fit: pd.DataFrame) -> Inside:
    """Whether both constants of the theory lie inside all their intervals."""
    return Inside.SOME if any(len(outside(fit, name)) for name in THEORY) else Inside.ALL


def law(observed: pd.DataFrame) -> Law:
    """Whether n = d log2(1/eps) + ½ d log2 n + O(d) is what the data say."""
    if observed.empty:
        return Law.NOTHING
    if float((observed["a_high"] - observed["a_low"]).max()) / 2 > TELLING:
        return Law.WIDE
    if inside(observed) is Inside.ALL:
        return Law.HOLDS
    close = observed["a_low"].min() > 1 - CLOSE and observed["a_high"].max() < 1 + CLOSE
    return Law.CLOSE if close else Law.FAILS


def _verdict(observed: pd.DataFrame) -> str:
    """The law against the fit."""
    return sentence(
        law(observed),
        wordings.LAW,
        half=fixed(float((observed["a_high"] - observed["a_low"]).max()) / 2),
        against=_against(observed),
        low=fixed(float(observed["a_low"].min())),
        high=fixed(float(observed["a_high"].max())),
    )


def _against(fit: pd.DataFrame) -> str:
    parts = [
        wordings.CONSTANT_OUTSIDE.format(
            name=name.upper(), value=shown, ensembles=listing(map(printed, rows["ensemble"]))
        )
        for name, (_, shown) in THEORY.items()
        if len(rows := outside(fit, name))
    ]
    return clause(inside(fit), wordings.INSIDE, outside="; ".join(parts))
