"""What the abstract and the table of answers say of the tickets of real networks."""

from enum import Enum

import pandas as pd

from slth.studies.cnns.words import GRANULARITIES, NETWORKS
from slth.studies.printing.formatting import listing, number, percent, sentence, span


class Reached(Enum):
    """Whether the tickets of the coarsest granularity are as accurate as their targets."""

    CLOSE = "close"
    FAR = "far"


LOST = 0.02  # accuracy below the target's up to which a ticket is called as accurate
ACCURACY = {
    Reached.CLOSE: "accuracy falls by {lost} at most",
    Reached.FAR: "accuracy falls by up to {lost}",
}


def reached(part: pd.DataFrame) -> Reached:
    """part: tickets of one granularity, medians over random networks are taken."""
    return Reached.CLOSE if _lost(part) <= LOST else Reached.FAR


def _lost(part: pd.DataFrame) -> float:
    gap = part["accuracy_target"] - part["accuracy_ticket"]
    return max(float(gap.groupby(part["network"], sort=False).median().max()), 0.0)


def _coarsest(last: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    name = [each for each in GRANULARITIES if each in set(last["granularity"])][-1]
    return name, last[last["granularity"] == name]


def _medians(part: pd.DataFrame) -> str:
    medians = part.groupby("network", sort=False)["agreement"].median()
    return listing(f"{percent(value)} ({NETWORKS[str(name)]})" for name, value in medians.items())


def abstract(last: pd.DataFrame) -> str:
    """The coarsest tickets: agreement, accuracy, size; last: under the last rule of targets."""
    name, part = _coarsest(last)
    lost = ACCURACY[reached(part)].format(lost=percent(_lost(part)))
    kept = span(part.groupby("network")["kept_a_weight"].median().round())
    return (
        f"We build such networks by removing {GRANULARITIES[name]}. They decide as their targets "
        f"on "
        f"{_medians(part)} of the held-out images, and {lost}. For every weight that they imitate "
        f"they keep {kept} random ones."
    )


def answer(last: pd.DataFrame) -> str:
    """Agreement of the coarsest tickets, beside that of single weights; what their bound says."""
    name, part = _coarsest(last)
    words = f"removing {GRANULARITIES[name]} leaves the decision as it was for {_medians(part)}"
    fine = last[last["granularity"] == "entry"]
    if name != "entry" and len(fine):
        words += f"; with single weights it is {span(fine['agreement'], 'percent')}"
    least = float(part["bound"].min())
    proved = int(part["certified"].max())
    largest = f"the closed bound is {number(least)} times the largest output"
    end = (
        f"a closed bound over all images proves up to {percent(proved / part['held_out'].max())}"
        if proved
        else f"over all images no decision is proved, as {largest}"
    )
    return f"{sentence(words)} {sentence(end)}"
