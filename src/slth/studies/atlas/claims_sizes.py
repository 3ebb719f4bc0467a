"""Sentences of the atlas that the data choose: all targets, one size, search."""

import numpy as np
import pandas as pd

from slth.ensembles import lookup
from slth.intervals import SIGNIFICANCE, excess_of_misses
from slth.studies.atlas.claims_least import largest_sizes, level, printed
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    MISSING,
    count,
    fixed,
    integer,
    listing,
    number,
    sentence,
    setting,
    span,
)


def covering_macros(covering: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about all targets at once."""
    table = covering
    return {
        "AtlasCoverTrials": span(table["trials"].to_numpy(float)) if len(table) else MISSING,
        "AtlasCoverDims": listing(f"${d:g}$" for d in sorted(set(table["d"])))
        if len(table)
        else "none",
        "AtlasCoverEnsembles": listing(map(printed, dict.fromkeys(table["ensemble"])))
        if len(table)
        else "none",
        "AtlasCoverPrice": _price(table),
        "AtlasCoverPrediction": _covering_agreement(table),
        "AtlasCoverUnion": _union(table),
    }


def size_macros(
    sizes: pd.DataFrame, ratios: pd.DataFrame, overlaps: pd.DataFrame
) -> dict[str, str]:
    """Return macro name → LaTeX for subsets of one size and the second-moment method."""
    fixed_sizes = sizes[sizes["k"] > 0] if len(sizes) else sizes
    return {
        "AtlasSizesTrials": span(sizes["trials"].to_numpy(float)) if len(sizes) else MISSING,
        "AtlasSizesConfidence": level(sizes),
        "AtlasSizesAgreement": _size_agreement(fixed_sizes),
        "AtlasSizesBest": _best_sizes(largest_sizes(sizes)),
        "AtlasMoments": _moments(sizes),
        "AtlasCertificates": _certificates(ratios),
        "AtlasOverlaps": _overlaps(overlaps),
        "AtlasCertificateEps": listing(setting(eps) for eps in sorted(set(ratios["eps"])))
        if len(ratios)
        else MISSING,
    }


def search_macros(search: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the computational gap."""
    if search.empty:
        return dict.fromkeys(["AtlasSearchTrials", "AtlasSearchWork"], MISSING) | {
            "AtlasSearch": "This run compared no searches."
        }
    return {
        "AtlasSearchTrials": span(search["trials"].to_numpy(float)),
        "AtlasSearchWork": integer(float(search["work"].max())),
        "AtlasSearch": _search(search),
    }


def _price(table: pd.DataFrame) -> str:
    if table.empty:
        return "This run asked for one target at a time only."
    parts = []
    for d, own in table.groupby("d", sort=True):
        words = span(own["price"].to_numpy(float), "number")
        parts.append(f"{words} at $d = {d:g}$")
    return sentence(
        "at the tolerance that covers the cube in half the samples, all targets cost more than one "
        f"by {listing(parts)} candidates (range over the points)"
    )


def _covering_agreement(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    inside = (table["low"] <= table["prediction"]) & (table["prediction"] <= table["high"])
    away = (table["d"] * np.log2(table["median"] / table["prediction"])).abs()
    p = excess_of_misses(len(table), int((~inside).sum()), float(table["confidence"].iloc[0]))
    verdict = (
        "no more misses than chance explains"
        if p >= SIGNIFICANCE
        else "more misses than chance explains, so that the formula is an approximation"
    )
    return sentence(
        f"the prediction \\eqref{{eq:covering}} lies inside the interval at "
        f"{integer(inside.sum())} of {count(len(table), 'point')}, {verdict}; it is off "
        f"by {fixed(float(away.mean()), 2)} candidates on average and "
        f"{fixed(float(away.max()), 2)} at most"
    )


def _union(table: pd.DataFrame) -> str:
    known = table[table["union"].notna()] if len(table) else table
    if known.empty:
        return ""
    more = (known["union"] - known["n"]).to_numpy(float)
    return sentence(
        "the union bound over a grid of targets, fed with the predicted chance of one target, asks "
        f"for {span(more)} candidates more than the cube needed (range over the points)"
    )


def _size_agreement(sizes: pd.DataFrame) -> str:
    known = sizes[sizes["prediction"].notna()] if len(sizes) else sizes
    if known.empty:
        return "This run counted no subsets of one size."
    inside = (known["low"] <= known["prediction"]) & (known["prediction"] <= known["high"])
    away = (known["rate"] - known["prediction"]).abs()
    return sentence(
        f"the predicted success probability of one size lies inside the interval at "
        f"{integer(inside.sum())} of {count(len(known), 'point')} $(d, n, k)$, its mean absolute "
        f"deviation is {fixed(float(away.mean()), 3)} and its largest {fixed(float(away.max()), 3)}"
    )


def _best_sizes(sizes: pd.DataFrame) -> str:
    if sizes.empty:
        return ""
    parts = []
    for (d, n), own in sizes.groupby(["d", "n"], sort=True):
        one, free = own[own["k"] > 0], own[own["k"] == 0]
        k, rate = one["k"].to_numpy(int), one["rate"].to_numpy(float)
        law = k[np.nanargmin(one["best_error"].to_numpy(float))]
        parts.append(
            f"$d = {d:g}$, $n = {n:g}$: $k = {k[rate.argmax()]}$ with rate {fixed(rate.max())} "
            f"(any size {fixed(float(free['rate'].iloc[0]))}), where the law has its best at "
            f"$k = {law}$"
        )
    return sentence("the most successful sizes are, for " + "; ".join(parts))


def _moments(sizes: pd.DataFrame) -> str:
    known = sizes[sizes["exact_ratio"].notna() & (sizes["ratio_low"] > 0)] if len(sizes) else sizes
    if known.empty:
        return ""
    inside = known["exact_ratio"].between(known["ratio_low"], known["ratio_high"])
    text = sentence(
        "the exact ratio lies inside the interval of the observed one at "
        f"{integer(inside.sum())} of {count(len(known), 'point')}"
    )
    free = largest_sizes(known[known["k"] == 0])
    if len(free):
        parts = [
            f"{number(row['exact_ratio'])} (observed {number(row['ratio'])}) at $d = {row['d']:g}$"
            for row in free.to_dict("records")
        ]
        text += " " + sentence(f"over subsets of any size it is {listing(parts)}")
    return text


def _certificates(ratios: pd.DataFrame) -> str:
    if ratios.empty:
        return "This run computed no certificate."
    parts = [
        f"$n = {row['n']:g}$ for $d = {row['d']:g}$ (best $k = {row['k']:g}$, that is "
        f"$\\alpha\\sqrt d = {row['k'] / row['n'] * row['d'] ** 0.5:.2f}$; "
        f"$n^\\ast = {row['n_star']:.0f}$)"
        for row in ratios[ratios["best"]].to_dict("records")
    ]
    return sentence(f"the least certified sizes are {listing(parts)}")


def _overlaps(overlaps: pd.DataFrame) -> str:
    if overlaps.empty:
        return ""
    own = overlaps[overlaps["d"] == overlaps["d"].max()]
    n, k = float(own["n"].iloc[0]), float(own["k"].iloc[0])
    plain, weighted = ((own["overlap"] * own[c]).sum() for c in ("plain", "weighted"))
    same = float(own.loc[own["overlap"] == k, "weighted"].iloc[0])
    return sentence(
        f"at $d = {own['d'].iloc[0]:g}$ two subsets of size ${k:g}$ share "
        f"{fixed(k * k / n, 1)} candidates on average; in $\\E[Z_k^2]$ the mean overlap is "
        f"{fixed(weighted, 1)} (plain {fixed(plain, 1)}), and pairs of equal subsets make up "
        f"{number(same)} of it"
    )


def _search(search: pd.DataFrame) -> str:
    parts = []
    for d, own in search.groupby("d", sort=True):
        small, large = own[own["n"] == own["n"].min()], own[own["n"] == own["n"].max()]
        near, far = (part.loc[part["median"].idxmin()] for part in (small, large))
        gap = orders_above(far)
        parts.append(
            f"at $d = {d:g}$ the best median error falls from {number(near['median'])} at "
            f"$n = {near['n']:g}$ ({_solver(near)}, {number(ratio_to_limit(near))} times "
            f"$\\varepsilon^\\ast$) to {number(far['median'])} at $n = {far['n']:g}$ "
            f"({_solver(far)}), where {fixed(gap, 1)} decimal orders separate it from "
            f"$\\varepsilon^\\ast$"
        )
    return sentence("; ".join(parts))


def orders_above(row: pd.Series) -> float:
    """Decimal orders between a median error and eps*, which underflows where n/d exceeds 1000."""
    if row["limit"] > 0:
        return float(np.log10(row["median"] / row["limit"]))
    spread = 0.5 * np.sqrt(np.pi * np.e * row["n"] / 2) * lookup(str(row["ensemble"])).std
    return float(np.log10(row["median"] / spread) + row["n"] / row["d"] * np.log10(2))


def ratio_to_limit(row: pd.Series) -> float:
    """Median error over eps*, inf where that underflows."""
    return float(row["median"] / row["limit"]) if row["limit"] > 0 else np.inf


def _solver(row: pd.Series) -> str:
    return titles.solver(row["solver"])
