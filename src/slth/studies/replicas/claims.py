"""Sentences on the published experiments run again; each says what this run supports."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    MISSING,
    count,
    fixed,
    integer,
    listing,
    number,
    percent,
    setting,
)
from slth.studies.printing.published import DENSE, WIDTHS
from slth.studies.printing.summaries import first
from slth.studies.printing.wordings import any_of, clause, sentence
from slth.studies.replicas import published as data
from slth.studies.replicas import wordings
from slth.studies.replicas.claims_abstract import abstract
from slth.studies.replicas.claims_sums import failure_macros, lenet_macros
from slth.studies.replicas.wordings import PRINTED, Accuracy, Mean, Result, Setting, Size, Weights

Frames = Mapping[str, pd.DataFrame]
P = DENSE
DECIMALS = 0.5e-4  # half a unit in the last place of the published accuracies
GIVEN = ("published figures",)  # numbers that the run takes over
READS = {
    "replicas_dense": "replicas_dense",
    "replicas_lenet": "replicas_lenet",
    "replicas_failures": "replicas_failures",
}  # table: kind


def macros(frames: Frames) -> dict[str, str]:
    """Return macro name → LaTeX; the names are the same whatever the data."""
    table = data.dense(frames)
    own = table[(table["n"] == P["n"]) & np.isclose(table["eps"].astype(float), P["eps"])]
    return {
        "ReplicasDensePublished": _published(),
        "ReplicasDenseSetting": _setting(table),
        "ReplicasDenseShared": _kind(own, "rows", table.empty),
        "ReplicasDenseKept": _kept(own[own["coefficients"] == "rows"]),
        "ReplicasDenseProducts": _kind(own, "products", table.empty),
        "ReplicasDenseWider": _wider(table[table["coefficients"] == "products"]),
        "ReplicasDenseWork": _work(own),
        "ReplicasDenseSeeds": count(table["replicate"].nunique(), "random network")
        if len(table)
        else MISSING,
        "ReplicasDenseHeldOut": integer(first(table, "held_out")),
        **lenet_macros(data.lenet(frames)),
        **failure_macros(data.failures(frames)),
        "ReplicasAbstract": abstract(*_least(own), data.lenet(frames), data.failures(frames)),
    }


def _published() -> str:
    return sentence(
        Accuracy.KEPT if P["before"] == P["after"] else Accuracy.MOVED,
        wordings.PUBLISHED,
        widths="--".join(map(str, WIDTHS)),
        weights=integer(P["weights"]),
        n=P["n"],
        eps=P["eps"],
        kept=setting(P["kept"]),
        before=percent(P["before"], 2),
        after=percent(P["after"], 2),
    )


def size(table: pd.DataFrame) -> Size:
    """The size of the target against the published one."""
    if table.empty:
        return Size.NOTHING
    difference = first(table, "weights") - P["weights"]
    return Size.EQUAL if difference == 0 else Size.SMALLER if difference < 0 else Size.LARGER


def _setting(table: pd.DataFrame) -> str:
    if table.empty:
        return sentence(size(table), wordings.SETTING)
    row = table.iloc[0]
    sides = {"before": row["native_side"], "after": row["side"]}
    resized = any_of([] if row["side"] == row["native_side"] else [row["side"]])
    return sentence(
        size(table),
        wordings.SETTING,
        widths="--".join(str(row["widths"]).split("-")),
        weights=integer(row["weights"]),
        images=integer(row["train"]),
        data=PRINTED.get(row["data"], row["data"]),
        resized=clause(resized, wordings.RESIZED, **sides),
        largest=number(row["largest_weight"]),
    )


def _missed(part: pd.DataFrame) -> tuple[int, int]:
    """Subset problems that were not solved within eps, of how many."""
    problems = int(part["problems"].sum())
    return int((part["problems"] - part["hits"]).sum()), problems


def weights(part: pd.DataFrame, off: bool) -> Weights:
    """Whether all weights of the tickets are within eps; ``off``: no dense network was built."""
    if part.empty:
        return Weights.OFF if off else Weights.NOT_TRIED
    return Weights.MISSED if _missed(part)[0] else Weights.WITHIN


def _kind(own: pd.DataFrame, kind: str, off: bool) -> str:
    """Misses and accuracies at the published n and eps."""
    part = own[own["coefficients"] == kind]
    missed, problems = _missed(part)
    said = sentence(
        weights(part, off),
        wordings.WEIGHTS,
        coefficients=wordings.COEFFICIENTS[kind],
        n=P["n"],
        eps=P["eps"],
        missed=integer(missed),
        problems=integer(problems),
        worst=number(float(part["worst_error"].max())) if len(part) else MISSING,
        accuracy=_accuracy(part),
    )
    return f"{said} {_result(part)}" if kind == "rows" and len(part) else said


def result(least: pd.DataFrame) -> Result:
    """The published result: no weight is missed and accuracy stays, to its two decimals."""
    if least.empty:
        return Result.UNKNOWN
    moved = (least["accuracy_ticket"] - least["accuracy_target"]).abs().max()
    same = moved < DECIMALS and not _missed(least)[0]
    return Result.REPRODUCED if same else Result.NOT_REPRODUCED


def _least(own: pd.DataFrame) -> tuple[Result, Setting]:
    """The result with coefficients shared by a row and least error, and where it was sought."""
    if own.empty:
        return Result.UNKNOWN, Setting.OTHER
    least = own[(own["coefficients"] == "rows") & (own["asked"] == "least")]
    published = (least["weights"] == P["weights"]) & (least["data"] == "mnist")
    return result(least), Setting.PUBLISHED if published[:1].all() else Setting.OTHER


def _result(part: pd.DataFrame) -> str:
    found, place = _least(part)
    return sentence(found, wordings.RESULT, elsewhere=clause(place, wordings.ELSEWHERE))


def _accuracy(part: pd.DataFrame) -> str:
    """Accuracy before and after, and how many decisions moved, by question."""
    after, changed = [], []
    for asked, words in wordings.QUESTIONS.items():
        of = part[part["asked"] == asked]
        if of.empty:
            continue
        after.append(f"{percent(data.spread(of['accuracy_ticket']).median, 2)} {words}")
        moved, images = int(of["decisions_changed"].sum()), int(of["held_out"].sum())
        changed.append(f"{integer(moved)} of {integer(images)}")
    return wordings.ACCURACY.format(
        before=percent(first(part, "accuracy_target"), 2),
        after=listing(after),
        changed=listing(changed),
    )


def published_mean(least: data.Spread, within: data.Spread) -> Mean:
    """Where the published mean of coefficients kept lies, against this run's two."""
    if not (least.count and within.count):
        return Mean.UNKNOWN
    if least.low <= P["kept"] <= least.high:
        return Mean.IN_INTERVAL
    low, high = sorted((within.mean, least.mean))
    return Mean.BETWEEN if low <= P["kept"] <= high else Mean.OUTSIDE


