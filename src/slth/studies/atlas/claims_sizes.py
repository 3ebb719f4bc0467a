"""Sentences of the atlas that the data choose: all targets, one size, search."""

import numpy as np
import pandas as pd

from slth.intervals import SIGNIFICANCE, excess_of_misses, residuals
from slth.studies.atlas import wordings
from slth.studies.atlas.claims_answers import budget, orders_above, search_answer, targets_answer
from slth.studies.atlas.claims_covering import conditional_words, extra_words
from slth.studies.atlas.claims_least import (
    chi_square,
    ensembles,
    largest_sizes,
    level,
    median_scores,
    off_by,
)
from slth.studies.atlas.wordings import Misses, Residuals
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    MISSING,
    count,
    counts,
    dimensions,
    fixed,
    listing,
    number,
    out_of,
    setting,
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import any_of, clause, sentence

COVERING = ["ensemble", "d", "n", "trials", "price", "median", "prediction", "low", "high"]
COVERING += ["confidence", "union", "log_se", "conditional", "n50"]
SIZES = ["ensemble", "d", "n", "k", "trials", "confidence", "prediction", "low", "high", "rate"]
SIZES += ["best_error", "ratio", "exact_ratio", "ratio_low", "ratio_high"]
SEARCH = ["ensemble", "d", "n", "trials", "work", "median", "limit", "solver"]


