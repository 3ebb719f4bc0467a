"""What the paper says about sizes: overparameterisation at equal error, widths, fixed sizes."""

import numpy as np
import pandas as pd

from slth.studies.price import data
from slth.studies.price.words import TARGETS, short, where
from slth.studies.printing import titles
from slth.studies.printing.formatting import (
    count,
    listing,
    number,
    sentence,
    setting,
    span,
)


def width_macros(
    table: pd.DataFrame, cells: list[pd.DataFrame], level: float, sizes: pd.DataFrame
) -> dict[str, str]:
    """Return macro name → LaTeX. cells: one table a sweep. level: the error compared at."""
    return {
        "PriceOrder": _order(table, level),
        "PriceGranularity": _granularity(table, level),
        "PriceWidths": _widths(cells),
        **_sizes(sizes),
    }


def _order(table: pd.DataFrame, level: float) -> str:
    """Overparameterisation at an equal sup-norm error, cheapest first."""
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        found = {
            arm: data.middle(_at(here[here["arm"] == arm], level))[0] for arm in data.arms(here)
        }
        reached = sorted((v, k) for k, v in found.items() if np.isfinite(v))
        missed = [titles.arm(k, "words") for k, v in found.items() if not np.isfinite(v)]
        if reached:
            words = f"on {TARGETS[str(target)]} " + listing(
                f"{number(v)} ({titles.arm(k, 'words')})" for v, k in reached
            )
            if missed:
                words += f", while {listing(missed)} did not get there"
            parts.append(words)
    if not parts:
        return "No construction of this run reaches the error at which sizes are compared."
    return sentence(
        f"for a certified error of {setting(level)} of the target's size the median numbers of "
        f"source weights a target weight are {'; and '.join(parts)}"
    )


def _granularity(table: pd.DataFrame, level: float) -> str:
    """What coarser structure costs: the ratio of sizes at equal error to that of entries."""
    parts = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        entries = here[here["arm"] == "structured_convolution-entry"]
        base = data.middle(_at(entries, level))[0]
        for kind in ("kernel", "filter"):
            part = here[here["arm"] == f"structured_convolution-{kind}"]
            ratio = data.middle(_at(part, level))[0] / base
            if not np.isfinite(ratio):
                continue
            # the source is proportional to n, the same number of weights for each granularity
            wanted = float(part["predicted_n"].iloc[0] / entries["predicted_n"].iloc[0])
            words = f"{number(ratio)} for {kind}s ($d = {part['d'].max():g}$) on {short(target)}"
            if np.isfinite(wanted):
                words += f", where the predicted widths have {number(wanted)}"
            parts.append((ratio, words))
    if not parts:
        return "Granularities cannot be compared at that error in this run."
    dearer = sum(ratio > 1 for ratio, _ in parts)
    words = "structure costs" if dearer == len(parts) else "the cost of structure is"
    return sentence(
        f"against single entries of the same kind of random network, {words} a factor of "
        f"{'; '.join(text for _, text in parts)}"
    )


def _widths(cells: list[pd.DataFrame]) -> str:
    """Measured against predicted n at which every subset problem is within the tolerance."""
    ratios = []
    for part in cells:
        wanted, found = float(part["predicted_n"].iloc[0]), measured_width(part)
        if np.isfinite(wanted) and np.isfinite(found) and part["digits"].max() == 0:
            ratios.append((found / wanted, where(part)))
    if not ratios:
        return "No predicted width can be set beside a measured one in this run."
    low, high = min(ratios), max(ratios)
    words = (
        f"the measured over the predicted width is {span([r for r, _ in ratios], 'fixed')} in the "
        f"{count(len(ratios), 'sweep')} with a crossing of the tolerance and a prediction"
    )
    missed = [
        where(part)
        for part in cells
        if np.isfinite(float(part["predicted_n"].iloc[0])) and np.isinf(measured_width(part))
    ]
    if len(ratios) > 1:
        words += f"; least for {low[1]}, largest for {high[1]}"
    if missed:
        words += f"; the tolerance is not reached by {listing(missed)}"
    return sentence(words)


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
        "PriceSizesProblems": span(table["problems"].to_numpy(float)),
        "PriceSizesWidth": _sizes_width(known),
        "PriceSizesCost": _sizes_cost(known),
    }


def _sizes_width(known: pd.DataFrame) -> str:
    parts = []
    for d, part in known.groupby("d", sort=True):
        ratio = (part["found"] / part["threshold"]).to_numpy(float)
        parts.append(f"{span(ratio, 'fixed')} at $d = {d:g}$")
    if not parts:
        return "This run built no ticket of one subset size that crosses the tolerance."
    return sentence(
        f"measured over predicted $n$ is {listing(parts)}, over the fractions that were tried"
    )


def _sizes_cost(known: pd.DataFrame) -> str:
    """From the densest to the sparsest ticket: kept weights against source weights."""
    parts = []
    for d, part in known.groupby("d", sort=True):
        ordered = part.sort_values("fraction", kind="stable")
        sparse, dense = ordered.iloc[0], ordered.iloc[-1]
        if dense["fraction"] == sparse["fraction"]:
            continue
        wider = float(sparse["measured"] / dense["measured"])
        fewer = float(dense["kept_fraction"] / sparse["kept_fraction"])
        verdict = (
            "fewer weights are kept in all" if fewer > wider else "no fewer weights are kept in all"
        )
        parts.append(
            f"at $d = {d:g}$ a kept fraction smaller by {number(fewer)} takes a random network "
            f"larger by {number(wider)}, so that {verdict}"
        )
    return sentence("; ".join(parts)) if parts else ""
