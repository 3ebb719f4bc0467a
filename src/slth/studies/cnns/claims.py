"""Sentences on the tickets of real networks; each says what this run supports."""

from collections.abc import Mapping
from enum import Enum

import numpy as np
import pandas as pd

from slth.studies.cnns.claims_dense import dense_macros
from slth.studies.cnns.data import (
    cases,
    convolutional,
    largest,
    last_rule,
    networks,
    tickets,
)
from slth.studies.cnns.words import DATA, GRANULARITIES, NETWORKS
from slth.studies.printing.formatting import (
    MISSING,
    count,
    integer,
    listing,
    number,
    percent,
    sentence,
    setting,
    span,
)

GIVEN = ("published figures",)  # numbers that the run takes over
READS = {  # table: kind
    "cnns": "cnns",
    "cnns_networks": "cnns_networks",
    "cnns_kernels": "cnns_kernels",
    "cnns_channels": "cnns_channels",
    "cnns_digits": "cnns_digits",
    "cnns_outputs": "cnns_outputs",
}
NEARLY = 0.99  # agreement from which a ticket is said to decide as its target
NONE = "This run built no ticket of a convolutional network."
NAMES = (
    *("CnnSetting", "CnnAgreement", "CnnFilters", "CnnSizes", "CnnRules", "CnnControls"),
    *("CnnEmpty", "CnnCertified", "CnnSeeds", "CnnHeldOut", "CnnConfidence", "CnnImages"),
    *("CnnFitted", "CnnLastRule"),
)


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX; the names are the same whatever the data."""
    table, trained = tickets(frames), networks(frames)
    own = largest(convolutional(table))
    found = dict.fromkeys(NAMES, "") | {"CnnSetting": NONE}
    found |= dict.fromkeys(("CnnSeeds", "CnnHeldOut", "CnnConfidence", "CnnFitted", "CnnLastRule"), MISSING)
    found["CnnImages"] = "The pictured network was not built in this run."
    if len(own):
        found |= {
            "CnnSetting": _setting(own, trained),
            "CnnAgreement": _agreement(own),
            "CnnFilters": _filters(own),
            "CnnSizes": _sizes(own),
            "CnnRules": _rules(own),
            "CnnControls": _controls(own),
            "CnnEmpty": _empty(own),
            "CnnCertified": _certified(own),
            "CnnSeeds": span(own.groupby(["network", "granularity"])["replicate"].nunique()),
            "CnnHeldOut": integer(own["held_out"].iloc[0]),
            "CnnConfidence": rf"{100 * own['confidence'].iloc[0]:g}\,\%",
            "CnnFitted": integer(own["fitted"].iloc[0]),
            "CnnLastRule": last_rule(own),
            "CnnImages": _pictured(frames["cnns_outputs"], frames["cnns_digits"]),
        }
    return found | dense_macros(table, trained)


def _setting(own: pd.DataFrame, trained: pd.DataFrame) -> str:
    names = [name for name in dict.fromkeys(own["network"]) if name in set(trained["network"])]
    if not names:
        return ""
    rows = trained.set_index("network").loc[names]
    first = rows.iloc[0]
    words = [f"{NETWORKS[name]} with {integer(rows.loc[name, 'parameters'])}" for name in names]
    return sentence(
        f"the networks are {listing(words)} parameters, trained in this run on "
        f"{integer(first['train'])} images of {DATA.get(first['data'], first['data'])}; on the "
        f"{integer(first['held_out'])} held out, {span(rows['accuracy_held_out'], 'percent')} of "
        "the decisions are right"
    )


class Reach(Enum):
    """In how many networks the tickets of a granularity decide as the target nearly everywhere."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


def reach(part: pd.DataFrame) -> Reach:
    """Of the last rule of targets: whether the median ticket agrees on `NEARLY` all images."""
    medians = part.groupby("network", sort=False)["agreement"].median()
    enough = int((medians >= NEARLY).sum())
    return Reach.ALL if enough == len(medians) else Reach.SOME if enough else Reach.NONE


REACHED = {
    Reach.ALL: "with {name} the median ticket of every network does",
    Reach.SOME: "with {name} that of {which} does, of the others {low} or more of the decisions agree",
    Reach.NONE: "with {name} none does: between {low} and {high} of the decisions agree",
}


