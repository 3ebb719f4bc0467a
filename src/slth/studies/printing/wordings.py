"""Sentences that the data choose: a verdict, its numbers, and one dict of wordings per claim.

A verdict is a member of an `Enum`, found from a table; the dict has a wording for every member,
with fields for the numbers. The verdicts that many claims share are here.
"""

from collections.abc import Mapping, Sized
from enum import Enum
from typing import TypeVar

import numpy as np

E = TypeVar("E", bound=Enum)
Data = Enum("Data", "NONE SOME")  # is there anything to speak of
Count = Enum("Count", "NONE ONE SEVERAL")
Share = Enum("Share", "NOTHING NONE SOME ALL")  # of a total; NOTHING: the total is 0
Side = Enum("Side", "UNKNOWN BELOW AROUND ABOVE")  # an interval against a value; UNKNOWN: no ends
ROUTINES = {  # bounds of a sup-norm error, by their names in tables of results
    "error_bound": "the closed form of the problems' errors",
    "one_layer": "the one-layer formula",
    "closed_form": "the closed form",
    "differential": "the differential bound",
    "separate": "bounding both networks apart",
    "crown": "CROWN",
    "zonotope": "the differential zonotope",
    "lagrangian": "the Lagrangian dual",
    "branching": "branching on the phases of the ReLUs",
    "input_splitting": "halving the box of the inputs",
}


def clause(verdict: E, wordings: Mapping[E, str], **fields: object) -> str:
    """Return the wording of a verdict with its fields, as a part of a sentence.

    Raises ValueError naming the members of the verdict's Enum that have no wording, KeyError naming
    a field of the wording that is not given.
    """
    lacking = [member.name for member in type(verdict) if member not in wordings]
    if lacking:
        raise ValueError(f"wordings: lack {', '.join(lacking)} of {type(verdict).__name__}")
    return wordings[verdict].format_map(fields)


def sentence(verdict: E, wordings: Mapping[E, str], **fields: object) -> str:
    """Return the wording of a verdict with a capital first letter and one full stop at the end.

    Nothing for an empty wording. Raises as `clause`.
    """
    words = clause(verdict, wordings, **fields).strip()
    return words[:1].upper() + words[1:] + "." * (words != "" and not words.endswith("."))


def if_any(some: str, none: str = "") -> dict[Data, str]:
    """Return the wordings of a claim that is made wherever there is anything to speak of."""
    return {Data.NONE: none, Data.SOME: some}


def any_of(values: Sized) -> Data:
    """Whether there is a row or a value."""
    return Data.SOME if len(values) else Data.NONE


def count_of(values: Sized) -> Count:
    """Whether there is no value, one or several."""
    return (Count.NONE, Count.ONE, Count.SEVERAL)[min(len(values), 2)]


def share(some: int, total: int) -> Share:
    """How many of a total."""
    if not total:
        return Share.NOTHING
    return Share.ALL if some == total else Share.SOME if some else Share.NONE


def side(low: float, high: float, value: float) -> Side:
    """Where an interval lies against a value."""
    if not np.isfinite(low):
        return Side.UNKNOWN
    return Side.ABOVE if low > value else Side.BELOW if high < value else Side.AROUND
