"""What the paper says about sizes: overparameterisation at equal error, widths, fixed sizes."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from slth.studies.price import data, wordings
from slth.studies.price.wordings import Kept, Structure
from slth.studies.price.words import TARGETS, short, where
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    count,
    counts,
    listing,
    number,
    setting,
    span,
)
from slth.studies.printing.wordings import any_of, clause, count_of, sentence


def width_macros(
    table: pd.DataFrame, cells: list[pd.DataFrame], level: float, sizes: pd.DataFrame
) -> dict[str, str]:
    """Return macro name → LaTeX. cells: one table a sweep. level: the error compared at."""
    return {
        "PriceOrder": _order(table, level),
        "PriceGranularity": _granularity(table, level),
        "PriceAnswer": _answer(table, level),
        "PriceAbstract": _abstract(table, level),
        "PriceWidths": _widths(cells),
        **_sizes(sizes),
    }


def _order(table: pd.DataFrame, level: float) -> str:
    """Overparameterisation at an equal sup-norm error, cheapest first."""
    parts = []
    for target, here in table.groupby("target", sort=False):
        sizes = _sizes_at(here, level)
        reached = sorted((size, arm) for arm, size in sizes.items() if np.isfinite(size))
        missed = [titles.arm(arm, "words") for arm, size in sizes.items() if not np.isfinite(size)]
        shown = listing(f"{number(size)} ({titles.arm(arm, 'words')})" for size, arm in reached)
        late = clause(any_of(missed), wordings.MISSED, arms=listing(missed))
        parts += [f"On {TARGETS[str(target)]}: {shown}{late}"] if reached else []
    shown = ". ".join(parts)
    return sentence(any_of(parts), wordings.ORDER, level=setting(level), targets=shown)


def _sizes_at(here: pd.DataFrame, level: float) -> dict[str, float]:
    """Median source weights per target weight at an error, by arm; inf where none gets there."""
    return {arm: data.middle(_at(here[here["arm"] == arm], level))[0] for arm in data.arms(here)}


def structure(ratios: list[float]) -> Structure:
    """Whether coarser masks are always dearer than masks of single entries."""
    if not ratios:
        return Structure.UNKNOWN
    return Structure.COSTS if all(ratio > 1 for ratio in ratios) else Structure.MIXED


def _against_entries(
    table: pd.DataFrame, level: float
) -> Iterator[tuple[float, str, pd.DataFrame, pd.DataFrame]]:
    """Ratio of sizes at equal error to that of single entries: ratio, kind, its rows, entries'."""
    for _, here in table.groupby("target", sort=False):
        entries = here[here["arm"] == "structured_convolution-entry"]
        base = data.middle(_at(entries, level))[0]
        for kind in wordings.KINDS:
            part = here[here["arm"] == f"structured_convolution-{kind}"]
            ratio = data.middle(_at(part, level))[0] / base
            if np.isfinite(base) and np.isfinite(ratio):
                yield ratio, kind, part, entries


def _unmet(
    table: pd.DataFrame, level: float, named: Callable[[str], str] = short, shown: str = ""
) -> str:
    """Kinds of masks that stay above the error compared, one sentence a target.

    named: a target in words. shown: the level in print, where the sentence has it.
    """
    error = clause(any_of(shown), wordings.UNMET_LEVEL, level=shown)
    found = []
    for target, here in table.groupby("target", sort=False):
        sizes = _sizes_at(here, level)
        kinds = [
            words
            for kind, words in wordings.KINDS.items()
            if np.isinf(sizes.get(f"structured_convolution-{kind}", np.nan))
        ]
        fields = {"target": named(str(target)), "kinds": listing(kinds), "level": error}
        found.append(clause(any_of(kinds), wordings.UNMET, **fields))
    return "".join(found)


def _compared(
    table: pd.DataFrame, level: float, named: Callable[[str], str] = short
) -> dict[str, list[float]]:
    """The targets on which granularities are compared, with the dimensions of their problems."""
    found: dict[str, list[float]] = {}
    for _, _, part, _ in _against_entries(table, level):
        target = named(str(part["target"].iloc[0]))
        found.setdefault(target, []).append(float(part["d"].max()))
    return found


def _with_dimensions(found: dict[str, list[float]]) -> str:
    return listing(
        f"{target} ($d = {', '.join(f'{d:g}' for d in sorted(set(dims)))}$)"
        for target, dims in found.items()
    )


def _granularity(table: pd.DataFrame, level: float) -> str:
    """What coarser structure costs, beside what the predicted widths say of it."""
    ratios, shown = [], []
    for ratio, kind, part, entries in _against_entries(table, level):
        # the source is proportional to n, the same number of weights for each granularity
        wanted = float(part["predicted_n"].iloc[0] / entries["predicted_n"].iloc[0])
        known = any_of([wanted] if np.isfinite(wanted) else [])
        predicted = clause(known, wordings.PREDICTED, wanted=number(wanted))
        place = f"($d = {part['d'].max():g}$) on {short(part['target'].iloc[0])}"
        shown.append(f"{number(ratio)} for {kind}s {place}{predicted}")
        ratios.append(ratio)
    return sentence(
        structure(ratios),
        wordings.STRUCTURE,
        ratios=listing(shown),
        missed=_unmet(table, level, shown=setting(level)),
    )


