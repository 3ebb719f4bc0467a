"""The section on removed neurons: which law the error follows, and how fast it falls."""

from collections.abc import Mapping

import pandas as pd

from slth.studies.neurons import wordings
from slth.studies.neurons.laws import (
    CAPPED,
    COLUMNS,
    CONFIDENCE,
    RESAMPLES,
    Law,
    draws,
    fits,
    interval,
    medians,
)
from slth.studies.printing.formatting import (
    counts,
    fixed,
    integer,
    listing,
    number,
    percent,
    span,
)
from slth.studies.printing.summaries import complete
from slth.studies.printing.wordings import any_of, clause, sentence, share, side

READS = {"neurons": "neurons"}  # table: kind
HALF = 0.5  # bits per neuron of a subset sum of the half of the neurons that face the target
Frames = Mapping[str, pd.DataFrame]


def read(frames: Frames) -> pd.DataFrame:
    """The instances."""
    return complete("neurons", frames["neurons"], COLUMNS)


def macros(frames: Frames) -> dict[str, str]:
    """Return the numbers and sentences."""
    frame = read(frames)
    points, table = medians(frame), fits(frame)
    return {
        "NeuronsSetting": _setting(frame, points),
        "NeuronsInstances": counts(points["count"], "instance"),
        "NeuronsConfidence": percent(CONFIDENCE, 0),
        "NeuronsResamples": integer(RESAMPLES),
        "NeuronsCapped": percent(CAPPED, 0),
        "NeuronsLaw": _law(points, table),
        "NeuronsRate": _rate(frame, table),
        "NeuronsPower": _power(table),
        "NeuronsReached": _reached(points),
        "NeuronsAnswer": _answer(points, table),
    }


def _setting(frame: pd.DataFrame, points: pd.DataFrame) -> str:
    proved = int(frame["proved"].astype(bool).sum())
    parts = [
        sentence(
            any_of(frame),
            wordings.SETTING,
            instances=counts(points["count"], "instance"),
            points=integer(len(points)),
            n=integer(points["n"].max()) if len(points) else "",
        ),
        sentence(
            share(proved, len(frame)),
            wordings.PROVED,
            some=integer(proved),
            total=integer(len(frame)),
        ),
    ]
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    return " ".join(part for part in parts if part)


def verdicts(points: pd.DataFrame, table: pd.DataFrame) -> dict[int, Law]:
    """The verdict at each number of inputs; UNKNOWN also where nothing could be fitted."""
    found = {int(p): law for p, law in zip(table["inputs"], table["law"], strict=True)}
    return {int(p): found.get(int(p), Law.UNKNOWN) for p in sorted(set(points["inputs"]))}


def _law(points: pd.DataFrame, table: pd.DataFrame) -> str:
    """A sentence for each verdict that some number of inputs has."""
    found = verdicts(points, table)
    parts = []
    for law in (Law.EXPONENTIAL, Law.POWER, Law.UNDECIDED, Law.UNKNOWN):
        where = listing(f"$p={p}$" for p, each in found.items() if each is law)
        if law in found.values():
            parts.append(sentence(law, wordings.LAW, where=where))
    return _joined(parts)


def _with_ends(row: pd.Series, name: str) -> str:
    return f"{fixed(row[name])} ({fixed(row[f'{name}_low'])} to {fixed(row[f'{name}_high'])})"


def _rate(frame: pd.DataFrame, table: pd.DataFrame) -> str:
    """The rate with one input against a half; in how many other rows it is smaller than that."""
    one, more = table[table["inputs"] == 1], table[table["inputs"] > 1]
    if one.empty:
        return ""
    first = one.iloc[0]
    drawn = draws(frame)
    gaps = [interval(drawn[1].rates - drawn[int(p)].rates) for p in more["inputs"]]
    slower = sum(gap.low > 0 for gap in gaps)
    return _joined(
        [
            sentence(
                side(float(first["rate_low"]), float(first["rate_high"]), HALF),
                wordings.RATE,
                rate=_with_ends(first, "rate"),
            ),
            sentence(
                share(slower, len(gaps)),
                wordings.SLOWER,
                some=integer(slower),
                total=integer(len(gaps)),
                rate=span(more["rate"], "fixed"),
            ),
        ]
    )


def _answer(points: pd.DataFrame, table: pd.DataFrame) -> str:
    """The rate at each number of inputs, and where the law is not known."""
    rates = [
        wordings.RATE_AT.format(rate=fixed(row["rate"]), p=integer(row["inputs"]))
        for _, row in table.iterrows()
    ]
    open_at = [p for p, law in verdicts(points, table).items() if law is Law.UNDECIDED]
    where = listing(f"$p={p}$" for p in open_at)
    undecided = clause(any_of(open_at), wordings.UNDECIDED, where=where)
    return sentence(any_of(rates), wordings.ANSWER, rates=listing(rates), undecided=undecided)


def _power(table: pd.DataFrame) -> str:
    """The exponent against one, at each number of inputs but the first that has enough sizes."""
    own = table[(table["inputs"] > 1) & (table["law"] != Law.UNKNOWN)]
    parts = []
    for _, row in own.iterrows():
        found = side(float(row["power_low"]), float(row["power_high"]), 1.0)
        power = _with_ends(row, "power")
        parts.append(sentence(found, wordings.POWER, p=integer(row["inputs"]), power=power))
    return _joined(parts)


def _reached(points: pd.DataFrame) -> str:
    last = points.sort_values("n").groupby("inputs").tail(1).sort_values("inputs")
    one, more = last[last["inputs"] == 1], last[last["inputs"] > 1]
    both = more if len(one) else one
    capped = last[last["none"].astype(float) > CAPPED]
    parts = [
        sentence(
            any_of(both),
            wordings.REACHED,
            one=number(one["median"].iloc[0]) if len(one) else "",
            more=span(more["median"], "fixed"),
        )
    ]
    for _, row in capped.iterrows():
        none = percent(row["none"], 0)
        parts.append(sentence(any_of([row]), wordings.EMPTY, p=integer(row["inputs"]), none=none))
    return _joined(parts)
