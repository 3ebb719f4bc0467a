"""Sentences on the tickets of real networks; each says what this run supports."""

from collections.abc import Mapping
from enum import Enum

import numpy as np
import pandas as pd

from slth.studies.cnns.claims_answers import abstract, answer
from slth.studies.cnns.claims_balls import in_balls
from slth.studies.cnns.claims_checks import certified, controlled, empty_problems, pictured
from slth.studies.cnns.claims_dense import dense_macros
from slth.studies.cnns.data import (
    balls,
    cases,
    convolutional,
    largest,
    last_rule,
    networks,
    tickets,
)
from slth.studies.cnns.words import DATA, GRANULARITIES, NETWORKS, RULES
from slth.studies.printing.formatting import (
    MISSING,
    all_of,
    integer,
    listing,
    number,
    out_of,
    percent,
    sentence,
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
    "cnns_balls": "cnns_balls",
}
NEARLY = 0.99  # agreement from which a ticket is said to decide as its target
NONE = "This run built no ticket of a convolutional network."
NAMES = (
    *("CnnSetting", "CnnAgreement", "CnnFilters", "CnnSizes", "CnnRules", "CnnControls"),
    *("CnnEmpty", "CnnCertified", "CnnSeeds", "CnnHeldOut", "CnnConfidence", "CnnImages"),
    *("CnnFitted", "CnnLastRule", "CnnPictured", "CnnAbstract", "CnnAnswer", "CnnBalls"),
)


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX; the names are the same whatever the data."""
    table, trained = tickets(frames), networks(frames)
    own = largest(convolutional(table))
    found = dict.fromkeys(NAMES, "") | dict.fromkeys(
        ("CnnSetting", "CnnAbstract", "CnnAnswer"), NONE
    )
    found |= dict.fromkeys(
        (
            "CnnSeeds",
            "CnnHeldOut",
            "CnnConfidence",
            "CnnFitted",
            "CnnLastRule",
        ),
        MISSING,
    )
    found["CnnPictured"] = "the pictured network"
    found["CnnImages"] = "The pictured network was not built in this run."
    if len(own):
        found |= {
            "CnnSetting": _setting(own, trained),
            "CnnAbstract": abstract(own, _last(own), trained),
            "CnnAnswer": answer(own, _last(own)),
            "CnnAgreement": _agreement(own),
            "CnnFilters": _filters(own),
            "CnnSizes": _sizes(own),
            "CnnRules": _rules(own),
            "CnnControls": controlled(own, _last(own)),
            "CnnEmpty": empty_problems(own),
            "CnnCertified": certified(own),
            "CnnSeeds": span(own.groupby(["network", "granularity"])["replicate"].nunique()),
            "CnnHeldOut": integer(own["held_out"].iloc[0]),
            "CnnConfidence": rf"{100 * own['confidence'].iloc[0]:g}\,\%",
            "CnnFitted": integer(own["fitted"].iloc[0]),
            "CnnLastRule": last_rule(own),
            "CnnPictured": _name(frames["cnns_kernels"]),
            "CnnImages": pictured(frames["cnns_outputs"], frames["cnns_digits"]),
        }
    return found | {"CnnBalls": in_balls(balls(frames))} | dense_macros(table, trained)


def _name(kernels: pd.DataFrame) -> str:
    """The pictured network."""
    return NETWORKS[str(kernels["network"].iloc[0])] if len(kernels) else "the pictured network"


def _setting(own: pd.DataFrame, trained: pd.DataFrame) -> str:
    names = [name for name in dict.fromkeys(own["network"]) if name in set(trained["network"])]
    if not names:
        return ""
    rows = trained.set_index("network").loc[names]
    first = rows.iloc[0]
    words = [f"{NETWORKS[name]} with {integer(rows.loc[name, 'parameters'])}" for name in names]
    return sentence(
        f"the networks are {listing(words)} parameters, trained in this run on "
        f"{integer(first['train'])} images of {DATA.get(first['data'], first['data'])}. On the "
        f"{integer(first['held_out'])} held out they are right in "
        f"{span(rows['accuracy_held_out'], 'percent')} of the cases"
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
    Reach.ALL: "with {name} for every network",
    Reach.SOME: "with {name} for {which} (the others: {between})",
    Reach.NONE: "with {name} for no network ({between})",
}


def _last(own: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last rule of targets of each case."""
    parts = [part[part["targets"] == last_rule(part)] for _, _, part in cases(own)]
    return pd.concat(parts) if parts else own


