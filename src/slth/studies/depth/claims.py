"""The section on depth: the error of a ticket against the errors of its layers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import Interval, t_interval
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import count, fixed, integer, listing, number, sentence, span

TABLES = ()
CONFIDENCE = 0.95  # of the t-intervals of exponents, over targets
NO_DEPTH = "This run measured no error against depth."
Frames = Mapping[str, pd.DataFrame]


def tables(frames: Frames) -> dict[str, Table]:
    """Return no table."""
    return {}


READS = {"depth": "depth"}  # table: kind


def macros(frames: Frames) -> dict[str, str]:
    """Return the numbers and sentences."""
    table = frames["depth"]
    if table.empty:
        return {
            "DepthSetting": NO_DEPTH, "DepthReplicates": "--", "DepthSum": "", "DepthGrowth": "",
            "DepthTheorem": "", "DepthConfidence": "--",
        }  # fmt: skip
    return {
        "DepthSetting": _setting(table),
        "DepthReplicates": span(table.groupby(["kind", "layers"]).size().to_numpy(float)),
        "DepthConfidence": rf"{100 * CONFIDENCE:g}\,\%",
        "DepthSum": _sum(table),
        "DepthGrowth": _growth(table),
        "DepthTheorem": _theorem(table),
    }


def _setting(table: pd.DataFrame) -> str:
    d = ", ".join(f"${size}$" for size in sorted(set(table["d"].astype(int))))
    return sentence(
        f"in this run $n = {table['n'].iloc[0]:g}$ in every layer, the dimension $d$ of a "
        f"subset problem is {d}, and "
        f"{count(int(table['replicate'].nunique()), 'target')} of each kind were drawn, with one "
        "random network each"
    )


def _by_kind(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(kind): part for kind, part in table.groupby("kind", sort=False)}


def _sum(table: pd.DataFrame) -> str:
    """Whole over sum at the greatest depth: 1 is adding up."""
    parts = []
    deepest = int(table["layers"].max())
    for kind, part in _by_kind(table).items():
        last = part[part["layers"] == deepest]
        upper = (last["upper"] / last["layer_sum"]).to_numpy(float)
        lower = (last["lower"] / last["layer_sum"]).to_numpy(float)
        if len(upper):
            parts.append((float(np.median(lower)), float(np.median(upper)), kind))
    if deepest == 1 or not parts:
        return "One layer has nothing to add up."
    words = listing(
        f"{number(low)} and {number(high)} times the sum with {kind} kernels"
        for low, high, kind in parts
    )
    verdict = (
        "the errors do not add up in full"
        if all(high < 1 for _, high, _ in parts)
        else "the errors add up in full at least once"
        if any(low >= 1 for low, _, _ in parts)
        else "the bracket does not decide whether they add up in full"
    )
    return sentence(
        f"at {count(deepest, 'layer')} the median error lies between {words}: {verdict}"
    )


def _growth(table: pd.DataFrame) -> str:
    """Exponent p of error ~ layers^p, a slope for each replicate."""
    parts = []
    for kind, part in _by_kind(table).items():
        rate = exponent(part)
        if np.isfinite(rate.low):
            parts.append((kind, rate))
    if not parts:
        return ""
    words = listing(
        f"{fixed(rate.mean)} ({fixed(rate.low)} to {fixed(rate.high)}) with {kind} kernels"
        for kind, rate in parts
    )
    slower = [kind for kind, rate in parts if rate.high < 1]
    faster = [kind for kind, rate in parts if rate.low > 1]
    verdict = []
    if slower:
        verdict.append(f"slower than in proportion to depth with {listing(slower)} kernels")
    if faster:
        verdict.append(f"faster than in proportion with {listing(faster)} kernels")
    open_ = [kind for kind, rate in parts if rate.low <= 1 <= rate.high]
    if open_:
        verdict.append(f"with {listing(open_)} kernels proportion is not excluded")
    return sentence(
        f"as a power of the depth the upper bound grows with exponent {words}: {listing(verdict)}"
    )


def exponent(part: pd.DataFrame) -> Interval:
    """Mean slope of log upper bound against log depth over the replicates, with its interval."""
    slopes = []
    for _, one in part.groupby("replicate", sort=True):
        rows = one[one["upper"] > 0]
        if rows["layers"].nunique() > 1:
            x, y = np.log(rows["layers"].to_numpy(float)), np.log(rows["upper"].to_numpy(float))
            slopes.append(float(np.polyfit(x, y, 1)[0]))
    return t_interval(np.array(slopes), CONFIDENCE)


def _theorem(table: pd.DataFrame) -> str:
    slack = 1 + 1e-9  # rounding of two float64 evaluations
    beyond = int((table["lower"] > table["theorem"] * slack).sum())
    if beyond:
        return sentence(
            f"the lower bound exceeds the theorem's bound in {count(beyond, 'ticket')} of "
            f"{integer(len(table))}: one of the two is wrong"
        )
    parts = []
    for kind, part in _by_kind(table).items():
        last = part[part["layers"] == part["layers"].max()]
        ratio = float((last["theorem"] / last["upper"].where(last["upper"] > 0)).median())
        parts.append(f"{number(ratio)} with {kind} kernels")
    return sentence(
        f"the theorem's bound holds in all {integer(len(table))} tickets; over the certified upper "
        f"bound it is, at the greatest depth, a factor of {listing(parts)}"
    )
