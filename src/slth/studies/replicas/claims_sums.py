"""Sentences on LeNet-5's weights and on rates of failure, beside what was published."""

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.studies.printing.formatting import (
    MISSING,
    count,
    integer,
    listing,
    number,
    percent,
    sentence,
)
from slth.studies.replicas import published as data

LEVEL = 0.99
SETS = ("MNIST", "Fashion-MNIST")
ERRORS = {"max_relative_error": "relative", "max_error": "absolute"}
FACTORS = {1: "one uniform factor", 2: "two"}
PRINTED = {"digits": "the digits", "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


def lenet_macros(table: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX."""
    samples = int(table["sample"].nunique()) if len(table) else 0
    return {
        "ReplicasLenetSetting": _lenet_setting(table, samples),
        "ReplicasLenetVerdict": _lenet_verdict(table, samples),
        "ReplicasLenetReason": _lenet_reason(table),
        "ReplicasLenetOutputs": _lenet_outputs(table),
        "ReplicasLenetSamples": integer(samples) if samples else MISSING,
        "ReplicasLenetImages": integer(table["images"].iloc[0]) if len(table) else MISSING,
    }


def failure_macros(table: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX."""
    trials = sorted({int(value) for value in table["trials"]})
    eps = sorted({float(value) for value in table["eps"]})
    return {
        "ReplicasFailuresTrials": listing(integer(value) for value in trials),
        "ReplicasFailuresEps": listing(f"${value:g}$" for value in eps),
        "ReplicasFailuresVerdict": _failures(table),
        "ReplicasFailuresConfidence": percent(float(table["confidence"].iloc[0]), 0)
        if len(table)
        else MISSING,
    }


def _lenet_setting(table: pd.DataFrame, samples: int) -> str:
    if table.empty:
        return "It was not imitated in this run."
    row = table.iloc[0]
    return sentence(
        f"here the network is trained on {PRINTED.get(row['data'], row['data'])}, "
        rf"${row['side']}\times{row['side']}$ pixels in $[0,1]$, to an accuracy of "
        f"{percent(row['accuracy_target'])} on {integer(row['held_out'])} held-out images; each of "
        f"its {integer(row['weights'])} numbers is replaced by the nearest subset sum of $n$ "
        "candidates of its own, proved nearest, and all candidates are drawn "
        f"{count(samples, 'time')}"
    )


def inside(table: pd.DataFrame, column: str, place: int) -> tuple[list[int], list[int]]:
    """The published sizes n whose value lies in the range of ``column`` over draws, and the rest.

    place: 0 MNIST, 1 Fashion-MNIST. Sizes that were not run are in neither.
    """
    within: list[int] = []
    out: list[int] = []
    for n, pair in data.LENET.items():
        values = table.loc[table["n"] == n, column].astype(float)
        if len(values):
            (within if values.min() <= pair[place] <= values.max() else out).append(n)
    return within, out


def _lenet_verdict(table: pd.DataFrame, samples: int) -> str:
    run = [n for n in data.LENET if n in set(table["n"])]
    if not run:
        return "The published sizes were not run." if len(table) else ""
    parts = []
    for column, words in ERRORS.items():
        held = [
            f"{_word(len(inside(table, column, place)[0]))} of those for {name}"
            for place, name in enumerate(SETS)
        ]
        parts.append(f"{listing(held)} lie in the range of our largest {words} errors")
    chance = percent(data.coverage(samples), 0)
    return sentence(
        f"of the {count(len(run), 'error')} published for each data set, {'; '.join(parts)}; a "
        f"further draw of ours would fall in such a range with probability {chance}"
    )


def _lenet_reason(table: pd.DataFrame) -> str:
    """Which statistic of ours the published MNIST figures are like, and why the two differ."""
    if not [n for n in data.LENET if n in set(table["n"])]:
        return ""
    relative, absolute = (len(inside(table, column, 0)[0]) for column in ERRORS)
    part = table[table["n"] == min(n for n in data.LENET if n in set(table["n"]))]
    words = (
        "the largest relative error falls on a small weight: in the median over draws at "
        rf"$n={part['n'].iloc[0]}$ on one of size {number(part['size_at_largest'].median())}, "
        f"where half of the weights exceed {number(table['median_size'].iloc[0])}"
    )
    if not (part["size_at_largest"] < table["median_size"].iloc[0]).all():
        words = (
            "the largest relative error is a ratio, of which both parts depend on the weight it "
            "falls on"
        )
    if absolute > relative:
        words += (
            f"; {_word(absolute)} of the published figures for MNIST have the size of our largest "
            f"absolute errors and {_word(relative)} that of our largest relative ones, which "
            "suggests another denominator than the weight itself"
        )
    return sentence(words)


def _lenet_outputs(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    ends = []
    for n in (table["n"].min(), table["n"].max()):
        part = table[table["n"] == n]
        share = float((part["output_error"] / part["output_scale"]).median())
        ends.append(f"{number(share)} at $n={n}$")
    changed, seen = int(table["decisions_changed"].sum()), int(table["images"].sum())
    return sentence(
        f"the largest error of an output, over the largest output, has median {listing(ends)}; "
        f"of all decisions compared, {integer(changed)} of {integer(seen)} changed"
    )


def _failures(table: pd.DataFrame) -> str:
    if table.empty:
        return "Rates of failure were not measured in this run."
    parts, outside = [], []
    for _, row in table.iterrows():
        rate = data.published_rate(row)
        if np.isnan(rate):
            continue
        within = row["low"] <= rate <= row["high"]
        if not within:
            outside.append((rate, row))
        parts.append(
            f"{_share(row['rate'])} with {FACTORS[int(row['factors'])]} (interval "
            f"{_share(row['low'])} to {_share(row['high'])}; published {_share(rate)}, "
            f"{'inside' if within else 'outside'})"
        )
    if not parts:
        return "The published sizes were not run."
    return sentence(f"at the published size the share missed is {listing(parts)}") + _judged(
        len(parts), outside
    )


def _judged(compared: int, outside: list[tuple[float, pd.Series]]) -> str:
    """Whether the published rates are reproduced; how many trials could explain one that is not."""
    rates = "rate" if compared == 1 else "rates"
    if not outside:
        return f" This run reproduces the published {rates}."
    verdict = "some of the published rates" if len(outside) < compared else f"the published {rates}"
    words = "reproduces" if len(outside) < compared else "does not reproduce"
    trials = [number(explaining_trials(rate, float(row["rate"]))) for rate, row in outside]
    return (
        f" This run {words} {verdict}. A published rate has an error of its own: from fewer than "
        f"about {listing(trials)} trials it would be as far from ours with probability above "
        f"{percent(1 - LEVEL, 0)}."
    )


def explaining_trials(published: float, rate: float) -> float:
    """Trials N at which |published − rate| is Φ⁻¹ of (1 + LEVEL)/2 standard errors of a rate."""
    return float(norm.ppf((1 + LEVEL) / 2)) ** 2 * rate * (1 - rate) / (published - rate) ** 2


def _word(value: int) -> str:
    return count(value, " ", " ").strip() if value else "none"


def _share(rate: float) -> str:
    return percent(rate, 3 if rate < 0.01 else 2)