def _agreement(own: pd.DataFrame) -> str:
    """Granularity by granularity, under the last rule; then where plain targets fall short."""
    last = _last(own)
    parts = [last[last["granularity"] == name] for name in GRANULARITIES]
    parts = [part for part in parts if len(part)]
    one = all(len(part) == part["network"].nunique() for part in parts)
    ticket = "ticket" if one else "median ticket"
    said = sentence(
        f"with {_rules_of(last)} targets the {ticket} decides as its target on at least "
        f"{percent(NEARLY, 0)} of the held-out images {', '.join(_reaches(parts))}"
    )
    return said + _plain_short(own, last)


def _rules_of(last: pd.DataFrame) -> str:
    return listing(RULES[str(rule)] for rule in dict.fromkeys(last["targets"]))


def _reaches(parts: list[pd.DataFrame]) -> list[str]:
    """parts: tickets of one granularity each, the fine ones first."""
    said, everywhere = [], []
    for part in parts:
        medians = part.groupby("network", sort=False)["agreement"].median()
        words = GRANULARITIES[str(part["granularity"].iloc[0])]
        if reach(part) is Reach.ALL:
            everywhere.append(words)
            continue
        which = [NETWORKS[each] for each in medians.index[medians >= NEARLY]]
        between = span(medians[medians < NEARLY], "percent")
        text = REACHED[reach(part)]
        said.append(text.format(name=words, which=listing(which), between=between))
    if everywhere:
        said.insert(0, REACHED[Reach.ALL].format(name=listing(everywhere)))
    return said


def _plain_short(own: pd.DataFrame, last: pd.DataFrame) -> str:
    """In how many cases plain targets stay below, where another rule is the last."""
    plain = own[own["targets"] == "plain"]
    if plain.empty or set(last["targets"]) == {"plain"}:
        return ""
    medians = plain.groupby(["network", "granularity"])["agreement"].median()
    short = medians[medians < NEARLY]
    if short.empty:
        return " With plain targets it does so too."
    return (
        f" With plain targets that is not reached in {out_of(len(short), len(medians), 'case')}, "
        f"where {percent(float(short.min()))} is the least."
    )


def _filters(own: pd.DataFrame) -> str:
    part = _last(own)
    part = part[part["granularity"] == "filter"]
    if part.empty:
        return ""
    error = part.groupby("network", sort=False)["error"].median()
    return sentence(
        f"whole filters ask for subset sums in up to {integer(part['d'].max())} dimensions. The "
        f"largest error of an output is then {span(error, 'number')} of the target's largest, "
        "where the empty ticket errs by one"
    )


def _sizes(own: pd.DataFrame) -> str:
    last = _last(own)
    kept = last.groupby("granularity", sort=False)["kept_a_weight"]
    said = [
        f"{span(kept.get_group(name).groupby(last['network']).median().round())} ({words})"
        for name, words in GRANULARITIES.items()
        if name in kept.groups
    ]
    source = span(own["source_a_weight"])
    return sentence(
        f"for every weight of the target a ticket keeps {listing(said)} random weights, out of "
        f"{source}"
    )


class Better(Enum):
    """How often a rule of targets errs less than the plain one of the same random network."""

    ALWAYS = "always"
    MOSTLY = "mostly"
    RARELY = "rarely"
    NEVER = "never"


BETTER = {
    Better.ALWAYS: "{rule} targets lower it in {every}",
    Better.MOSTLY: "{rule} targets lower it in {cases}",
    Better.RARELY: "{rule} targets lower it in no more than {cases}",
    Better.NEVER: "{rule} targets lower it in {cases}",
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
            rule=rule,
            cases=out_of(int((ratios < 1).sum()), len(ratios), "case"),
            every=all_of(len(ratios), "case"),
        )
        said.append(sentence(f"{words}, by a median factor of {number(float(np.median(ratios)))}"))
    against = "The largest error is set against that of plain targets and the same random network."
    return " ".join([against, *said] if said else [])