def _kept(rows: pd.DataFrame) -> str:
    """Coefficients kept per weight, beside the published mean."""
    if rows.empty:
        return sentence(Mean.UNKNOWN, wordings.MEAN)
    least, within = (
        data.spread(rows.loc[rows["asked"] == asked, "kept_a_weight"])
        for asked in ("least", "within")
    )
    ends = [end for end in (least.low, least.high) if np.isfinite(end)]
    confidence, low, high = percent(data.CONFIDENCE, 0), fixed(least.low), fixed(least.high)
    return sentence(
        published_mean(least, within),
        wordings.MEAN,
        least=fixed(least.mean),
        interval=clause(any_of(ends), wordings.INTERVAL, confidence=confidence, low=low, high=high),
        within=fixed(within.mean),
        published=setting(P["kept"]),
    )


def _wider(table: pd.DataFrame) -> str:
    """From the fewest to the most candidates, with products."""
    sizes = sorted(set(table["n"]))
    misses = []
    for n in (sizes[0], sizes[-1]) if len(sizes) > 1 else ():
        part = table[(table["n"] == n) & (table["asked"] == "least")]
        missed, problems = map(integer, _missed(part))
        after = percent(data.spread(part["accuracy_ticket"]).median)
        misses.append(wordings.MISSES.format(missed=missed, problems=problems, n=n, after=after))
    return sentence(any_of(misses), wordings.WIDER, misses=", and ".join(misses))


def _work(own: pd.DataFrame) -> str:
    """Subset sums examined per weight, which no machine changes."""
    part = own[own["asked"] == "least"]
    sums = float(part["work"].sum() / part["problems"].sum()) if len(part) else np.nan
    return sentence(any_of(part), wordings.WORK, sums=integer(sums), n=P["n"])
