"""Sentences on LeNet-5's weights and on rates of failure, beside what was published."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.studies.printing.formatting import (
    count,
    counts,
    integer,
    listing,
    number,
    percent,
)
from slth.studies.printing.summaries import first
from slth.studies.printing.wordings import Side, any_of, clause, sentence, side
from slth.studies.replicas import published as data
from slth.studies.replicas import wordings
from slth.studies.replicas.wordings import (
    PRINTED,
    SETS,
    Imitated,
    Judged,
    Published,
    Reason,
)

LEVEL = 0.99


def lenet_macros(table: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX."""
    samples = int(table["sample"].nunique())
    return {
        "ReplicasLenetSetting": _lenet_setting(table, samples),
        "ReplicasLenetVerdict": _lenet_verdict(table, samples),
        "ReplicasLenetReason": _lenet_reason(table),
        "ReplicasLenetOutputs": _lenet_outputs(table),
        "ReplicasLenetSamples": counts([samples] if samples else [], "draw"),
        "ReplicasLenetImages": integer(first(table, "images")),
    }


def failure_macros(table: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX."""
    trials = sorted({int(value) for value in table["trials"]})
    eps = sorted({float(value) for value in table["eps"]})
    return {
        "ReplicasFailuresTrials": listing(integer(value) for value in trials),
        "ReplicasFailuresEps": listing(f"${value:g}$" for value in eps),
        "ReplicasFailuresVerdict": _failures(table),
        "ReplicasFailuresConfidence": percent(first(table, "confidence"), 0),
    }


def _lenet_setting(table: pd.DataFrame, samples: int) -> str:
    names = [PRINTED.get(name, name) for name in table["data"][:1]] if len(table) else []
    return sentence(
        any_of(table),
        wordings.LENET_SETTING,
        data=listing(names),
        side=f"{first(table, 'side'):g}",
        accuracy=percent(first(table, "accuracy_target")),
        held_out=integer(first(table, "held_out")),
        weights=integer(first(table, "weights")),
        times=count(samples, "time"),
    )


def places(table: pd.DataFrame, place: int) -> dict[int, Side]:
    """Where the range of our errors, of the published kind, lies against each published figure.

    place: 0 MNIST, 1 Fashion-MNIST. Sizes that were not run are left out.
    """
    found: dict[int, Side] = {}
    for n, pair in data.LENET.items():
        values = table.loc[table["n"] == n, "tensor_error"].astype(float)
        if len(values):
            found[n] = side(float(values.min()), float(values.max()), pair[place])
    return found


def _sizes_run(table: pd.DataFrame) -> list[int]:
    return [n for n in data.LENET if n in set(table["n"])]


def _lenet_verdict(table: pd.DataFrame, samples: int) -> str:
    found = [places(table, place) for place in range(len(SETS))]
    counts = [
        f"{_word(sum(at is Side.AROUND for at in one.values()))} of those for {name}"
        for one, name in zip(found, SETS, strict=True)
    ]
    out = [
        clause(at, wordings.FARTHER, value=number(data.LENET[n][place]), name=name, n=n)
        for place, name in enumerate(SETS)
        for n, at in found[place].items()
        if at is not Side.AROUND
    ]
    return sentence(
        imitated(table),
        wordings.LENET,
        errors=count(len(_sizes_run(table)), "error"),
        counts=listing(counts),
        outside=clause(any_of(out), wordings.OUTSIDE, listed=listing(out)),
        chance=percent(data.coverage(samples), 0),
    )


def imitated(table: pd.DataFrame) -> Imitated:
    """How many of the published errors lie in the ranges of this run's draws."""
    if table.empty:
        return Imitated.NOTHING
    at = [each for place in range(len(SETS)) for each in places(table, place).values()]
    if not at:
        return Imitated.NOT_RUN
    within = sum(each is Side.AROUND for each in at)
    return Imitated.ALL if within == len(at) else Imitated.SOME if within else Imitated.NONE


def _published(table: pd.DataFrame, run: bool) -> Published:
    return Published.NOTHING if table.empty else Published.RUN if run else Published.NOT_RUN


def reason(table: pd.DataFrame) -> Reason:
    """Whether the largest relative error falls on a small weight in every draw."""
    run = _sizes_run(table)
    if not run:
        return Reason.NOT_RUN
    small = table.loc[table["n"] == min(run), "size_at_largest"] < table["median_size"].iloc[0]
    return Reason.SMALL_WEIGHT if small.all() else Reason.RATIO


def _lenet_reason(table: pd.DataFrame) -> str:
    """Why the error over the weight itself is another quantity than the published one."""
    run = _sizes_run(table)
    if not run:
        return sentence(reason(table), wordings.REASON)
    size = table.loc[table["n"] == min(run), "size_at_largest"].median()
    return sentence(
        reason(table),
        wordings.REASON,
        n=min(run),
        size=number(size),
        half=number(table["median_size"].iloc[0]),
    )


def _lenet_outputs(table: pd.DataFrame) -> str:
    if table.empty:
        return sentence(any_of(table), wordings.OUTPUTS)
    share = (table["output_error"] / table["output_scale"]).groupby(table["n"]).median()
    ends = [f"{number(share[n])} at $n={n}$" for n in (table["n"].min(), table["n"].max())]
    changed, seen = int(table["decisions_changed"].sum()), int(table["images"].sum())
    return sentence(
        any_of(table),
        wordings.OUTPUTS,
        shares=listing(ends),
        changed=integer(changed),
        seen=integer(seen),
    )


def _published_rows(table: pd.DataFrame) -> list[dict]:
    rows = [row.to_dict() | {"published": data.published_rate(row)} for _, row in table.iterrows()]
    return [row for row in rows if not np.isnan(row["published"])]


def compared(table: pd.DataFrame) -> list[Side]:
    """Where the intervals of our rates lie against the published ones, where there are any."""
    return [_place(row) for row in _published_rows(table)]


def _failures(table: pd.DataFrame) -> str:
    rows = _published_rows(table)
    rates = [
        wordings.RATE.format(
            rate=_share(row["rate"]),
            factors=wordings.FACTORS[int(row["factors"])],
            low=_share(row["low"]),
            high=_share(row["high"]),
            published=_share(row["published"]),
            place=clause(_place(row), wordings.PLACE),
        )
        for row in rows
    ]
    outside = [row for row in rows if _place(row) is not Side.AROUND]
    trials = (number(explaining_trials(row["published"], float(row["rate"]))) for row in outside)
    judged_words = clause(
        judged(len(rows), len(outside)),
        wordings.JUDGED,
        trials=listing(trials),
        probability=percent(1 - LEVEL, 0),
    )
    return sentence(
        _published(table, bool(rows)), wordings.FAILURES, rates=listing(rates), judged=judged_words
    )


def _place(row: dict) -> Side:
    """Where the interval lies against the published rate."""
    return side(row["low"], row["high"], row["published"])


def judged(compared: int, missed: int) -> Judged:
    """How many of the published rates are reproduced."""
    if missed and missed < compared:
        return Judged.SOME
    if missed:
        return Judged.ONE_MISSED if compared == 1 else Judged.ALL_MISSED
    return Judged.ONE_REPRODUCED if compared == 1 else Judged.ALL_REPRODUCED


def explaining_trials(published: float, rate: float) -> float:
    """Trials N at which |published − rate| is Φ⁻¹ of (1 + LEVEL)/2 standard errors of a rate."""
    return float(norm.ppf((1 + LEVEL) / 2)) ** 2 * rate * (1 - rate) / (published - rate) ** 2


def _word(value: int) -> str:
    return count(value, " ", " ").strip() if value else "none"


def _share(rate: float) -> str:
    return percent(rate, 3 if rate < 0.01 else 2)
