"""Sentences on all targets at once: the theorem's own ensemble, and the union bound given T."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.studies.atlas import wordings
from slth.studies.atlas.wordings import Conditional, Extra
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    all_of,
    fixed,
    listing,
    out_of,
    span,
)
from slth.studies.printing.summaries import first
from slth.studies.printing.wordings import sentence

WITHIN = 2  # candidates: "optimal to within two"
REFERENCE, OWN = "normal", "nsn"  # OWN: of the structured theorem


def shifts(table: pd.DataFrame) -> pd.DataFrame:
    """Candidates that nsn needs beyond normal ones to serve all targets, d >= 2, with interval.

    d log2 of the ratio of the median covering radii at the same (d, n), from both standard errors.
    """
    own, other = (
        table[(table["ensemble"] == name) & (table["d"] > 1)].set_index(["d", "n"])
        for name in (OWN, REFERENCE)
    )
    both = own.join(other.add_suffix("_other"), how="inner").reset_index()
    d = both["d"].astype(float)
    ratio: pd.Series = (both["median"] / both["median_other"]).astype(float)
    shift: pd.Series = d * ratio.map(np.log2)
    own_error, other_error = both["log_se"].astype(float), both["log_se_other"].astype(float)
    error: pd.Series = d * np.hypot(own_error, other_error)
    half = norm.isf((1 - first(table, "confidence")) / 2) * error
    return both[["d", "n"]].assign(shift=shift, low=shift - half, high=shift + half)


def extra(found: pd.DataFrame) -> Extra:
    """Whether all targets cost nsn candidates more than normal ones, beyond noise."""
    if found.empty:
        return Extra.NOTHING
    clear = (found["low"] > 0).sum()
    return Extra.ALL if clear == len(found) else Extra.SOME if clear else Extra.NONE


def extra_words(table: pd.DataFrame) -> str:
    """What all targets cost the theorem's own ensemble, by dimension."""
    found = shifts(table)
    ranges = listing(
        f"{_range(own['shift'])} at $d = {d:g}$" for d, own in found.groupby("d", sort=True)
    )
    return sentence(
        extra(found),
        wordings.EXTRA,
        ensemble=titles.ensemble(OWN),
        ranges=ranges,
        clear=out_of(int((found["low"] > 0).sum()), len(found), "point"),
        every=all_of(len(found), "point"),
    )


def _range(values: pd.Series) -> str:
    low, high = fixed(float(values.min()), 1), fixed(float(values.max()), 1)
    return low if low == high else f"{low} to {high}"


def conditional(table: pd.DataFrame) -> Conditional:
    """Whether the union bound given T reaches even odds within two candidates of the observed n."""
    known = table[table["conditional"].notna()]
    if known.empty:
        return Conditional.NOTHING
    away = (known["conditional"] - known["n"]).abs()
    within = int((away <= WITHIN).sum())
    if within == len(known):
        return Conditional.ALL
    return Conditional.MOST if 10 * within >= 9 * len(known) else Conditional.FAILS


def conditional_words(table: pd.DataFrame) -> str:
    """The conditional union bound beside the covering observed, and what it adds to one target."""
    known = table[table["conditional"].notna()]
    away = known["conditional"] - known["n"]
    added = listing(
        f"{span(own['conditional'] - own['n50'])} at $d = {d:g}$"
        for d, own in known.groupby("d", sort=True)
    )
    return sentence(
        conditional(table),
        wordings.CONDITIONAL,
        within=out_of(int((away.abs() <= WITHIN).sum()), len(known), "point"),
        away=span(away),
        added=added,
    )
