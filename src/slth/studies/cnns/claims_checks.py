"""Sentences on controls, empty problems, certificates and the picture of the largest difference."""

from enum import Enum

import pandas as pd

from slth.studies.cnns.words import GRANULARITIES, NETWORKS
from slth.studies.printing.formatting import (
    integer,
    listing,
    number,
    out_of,
    percent,
    sentence,
    span,
)

NO_PICTURE = "The pictured network was not built in this run."


class Chance(Enum):
    """What random members and a readout fitted to labels come to beside the tickets."""

    BELOW = "below"
    CLOSE = "close"


CHANCE = {
    Chance.BELOW: "every ticket of these networks is more accurate",
    Chance.CLOSE: "in {cases} that is no less than the ticket's own accuracy",
}


def chance(rows: pd.DataFrame) -> Chance:
    """rows: those with controls, and ``best``, the accuracy of their tickets."""
    return Chance.BELOW if (rows["refitted"] < rows["best"]).all() else Chance.CLOSE


def controlled(own: pd.DataFrame, last: pd.DataFrame) -> str:
    """own: tickets at the largest n; last: those of them under the last rule of targets."""
    rows = own[own["random"].astype(float).notna()]
    if rows.empty:
        return ""
    key = ["network", "granularity"]
    best = last.groupby(key)["accuracy_ticket"].median().rename("best")
    rows = rows.join(best, on=key)
    close = int((rows["refitted"] >= rows["best"]).sum())
    words = CHANCE[chance(rows)].format(cases=out_of(close, len(rows), "case"))
    return sentence(
        "as many channels, kernels or weights drawn at random give an accuracy of "
        f"{span(rows['random'], 'percent')}, the empty ticket "
        f"{percent(float(own['accuracy_empty'].iloc[0]))}. With a readout that is "
        f"then fitted to labels they give {span(rows['refitted'], 'percent')}; "
        f"{words}"
    )


def empty_problems(own: pd.DataFrame) -> str:
    """How many subset problems say nothing."""
    empty, problems = int(own["empty"].sum()), int(own["problems"].sum())
    if not empty:
        return sentence(
            f"in each of the {integer(problems)} subset problems a subset was found that improves "
            "on the empty one"
        )
    return sentence(
        f"in {integer(empty)} of {integer(problems)} subset problems nothing was found that "
        "improves on the empty subset; they are counted as they are"
    )


class Says(Enum):
    """Whether the closed bound proves any decision."""

    SOME = "some"
    NOTHING = "nothing"


SAYS = {
    Says.SOME: "it proves {shares} of the median ticket's decisions on held-out images. "
    "Where it proves any it is at most {bounds} times the target's largest output",
    Says.NOTHING: "it is at least {bounds} times the target's largest output, and proves no "
    "decision",
}


def says(part: pd.DataFrame) -> Says:
    """part: tickets of one granularity."""
    return Says.SOME if int(part["certified"].max()) else Says.NOTHING


def certified(own: pd.DataFrame) -> str:
    """What the closed bound proves, granularity by granularity, whatever the rule of targets."""
    said = []
    fine = own[own["granularity"] == "entry"]
    others = own[own["granularity"] != "entry"]
    for part, words in ((fine, "single weights"), (others, "all other granularities")):
        if part.empty:
            continue
        verdict = says(part)
        shares = (part["certified"] / part["held_out"]).groupby(part["network"], sort=False)
        if verdict is Says.SOME:
            listed = [
                f"{percent(float(share.median()))} ({NETWORKS[str(name)]})"
                for name, share in shares
            ]
            part = part[part["certified"] > 0]
            text = SAYS[verdict].format(shares=listing(listed), bounds=number(part["bound"].max()))
        else:
            text = SAYS[verdict].format(bounds=number(float(part["bound"].min())))
        said.append(sentence(f"for {words} {text}"))
    return " ".join(said)


def pictured(outputs: pd.DataFrame, digits: pd.DataFrame) -> str:
    """What the image of the largest difference shows."""
    if outputs.empty or digits.empty:
        return NO_PICTURE
    name = [each for each in GRANULARITIES if each in set(outputs["granularity"])][-1]
    worst = outputs[(outputs["granularity"] == name) & (outputs["place"] == 0)]
    image = digits[(digits["granularity"] == name) & (digits["place"] == 0)].iloc[0]
    target, ticket = (
        int(worst["class"].iloc[int(worst[k].argmax())]) for k in ("target", "ticket")
    )
    decided = (
        "both networks decide alike even there"
        if target == ticket
        else "there the two networks decide differently"
    )
    gap = float((worst["target"] - worst["ticket"]).abs().max())
    return sentence(
        f"with {GRANULARITIES[name]} the two networks differ most, by {number(gap)}, on an image "
        f"of the digit ${int(image['label'])}$; {decided}"
    )
