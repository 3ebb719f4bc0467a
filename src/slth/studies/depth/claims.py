"""The section on depth: the error of a ticket against the errors of its layers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import Interval, t_interval
from slth.studies.depth import wordings
from slth.studies.depth.wordings import Sum, Theorem
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    all_of,
    count,
    counts,
    fixed,
    listing,
    number,
    out_of,
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import any_of, clause, sentence, side

TABLES = ()
COLUMNS = ["kind", "layers", "d", "n", "replicate", "lower", "upper", "size_low", "size"]
COLUMNS += ["layer_sum_low", "layer_sum", "theorem"]
CONFIDENCE = 0.95  # of the t-intervals of exponents, over targets
SLACK = 1 + 1e-9  # rounding of two float64 evaluations
READS = {"depth": "depth"}  # table: kind
Frames = Mapping[str, pd.DataFrame]


def tables(frames: Frames) -> dict[str, Table]:
    """Return no table."""
    return {}


def macros(frames: Frames) -> dict[str, str]:
    """Return the numbers and sentences."""
    table = complete("depth", frames["depth"], COLUMNS)
    return {
        "DepthSetting": _setting(table),
        "DepthReplicates": counts(table.groupby(["kind", "layers"]).size(), "target"),
        "DepthConfidence": rf"{100 * CONFIDENCE:g}\,\%" if len(table) else MISSING,
        "DepthSum": _sum(table),
        "DepthGrowth": _growth(table),
        "DepthTheorem": _theorem(table),
        "DepthAbstract": _abstract(table),
    }


def _setting(table: pd.DataFrame) -> str:
    return sentence(
        any_of(table),
        wordings.SETTING,
        n=first(table, "n"),
        d=", ".join(f"${size}$" for size in sorted(set(table["d"].astype(int)))),
        targets=count(table["replicate"].nunique(), "target"),
    )


def _by_kind(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(kind): part for kind, part in table.groupby("kind", sort=False)}


def _deepest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["layers"] == table["layers"].max()]


def _median(values: pd.Series) -> float:
    return float(np.median(values.to_numpy(float)))  # unknown where a value is


def adding_up(table: pd.DataFrame, ends: pd.DataFrame) -> Sum:
    """Whether the errors of layers add up; ``ends``: of the ratio to their sum, a row per kind."""
    if ends.empty:
        return Sum.NOTHING
    if table["layers"].max() == 1:
        return Sum.ONE_LAYER
    if (ends["upper"] < 1).all():
        return Sum.NOT_IN_FULL
    return Sum.IN_FULL if (ends["lower"] >= 1).any() else Sum.UNDECIDED


def _ends(last: pd.DataFrame) -> pd.DataFrame:
    """Whole over sum, each from its safe side: 1 is adding up. Medians, a row per kind."""
    ratios = pd.DataFrame(
        {
            "kind": last["kind"],
            "lower": last["lower"] / last["layer_sum"],
            "upper": last["upper"] / last["layer_sum_low"],
        }
    )
    return ratios.groupby("kind", sort=False).agg(_median)


def _layers(last: pd.DataFrame) -> str:
    return count(int(first(last, "layers")), "layer") if len(last) else MISSING


def _sum(table: pd.DataFrame) -> str:
    last = _deepest(table)
    ends = _ends(last)
    words = listing(
        f"{number(row['lower'])} and {number(row['upper'])} times the sum with {kind} kernels"
        for kind, row in ends.iterrows()
    )
    return sentence(adding_up(table, ends), wordings.SUM, layers=_layers(last), ratios=words)


def _abstract(table: pd.DataFrame) -> str:
    """Whether errors add up over the layers, and how far the theorem's bound is from ours."""
    last = _deepest(table)
    ends = _ends(last)
    most = number(float(ends["upper"].max())) if len(ends) else MISSING
    whole = sentence(adding_up(table, ends), wordings.ABSTRACT, layers=_layers(last), most=most)
    factors = [ratio for ratio in _looseness(table).values() if np.isfinite(ratio)]
    proved = sentence(
        theorem(table),
        wordings.ABSTRACT_THEOREM,
        beyond=out_of(_beyond(table), len(table), "ticket"),
        loose=clause(any_of(factors), wordings.LOOSE, factors=span(factors, "number")),
    )
    return " ".join(filter(None, (whole, proved)))


def _growth(table: pd.DataFrame) -> str:
    """Exponent p of error / sup|f| ~ layers^p, a slope for each replicate."""
    rates = {kind: exponent(part) for kind, part in _by_kind(table).items()}
    rates = {kind: rate for kind, rate in rates.items() if np.isfinite(rate.low)}
    exponents = listing(
        f"{fixed(rate.mean)} ({fixed(rate.low)} to {fixed(rate.high)}) with {kind} kernels"
        for kind, rate in rates.items()
    )
    kinds = {
        verdict: [kind for kind, rate in rates.items() if side(rate.low, rate.high, 1) is verdict]
        for verdict in wordings.GROWTH
    }
    growth = listing(
        clause(verdict, wordings.GROWTH, kinds=listing(names))
        for verdict, names in kinds.items()
        if names
    )
    return sentence(any_of(rates), wordings.EXPONENTS, exponents=exponents, growth=growth)


def exponent(part: pd.DataFrame) -> Interval:
    """Mean slope of log(upper bound / sup|f|) against log depth over the replicates; interval."""
    slopes = []
    for _, one in part.groupby("replicate", sort=True):
        rows = one[(one["upper"] > 0) & (one["size_low"] > 0)]
        if rows["layers"].nunique() > 1:
            x = np.log(rows["layers"].to_numpy(float))
            y = np.log((rows["upper"] / rows["size_low"]).to_numpy(float))
            slopes.append(float(np.polyfit(x, y, 1)[0]))
    return t_interval(np.array(slopes), CONFIDENCE)


def theorem(table: pd.DataFrame) -> Theorem:
    """Whether no lower bound exceeds the bound of the theorem, up to rounding."""
    if table.empty:
        return Theorem.NOTHING
    beyond = (table["lower"] > table["theorem"] * SLACK).any()
    return Theorem.EXCEEDED if beyond else Theorem.HOLDS


def _beyond(table: pd.DataFrame) -> int:
    return int((table["lower"] > table["theorem"] * SLACK).sum())


def _looseness(table: pd.DataFrame) -> dict[str, float]:
    """Median of the theorem's bound over the certified one at the greatest depth, by kind."""
    found = {}
    for kind, part in _by_kind(table).items():
        last = _deepest(part)
        found[kind] = float((last["theorem"] / last["upper"].where(last["upper"] > 0)).median())
    return found


def _theorem(table: pd.DataFrame) -> str:
    factors = [f"{number(r)} with {kind} kernels" for kind, r in _looseness(table).items()]
    return sentence(
        theorem(table),
        wordings.THEOREM,
        beyond=out_of(_beyond(table), len(table), "ticket"),
        tickets=all_of(len(table), "ticket"),
        factors=listing(factors),
    )
