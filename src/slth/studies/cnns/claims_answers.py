"""What the abstract and the table of answers say of the tickets of real networks."""

from enum import Enum

import pandas as pd

from slth.studies.cnns.words import GRANULARITIES, NETWORKS
from slth.studies.printing.formatting import (
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    span,
)


class Reached(Enum):
    """Whether the tickets of the coarsest granularity are as accurate as their targets."""

    KEPT = "kept"
    CLOSE = "close"
    FAR = "far"


LOST = 0.02  # accuracy below the target's up to which a ticket is called as accurate
ACCURACY = {
    Reached.KEPT: "accuracy does not fall",
    Reached.CLOSE: "accuracy falls by {lost} percentage points at most",
    Reached.FAR: "accuracy falls by up to {lost} percentage points",
}
FIRST = {"filter": ", to our knowledge for the first time"}
PROVED = {
    False: "A bound over all images proves none of these decisions",
    True: "A bound over all images proves up to {shares} of these decisions",
}


def reached(part: pd.DataFrame) -> Reached:
    """part: tickets of one granularity; the one that loses most counts."""
    lost = _lost(part)
    if lost <= 0:
        return Reached.KEPT
    return Reached.CLOSE if lost <= LOST else Reached.FAR


def _lost(part: pd.DataFrame) -> float:
    return max(float((part["accuracy_target"] - part["accuracy_ticket"]).max()), 0.0)


def _coarsest(last: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    name = [each for each in GRANULARITIES if each in set(last["granularity"])][-1]
    return name, last[last["granularity"] == name]


def _medians(part: pd.DataFrame) -> str:
    medians = part.groupby("network", sort=False)["agreement"].median()
    return listing(f"{percent(value)} ({NETWORKS[str(name)]})" for name, value in medians.items())


def _proved(part: pd.DataFrame) -> float:
    """The largest share of held-out images whose decision the closed bound proves."""
    return float((part["certified"] / part["held_out"]).max())


def _decides(part: pd.DataFrame) -> str:
    """Whose decisions are counted: one ticket's of each network, or the median one's."""
    single = len(part) == part["network"].nunique()
    return "the ticket decides" if single else "the median ticket decides"


def _worst(part: pd.DataFrame) -> str:
    """Agreement of the worst ticket, where that is less than every median."""
    least = float(part["agreement"].min())
    below = least < part.groupby("network")["agreement"].median().min()
    return percent(least) if below else ""


def _looked(own: pd.DataFrame, part: pd.DataFrame) -> str:
    """What the images that targets look at bring; part: tickets whose targets do so, if any do."""
    plain = own[(own["targets"] == "plain") & (own["granularity"] == part["granularity"].iloc[0])]
    if plain.empty or set(part["targets"]) == {"plain"}:
        return ""
    least = plain.groupby("network")["agreement"].median().min()
    return (
        f"For that, targets look at {integer(part['fitted'].max())} training images; with plain "
        f"targets the lowest median is {percent(float(least))}. "
    )


def _sizes(part: pd.DataFrame, trained: pd.DataFrame) -> str:
    """How many parameters the targets have, where that is known."""
    known = trained.loc[trained["network"].isin(part["network"]), "parameters"]
    return f", of {span(known)} parameters," if len(known) else ""


def abstract(own: pd.DataFrame, last: pd.DataFrame, trained: pd.DataFrame) -> str:
    """The coarsest tickets: agreement, accuracy, size.

    last: those under the last rule of targets. trained: the targets, for their sizes.
    """
    name, part = _coarsest(last)
    lost = ACCURACY[reached(part)].format(lost=fixed(100 * _lost(part), 1))
    kept = span(part.groupby("network")["kept_a_weight"].median().round())
    agreement = span(part.groupby("network")["agreement"].median(), "percent")
    end = PROVED[_proved(part) > 0].format(shares=percent(_proved(part)))
    targets = listing(NETWORKS[str(network)] for network in dict.fromkeys(part["network"]))
    decides = f"{_decides(part)} as its target on {agreement} of the held-out images"
    worst = _worst(part)
    falls = f"the worst does so on {worst}, and {lost}" if worst else lost
    return (
        f"We build tickets of {targets}{_sizes(part, trained)} by removing "
        f"{GRANULARITIES[name]}{FIRST.get(name, '')}. {sentence(decides)} {sentence(falls)} "
        f"{_looked(own, part)}For every weight that they imitate tickets keep {kept} random "
        f"ones. {end}."
    )


def answer(own: pd.DataFrame, last: pd.DataFrame) -> str:
    """Agreement of the coarsest tickets, beside that of single weights; what their bound says."""
    name, part = _coarsest(last)
    words = (
        f"where {GRANULARITIES[name]} are removed, {_decides(part)} as its target on "
        f"{_medians(part)}"
    )
    words += f", and the worst on {_worst(part)}" if _worst(part) else ""
    fine = last[last["granularity"] == "entry"]
    if name != "entry" and len(fine):
        words += f"; with single weights it is {span(fine['agreement'], 'percent')}"
    every = own[own["granularity"] == name]
    least = float(every["bound"].min())
    largest = f"the closed bound is at least {number(least)} times the largest output"
    end = (
        f"a closed bound over all images proves up to {percent(_proved(every))}"
        if _proved(every)
        else f"over all images no decision is proved, as {largest}"
    )
    return f"{sentence(words)} {sentence(end)}"
