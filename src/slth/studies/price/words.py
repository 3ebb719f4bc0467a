"""How the prose names the arms, targets, refusals and rates of the section on prices."""

import re

import numpy as np
import pandas as pd

from slth.intervals import Interval
from slth.studies.printing import titles
from slth.studies.printing.formatting import fixed

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
    """Return why a construction refuses a target, without the names of the code."""
    words = re.sub(r"^((target|module \d+ \(\w+\)): )+", "", reason.split(";")[0])
    for name, printed in MODULES.items():
        words = re.sub(rf"\b{name}\b", printed, words)
    return ",".join(words.split(",")[:2])


def where(part: pd.DataFrame) -> str:
    """Return arm and target of the rows of one sweep, in words."""
    return f"{titles.arm(part['arm'].iloc[0], 'words')} on {short(part['target'].iloc[0])}"


def rate_words(rate: Interval) -> str:
    """Return a rate with its interval, in words."""
    if not np.isfinite(rate.low):
        return fixed(rate.mean)
    return f"{fixed(rate.mean)} ({fixed(rate.low)} to {fixed(rate.high)})"
