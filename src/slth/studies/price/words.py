"""How the prose names the arms, targets, refusals and rates of the section on prices."""

import re

import pandas as pd

from slth.studies.printing import titles

TARGETS = {"points": "the network on points", "images": "the network on images"}
MODULES = {  # classes in the reasons of refusals
    "Conv2d": "a plain convolution",
    "Linear": "a plain dense layer",
    "QuarterTurnConv": "convolutions that commute with quarter turns",
}


def short(target: object) -> str:
    """Return a target in one word."""
    return TARGETS[str(target)].split()[-1]


def reason_words(reason: str) -> str:
    """Return why a construction refuses a target, without the names of the code.

    "got a, takes b, c" is said as what the construction takes, b, and what the target has, a.
    """
    words = re.sub(r"^((target|module \d+ \(\w+\)): )+", "", reason.split(";")[0])
    for name, printed in MODULES.items():
        words = re.sub(rf"\b{name}\b", printed, words)
    found = re.match(r"got ([^,]+), takes ([^,]+)", words)
    return f"the construction takes {found[2]}, and the target has {found[1]}" if found else words


def where(part: pd.DataFrame) -> str:
    """Return arm and target of the rows of one sweep, in words."""
    return f"{titles.arm(part['arm'].iloc[0], 'words')} on {short(part['target'].iloc[0])}"
