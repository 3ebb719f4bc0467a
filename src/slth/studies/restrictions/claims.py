"""Open problem 3 in print: the structured construction with one restriction lifted at a time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    count,
    fixed,
    integer,
    listing,
    number,
    percent,
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import Side, any_of, clause, count_of, sentence, side
from slth.studies.restrictions import wordings
from slth.studies.restrictions.ratios import BASE, CONFIDENCE, NAMES, Ratio, ratio, variants
from slth.studies.restrictions.tables import _interval
from slth.studies.restrictions.wordings import Effect, Lifted

READS = {"restrictions": "restrictions"}  # table: kind
COLUMNS = ["variant", "replicate", "n", "d", "granularity", "shared", "worst_error", "seen"]
COLUMNS += ["size", "inputs", "upper"]


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    frame = complete("restrictions", frames["restrictions"], COLUMNS)
    return {
        "RestrictionsSetting": _setting(frame),
        "RestrictionsShared": _shared(frame),
        "RestrictionsVerdict": _verdict(frame),
        "RestrictionsUniform": _uniform(frame),
        "RestrictionsTanh": _tanh(frame),
        "RestrictionsAbstract": _abstract(frame),
        "RestrictionsConfidence": percent(CONFIDENCE, 0),
        "RestrictionsSeeds": count(_seeds(frame), "seed"),
    }


def _seeds(frame: pd.DataFrame) -> int:
    return int(frame["replicate"].nunique())


def _setting(frame: pd.DataFrame) -> str:
    removed = [wordings.REMOVED[name] for name in frame["granularity"][:1]]
    return sentence(
        any_of(frame),
        wordings.SETTING,
        targets=count(_seeds(frame), "target"),
        n=first(frame, "n"),
        removed=listing(removed),
        d=first(frame, "d"),
    )


def _shared(frame: pd.DataFrame) -> str:
    """That geometry does not enter the subset problems, where the rows say so."""
    worst = frame.set_index(["variant", "replicate"])["worst_error"]
    same = [
        NAMES[name][0]
        for name in variants(frame[frame["shared"].astype(bool)])
        if (worst[name] == worst[BASE]).all()
    ]
    return sentence(count_of(same), wordings.SHARED, variants=listing(same))


def effects(ratios: Mapping[str, Ratio]) -> dict[Effect, list[str]]:
    """Variants per effect on the relative error, by the interval of the ratio to the base's."""
    sides = {name: side(r.low, r.high, 1) for name, r in ratios.items()}
    less = Effect.ALSO_LESS if Side.ABOVE in sides.values() else Effect.LESS
    named = {Side.ABOVE: Effect.MORE, Side.BELOW: less, Side.AROUND: Effect.SAME}
    found = {name: named.get(where, Effect.UNKNOWN) for name, where in sides.items()}
    return {
        effect: names
        for effect in Effect
        if (names := [name for name, verdict in found.items() if verdict is effect])
    }


def _relative(frame: pd.DataFrame) -> dict[str, Ratio]:
    return {name: ratio(frame, name, "relative") for name in variants(frame) if name != BASE}


def lifted(ratios: Mapping[str, Ratio]) -> Lifted:
    """How many variants have more relative error than the base, by the interval of the ratio."""
    if not ratios:
        return Lifted.NOTHING
    known, more = len(_known(ratios)), len(effects(ratios).get(Effect.MORE, ()))
    if known < 2:
        return (Lifted.ONE_COSTS if more else Lifted.ONE_FREE) if known else Lifted.UNKNOWN
    return Lifted.ALL if more == known else Lifted.SOME if more else Lifted.NONE


def _known(ratios: Mapping[str, Ratio]) -> list[str]:
    return [name for name, r in ratios.items() if np.isfinite(r.low)]


def _abstract(frame: pd.DataFrame) -> str:
    """How many lifted restrictions cost error, and the least and the largest ratio."""
    ratios = _relative(frame)
    means = [r.mean for r in ratios.values() if np.isfinite(r.mean)]
    more = len(effects(ratios).get(Effect.MORE, ()))
    said = sentence(
        lifted(ratios),
        wordings.ABSTRACT,
        variant="".join(NAMES[name][0] for name in _known(ratios)[:1]),
        variants=count(len(_known(ratios)), "restriction"),
        cases=count(more, "case"),
    )
    least_most = sentence(any_of(means), wordings.ABSTRACT_RATIOS, ratios=span(means, "fixed"))
    return " ".join(filter(None, (said, least_most)))


def _verdict(frame: pd.DataFrame) -> str:
    """Which variants cost error, which do not, by the interval of the relative errors."""
    ratios = _relative(frame)
    parts = []
    for effect, names in effects(ratios).items():
        known = effect is not Effect.UNKNOWN
        shown = [
            f"{NAMES[name][0]} ({fixed(ratios[name].mean)})" if known else NAMES[name][0]
            for name in names
        ]
        fields = {"confidence": percent(CONFIDENCE, 0), "variants": listing(shown)}
        parts.append(clause(effect, wordings.EFFECT, **fields))
    return sentence(any_of(parts), wordings.EFFECTS, effects="; ".join(parts))


def _uniform(frame: pd.DataFrame) -> str:
    """Whether uniform weights make the subset problems harder, by the interval."""
    if "uniform" not in variants(frame):
        return ""
    r = ratio(frame, "uniform", "worst_error")
    return sentence(side(r.low, r.high, 1), wordings.UNIFORM, ratio=_interval(r))


def _tanh(frame: pd.DataFrame) -> str:
    part = frame[frame["variant"] == "tanh"]
    seen, bound = float(part["seen"].median()), float(part["upper"].median())
    inputs = integer(first(part, "inputs"))
    return sentence(
        any_of(part), wordings.TANH, inputs=inputs, seen=number(seen), bound=number(bound)
    )
