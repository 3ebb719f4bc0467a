"""Open problem 3 in print: the structured construction with one restriction lifted at a time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
)
from slth.studies.restrictions.ratios import BASE, CONFIDENCE, NAMES, ratio, variants
from slth.studies.restrictions.tables import _interval

READS = {"restrictions": "restrictions"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    frame = frames["restrictions"]
    return {
        "RestrictionsSetting": _setting(frame),
        "RestrictionsShared": _shared(frame),
        "RestrictionsVerdict": _verdict(frame),
        "RestrictionsUniform": _uniform(frame),
        "RestrictionsTanh": _tanh(frame),
        "RestrictionsConfidence": percent(CONFIDENCE, 0),
        "RestrictionsSeeds": integer(_seeds(frame)) if len(frame) else "no",
    }


def _seeds(frame: pd.DataFrame) -> int:
    return int(frame["replicate"].nunique())


def _setting(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "The experiment was switched off in this run."
    first = frame.iloc[0]
    removed = {"filter": "whole filters", "kernel": "single kernels", "entry": "single weights"}
    return sentence(
        f"in this run {integer(_seeds(frame))} targets were drawn, each met by random networks "
        f"with about $n = {first['n']:g}$ candidates a problem, of which "
        f"{removed[first['granularity']]} are removed ($d = {first['d']:g}$), "
        "and every problem was solved once"
    )


def _shared(frame: pd.DataFrame) -> str:
    """That geometry does not enter the subset problems, where the rows say so."""
    if frame.empty:
        return ""
    base = frame[frame["variant"] == BASE].set_index("replicate")["worst_error"]
    shared = frame[frame["shared"]]
    same = [
        NAMES[name][0]
        for name in variants(shared)
        if (shared[shared["variant"] == name].set_index("replicate")["worst_error"] == base).all()
    ]
    if not same:
        return ""
    return sentence(
        f"{listing(same)} leave{'s' if len(same) == 1 else ''} the subset problems as they were, "
        "so that the base's solutions serve unchanged; what differs is what the network makes of "
        "the same errors"
    )


def _verdict(frame: pd.DataFrame) -> str:
    """Which variants cost error, which do not, by the interval of the relative errors."""
    sides: dict[str, list[str]] = {"more": [], "less": [], "same": [], "unknown": []}
    for name in variants(frame):
        if name == BASE:
            continue
        r = ratio(frame, name, "relative")
        side = "unknown"
        if np.isfinite(r.low):
            side = "more" if r.low > 1 else "less" if r.high < 1 else "same"
        words = f"{NAMES[name][0]} ({fixed(r.mean)})"
        sides[side].append(words if side != "unknown" else NAMES[name][0])
    clear = rf"with {percent(CONFIDENCE, 0)} intervals clear of one"
    texts = {
        "more": f"the relative error at equal inputs exceeds the base's, {clear}, for {{}}",
        "less": f"it falls below the base's, {clear}, for {{}}",
        "same": "the interval of the ratio holds one for {}",
        "unknown": "one seed gives no interval for {}",
    }
    if sides["less"] and not sides["more"]:
        texts["less"] = (
            f"the relative error at equal inputs falls below the base's, {clear}, for {{}}"
        )
    parts = [texts[side].format(listing(names)) for side, names in sides.items() if names]
    if not parts:
        return "No variant was built."
    return sentence("; ".join(parts))


def _uniform(frame: pd.DataFrame) -> str:
    """Whether uniform weights make the subset problems harder, by the interval."""
    if "uniform" not in variants(frame):
        return ""
    r = ratio(frame, "uniform", "worst_error")
    verdict = "does not tell the two laws apart"
    if np.isfinite(r.low) and (r.low > 1 or r.high < 1):
        verdict = "is " + ("larger" if r.low > 1 else "smaller") + " than with normal ones"
    return sentence(
        f"with uniform weights the error of the worst subset problem {verdict}, by a factor of "
        f"{_interval(r)}"
    )


def _tanh(frame: pd.DataFrame) -> str:
    if "tanh" not in variants(frame):
        return ""
    part = frame[frame["variant"] == "tanh"]
    seen, bound = float(part["seen"].median()), float(part["upper"].median())
    return sentence(
        f"for tanh no bracket is defined: the largest error at {integer(part['inputs'].iloc[0])} "
        f"random inputs is {number(seen)} and the closed form, remainders of the linear "
        f"approximation included, {number(bound)} (medians)"
    )