def covering_macros(covering: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about all targets at once."""
    table = complete("atlas_covering", covering, COVERING)
    return {
        "AtlasTargetsAnswer": targets_answer(table),
        "AtlasCoverTrials": counts(table["trials"], "sample"),
        "AtlasCoverDims": dimensions(table["d"]),
        "AtlasCoverEnsembles": ensembles(table),
        "AtlasCoverPrice": _price(table),
        "AtlasCoverPrediction": _covering_agreement(table),
        "AtlasCoverUnion": _union(table),
        "AtlasCoverExtra": extra_words(table),
        "AtlasCoverConditional": conditional_words(table),
    }


def size_macros(
    sizes: pd.DataFrame, ratios: pd.DataFrame, overlaps: pd.DataFrame
) -> dict[str, str]:
    """Return macro name → LaTeX for subsets of one size and the second-moment method."""
    table = complete("atlas_sizes", sizes, SIZES)
    eps = sorted(set(ratios["eps"])) if len(ratios) else []
    return {
        "AtlasSizesTrials": counts(table["trials"], "sample"),
        "AtlasSizesConfidence": level(table),
        "AtlasSizesAgreement": _size_agreement(table[table["k"] > 0]),
        "AtlasSizesBest": _best_sizes(largest_sizes(table)),
        "AtlasMoments": _moments(table),
        "AtlasCertificates": _certificates(ratios),
        "AtlasOverlaps": _overlaps(overlaps),
        "AtlasCertificateEps": listing(map(setting, eps)) if eps else MISSING,
    }


def search_macros(search: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for the computational gap."""
    table = complete("atlas_search", search, SEARCH)
    return {
        "AtlasSearchTrials": counts(table["trials"], "instance"),
        "AtlasSearchWork": budget(table) or MISSING,
        "AtlasSearch": _search(table),
        "AtlasSearchAnswer": search_answer(table),
    }


def _price(table: pd.DataFrame) -> str:
    prices = listing(
        f"{span(own['price'], 'fixed', 1)} at $d = {d:g}$"
        for d, own in table.groupby("d", sort=True)
    )
    return sentence(any_of(table), wordings.PRICE, prices=prices)


def inside_interval(table: pd.DataFrame) -> pd.Series:
    """Whether each prediction lies inside its interval."""
    return (table["low"] <= table["prediction"]) & (table["prediction"] <= table["high"])


def p_of_misses(table: pd.DataFrame) -> float:
    """Chance that an exact prediction misses as many intervals; unknown without a prediction."""
    known = table[table["prediction"].notna()] if len(table) else table
    if known.empty:
        return float("nan")
    missed = int((~inside_interval(known)).sum())
    return excess_of_misses(len(known), missed, first(known, "confidence"))


def misses(table: pd.DataFrame) -> Misses:
    """Whether the prediction misses more intervals than an exact one would."""
    p = p_of_misses(table)
    return Misses.NOTHING if np.isnan(p) else Misses.CHANCE if p >= SIGNIFICANCE else Misses.EXCESS


def _covering_agreement(table: pd.DataFrame) -> str:
    table = table[table["prediction"].notna()]
    return sentence(
        misses(table),
        wordings.MISSES,
        inside=out_of(int(inside_interval(table).sum()), len(table), "point"),
        residuals=_residuals(table),
        **off_by(table, "prediction"),
    )


def _residuals(table: pd.DataFrame) -> str:
    """Whether residuals contradict the prediction, beside the count of missed intervals."""
    scores = median_scores(table, "prediction")
    found = residuals(scores)
    verdict = Residuals.FIT if found.p >= SIGNIFICANCE else Residuals.REJECT
    verdict = verdict if found.points else Residuals.UNKNOWN
    return sentence(verdict, wordings.RESIDUALS, **chi_square(scores))


def _union(table: pd.DataFrame) -> str:
    known = table[table["union"].notna()]
    return sentence(any_of(known), wordings.UNION, more=span(known["union"] - known["n"]))


def _size_agreement(sizes: pd.DataFrame) -> str:
    known = sizes[sizes["prediction"].notna()]
    away = (known["rate"] - known["prediction"]).abs()
    return sentence(
        any_of(known),
        wordings.SIZES,
        inside=out_of(int(inside_interval(known).sum()), len(known), "point"),
        mean=fixed(float(away.mean()), 3),
        most=fixed(float(away.max()), 3),
        **chi_square(rate_scores(known)),
    )


def rate_scores(known: pd.DataFrame) -> pd.Series:
    """Rate less prediction in binomial standard deviations; unknown where nothing varies."""
    p = known["prediction"].astype(float)
    deviation = (p * (1 - p) / known["trials"].astype(float)) ** 0.5
    return (known["rate"] - p) / deviation.where(deviation > 0)


def _best_sizes(sizes: pd.DataFrame) -> str:
    parts = []
    for (d, n), own in sizes.groupby(["d", "n"], sort=True):
        one, free = own[own["k"] > 0], own[own["k"] == 0]
        k, rate = one["k"].to_numpy(int), one["rate"].to_numpy(float)
        law = k[np.nanargmin(one["best_error"].to_numpy(float))]
        rates = {"rate": fixed(rate.max()), "free": fixed(float(free["rate"].iloc[0]))}
        parts.append(wordings.BEST_SIZE.format(d=d, n=n, k=k[rate.argmax()], law=law, **rates))
    return sentence(any_of(parts), wordings.BEST_SIZES, sizes=listing(parts))


def _moments(sizes: pd.DataFrame) -> str:
    every = sizes[sizes["exact_ratio"].notna()]
    known = every[every["ratio"].notna()]
    inside = known["exact_ratio"].between(known["ratio_low"], known["ratio_high"])
    bare = len(every) - len(known)
    free = largest_sizes(known[known["k"] == 0])
    ratios = listing(
        f"{number(row['exact_ratio'])} (observed {number(row['ratio'])}) at $d = {row['d']:g}$"
        for row in free.to_dict("records")
    )
    return sentence(
        any_of(known),
        wordings.MOMENTS,
        inside=out_of(int(inside.sum()), len(known), "point"),
        bare=clause(any_of([bare] if bare else []), wordings.BARE, count=count(bare, "point")),
        free=clause(any_of(free), wordings.FREE, ratios=ratios),
    )


def _certificates(ratios: pd.DataFrame) -> str:
    records = ratios[ratios["best"]].to_dict("records") if len(ratios) else []
    best = [{str(name): value for name, value in row.items()} for row in records]
    shown = listing(
        wordings.CERTIFICATE.format(n=row["n"], d=row["d"], n_star=row["n_star"]) for row in best
    )
    eps = listing(setting(value) for value in sorted({row["eps"] for row in best}))
    return sentence(any_of(ratios), wordings.CERTIFICATES, certificates=shown, eps=eps)


def _overlaps(overlaps: pd.DataFrame) -> str:
    if overlaps.empty:
        return sentence(any_of(overlaps), wordings.OVERLAPS)
    own = overlaps[overlaps["d"] == overlaps["d"].max()]
    n, k = float(own["n"].iloc[0]), float(own["k"].iloc[0])
    plain, weighted = ((own["overlap"] * own[c]).sum() for c in ("plain", "weighted"))
    return sentence(
        any_of(overlaps),
        wordings.OVERLAPS,
        d=first(own, "d"),
        k=k,
        shared=fixed(k * k / n, 1),
        weighted=fixed(weighted, 1),
        plain=fixed(plain, 1),
        same=number(float(own.loc[own["overlap"] == k, "weighted"].iloc[0])),
    )


def _search(search: pd.DataFrame) -> str:
    parts = []
    for d, own in search.groupby("d", sort=True):
        small, large = own[own["n"] == own["n"].min()], own[own["n"] == own["n"].max()]
        near, far = (part.loc[part["median"].idxmin()] for part in (small, large))
        words = wordings.SEARCHES.format(
            d=d,
            near=number(near["median"]),
            near_n=near["n"],
            near_solver=titles.solver(near["solver"]),
            ratio=number(ratio_to_limit(near)),
            far=number(far["median"]),
            far_n=far["n"],
            far_solver=titles.solver(far["solver"]),
            orders=fixed(orders_above(far), 1),
        )
        parts.append(words)
    return sentence(any_of(parts), wordings.SEARCH, searches=" ".join(parts))


def ratio_to_limit(row: pd.Series) -> float:
    """Median error over eps*, inf where that underflows."""
    return float(row["median"] / row["limit"]) if row["limit"] > 0 else np.inf