def _last(own: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last rule of targets of each case."""
    parts = [part[part["targets"] == last_rule(part)] for _, _, part in cases(own)]
    return pd.concat(parts) if parts else own


def _agreement(own: pd.DataFrame) -> str:
    """Granularity by granularity, under the last rule."""
    last, said = _last(own), []
    for name, words in GRANULARITIES.items():
        part = last[last["granularity"] == name]
        if part.empty:
            continue
        medians = part.groupby("network", sort=False)["agreement"].median()
        which = [NETWORKS[each] for each in medians.index[medians >= NEARLY]]
        rest = medians[medians < NEARLY]
        low = percent(float(rest.min())) if len(rest) else ""
        high = percent(float(rest.max())) if len(rest) else ""
        text = REACHED[reach(part)]
        said.append(text.format(name=words, which=listing(which), low=low, high=high))
    return sentence(
        f"we ask whether a ticket decides as its target on {percent(NEARLY, 0)} of the held-out "
        f"images; {'; '.join(said)}"
    )


def _filters(own: pd.DataFrame) -> str:
    part = _last(own)
    part = part[part["granularity"] == "filter"]
    if part.empty:
        return ""
    error = part.groupby("network", sort=False)["error"].median()
    return sentence(
        "the theorem's own setting, where a filter stays or goes with all its outputs, here asks "
        f"for subset sums in up to {integer(part['d'].max())} dimensions; the largest error of an "
        f"output is then {span(error, 'number')} of the target's largest, where the empty ticket "
        "errs by one"
    )


def _sizes(own: pd.DataFrame) -> str:
    last = _last(own)
    kept = last.groupby("granularity", sort=False)["kept_a_weight"]
    said = [
        f"{integer(kept.get_group(name).min())} to {integer(kept.get_group(name).max())} with {words}"
        for name, words in GRANULARITIES.items()
        if name in kept.groups
    ]
    source = span(own["source_a_weight"])
    return sentence(
        f"for every weight of the target a ticket keeps {listing(said)}, out of {source} random ones"
    )


class Better(Enum):
    """How often a rule of targets errs less than the plain one of the same random network."""

    ALWAYS = "always"
    MOSTLY = "mostly"
    RARELY = "rarely"
    NEVER = "never"


BETTER = {
    Better.ALWAYS: "{rule} targets lower the largest error in all {of} cases",
    Better.MOSTLY: "{rule} targets lower the largest error in {n} of {of} cases",
    Better.RARELY: "{rule} targets lower the largest error in no more than {n} of {of} cases",
    Better.NEVER: "{rule} targets lower the largest error in none of {of} cases",
}


def better(ratios: np.ndarray) -> Better:
    """ratios: error of a rule over that of the plain one, of equal random networks."""
    lower = int((ratios < 1).sum())
    if lower == len(ratios):
        return Better.ALWAYS
    if lower == 0:
        return Better.NEVER
    return Better.MOSTLY if 2 * lower > len(ratios) else Better.RARELY


def ratios_to_plain(own: pd.DataFrame, rule: str) -> np.ndarray:
    """Error of ``rule`` over that of the plain rule, a value a random network with both."""
    key = ["network", "granularity", "n", "replicate"]
    wide = own[own["targets"] == rule].set_index(key)["error"]
    plain = own[own["targets"] == "plain"].set_index(key)["error"]
    both = (wide / plain).dropna().to_numpy(float)
    return both[np.isfinite(both)]


def _rules(own: pd.DataFrame) -> str:
    said = []
    for rule in ("bias", "feedback"):
        ratios = ratios_to_plain(own, rule)
        if not len(ratios):
            continue
        words = BETTER[better(ratios)].format(
            rule=rule, n=integer((ratios < 1).sum()), of=integer(len(ratios))
        )
        said.append(f"{words}, by a median factor of {number(float(np.median(ratios)))}")
    return sentence(f"against plain targets of the same random network, {'; '.join(said)}") if said else ""


class Chance(Enum):
    """What random members and a readout fitted to labels come to beside the tickets."""

    BELOW = "below"
    CLOSE = "close"


CHANCE = {
    Chance.BELOW: "every ticket of these networks is more accurate",
    Chance.CLOSE: "in {n} of {of} cases that is no less than the ticket's own accuracy",
}


def chance(controlled: pd.DataFrame) -> Chance:
    """controlled: rows with controls."""
    return Chance.BELOW if (controlled["refitted"] < controlled["best"]).all() else Chance.CLOSE


def _controls(own: pd.DataFrame) -> str:
    controlled = own[own["random"].astype(float).notna()]
    if controlled.empty:
        return ""
    key = ["network", "granularity"]
    best = _last(own).groupby(key)["accuracy_ticket"].median().rename("best")
    controlled = controlled.join(best, on=key)
    close = int((controlled["refitted"] >= controlled["best"]).sum())
    words = CHANCE[chance(controlled)].format(n=integer(close), of=integer(len(controlled)))
    return sentence(
        f"as many members drawn at random give an accuracy of {span(controlled['random'], 'percent')}"
        f", the empty ticket {percent(float(own['accuracy_empty'].iloc[0]))}; with a readout that "
        f"is then fitted to labels they give {span(controlled['refitted'], 'percent')}: {words}"
    )


def _empty(own: pd.DataFrame) -> str:
    empty, problems = int(own["empty"].sum()), int(own["problems"].sum())
    if not empty:
        return sentence(f"none of the {integer(problems)} subset problems ends empty")
    return sentence(
        f"{integer(empty)} of {integer(problems)} subset problems end with nothing that improves on "
        "the empty subset; they are counted as they are"
    )


class Says(Enum):
    """Whether the closed bound proves a decision of any held-out image."""

    SOME = "some"
    NOTHING = "nothing"


SAYS = {
    Says.SOME: "the bound proves {shares} of the decisions on held-out images, at an error of at "
    "most {bounds} of the largest output",
    Says.NOTHING: "the bound proves no decision: it is {bounds} of the largest output or more",
}


def says(part: pd.DataFrame) -> Says:
    """part: tickets of one granularity."""
    return Says.SOME if int(part["certified"].max()) else Says.NOTHING


def _certified(own: pd.DataFrame) -> str:
    plain = own[own["targets"] == own["targets"].iloc[0]]
    said = []
    fine = plain[plain["granularity"] == "entry"]
    others = plain[plain["granularity"] != "entry"]
    for part, words in ((fine, "single weights"), (others, "all other granularities")):
        if part.empty:
            continue
        verdict = says(part)
        shares = (part["certified"] / part["held_out"]).groupby(part["network"], sort=False)
        if verdict is Says.SOME:
            listed = [
                f"{percent(float(share.median()))} ({NETWORKS[str(name)]})" for name, share in shares
            ]
            part = part[part["certified"] > 0]
            text = SAYS[verdict].format(shares=listing(listed), bounds=number(part["bound"].max()))
        else:
            text = SAYS[verdict].format(bounds=number(float(part["bound"].min())))
        said.append(f"for {words} {text}")
    balls = own[own["balls"] > 0]
    if len(balls):
        of = int(balls["balls"].sum())
        radius = setting(float(balls["radius"].iloc[0]))
        said.append(
            f"in balls of radius {radius} around {count(of, 'image')} both networks provably decide "
            f"alike {integer(balls['balls_certified'].sum())} times, and another decision was found "
            f"{integer(balls['balls_refuted'].sum())} times"
        )
    return sentence("; ".join(said)) if said else ""


def _pictured(outputs: pd.DataFrame, digits: pd.DataFrame) -> str:
    if outputs.empty or digits.empty:
        return "The pictured network was not built in this run."
    name = [each for each in GRANULARITIES if each in set(outputs["granularity"])][-1]
    worst = outputs[(outputs["granularity"] == name) & (outputs["place"] == 0)]
    image = digits[(digits["granularity"] == name) & (digits["place"] == 0)].iloc[0]
    target, ticket = (int(worst["class"].iloc[int(worst[k].argmax())]) for k in ("target", "ticket"))
    decided = (
        "both networks decide alike even there"
        if target == ticket
        else "there the two networks decide differently"
    )
    gap = float((worst["target"] - worst["ticket"]).abs().max())
    return sentence(
        f"with {GRANULARITIES[name]} the two networks differ most, by {number(gap)}, on the first "
        f"image, a digit {count(int(image['label']), '').strip()}: {decided}"
    )