def _answer(table: pd.DataFrame, level: float) -> str:
    """The least and the largest cost of structure."""
    ratios = [ratio for ratio, *_ in _against_entries(table, level)]
    return sentence(
        structure(ratios),
        wordings.ANSWER,
        times=span(ratios, "number"),
        targets=_with_dimensions(_compared(table, level)),
        missed=_unmet(table, level),
    )


def _abstract(table: pd.DataFrame, level: float) -> str:
    """What structure costs, and what the constructions take at the error compared."""
    found = list(_against_entries(table, level))
    kinds = dict.fromkeys(wordings.KINDS[kind] for _, kind, *_ in found)
    cost = sentence(
        structure([ratio for ratio, *_ in found]),
        wordings.ABSTRACT,
        kinds=" or ".join(kinds),
        times=span([ratio for ratio, *_ in found], "number"),
        targets=listing(_compared(table, level, TARGETS.__getitem__)),
        missed=_unmet(table, level, TARGETS.__getitem__),
    )
    counted = table[table["construction"] != "equivariant"]  # which is counted in coefficients
    sizes = [
        size
        for _, here in counted.groupby("target", sort=False)
        for size in _sizes_at(here, level).values()
        if np.isfinite(size)
    ]
    taken = sentence(count_of(sizes), wordings.ABSTRACT_SIZES, sizes=span(sizes, "number"))
    return f"{cost} {taken}"


def _widths(cells: list[pd.DataFrame]) -> str:
    """Measured against predicted n at which every subset problem is within the tolerance."""
    ratios, missed = [], []
    for part in cells:
        wanted, width = float(part["predicted_n"].iloc[0]), measured_width(part)
        if np.isfinite(wanted) and np.isfinite(width) and part["digits"].max() == 0:
            ratios.append((width / wanted, where(part)))
        if np.isfinite(wanted) and np.isinf(width):
            missed.append(where(part))
    return sentence(
        count_of(ratios),
        wordings.WIDTHS,
        ratios=span([ratio for ratio, _ in ratios], "fixed"),
        sweeps=count(len(ratios), "sweep"),
        least=min(ratios, default=(0.0, ""))[1],
        largest=max(ratios, default=(0.0, ""))[1],
        missed=clause(any_of(missed), wordings.UNREACHED, names=listing(missed)),
    )


def measured_width(part: pd.DataFrame) -> float:
    """Median n at which a random network's worst problem is within the tolerance; inf: never.

    NaN where the smallest n of the sweep already is: the crossing is not seen.
    """
    found = data.crossing(part, float(part["tolerance"].iloc[0]), "worst_error", "n")
    median = data.middle(found)[0]
    return np.nan if median <= float(part["n"].min()) else median


def _at(part: pd.DataFrame, level: float) -> np.ndarray:
    return data.crossing(part, level, "error", "overparameterisation")


def _sizes(table: pd.DataFrame) -> dict[str, str]:
    known = table[np.isfinite(table["measured"].astype(float))] if len(table) else table
    return {
        "PriceSizesEps": listing(
            f"{setting(float(part['eps'].iloc[0]))} at $d = {d:g}$"
            for d, part in table.groupby("d")
        ),
        "PriceSizesProblems": counts(table["problems"], "subset problem"),
        "PriceSizesWidth": _sizes_width(known),
        "PriceSizesCost": _sizes_cost(known),
    }


def _sizes_width(known: pd.DataFrame) -> str:
    ratios = [
        f"{span(part['found'] / part['threshold'], 'fixed')} at $d = {d:g}$"
        for d, part in known.groupby("d", sort=True)
    ]
    return sentence(any_of(ratios), wordings.SIZES_WIDTH, ratios=listing(ratios))


def _sizes_cost(known: pd.DataFrame) -> str:
    """From the densest to the sparsest ticket: kept weights against source weights."""
    costs = []
    for d, part in known.groupby("d", sort=True):
        ordered = part.sort_values("fraction", kind="stable")
        sparse, dense = ordered.iloc[0], ordered.iloc[-1]
        if dense["fraction"] == sparse["fraction"]:
            continue
        wider = float(sparse["measured"] / dense["measured"])
        fewer = float(dense["kept_fraction"] / sparse["kept_fraction"])
        kept = Kept.FEWER if fewer > wider else Kept.NO_FEWER
        fields = {"d": d, "fewer": number(fewer), "wider": number(wider)}
        costs.append(clause(kept, wordings.KEPT, **fields))
    return sentence(any_of(costs), wordings.SIZES_COST, costs="; ".join(costs))
