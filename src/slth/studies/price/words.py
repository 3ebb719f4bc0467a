"""How the prose names the arms, targets and rates of the section on prices."""

import numpy as np
import pandas as pd

from slth.intervals import Interval
from slth.studies.printing import titles
from slth.studies.printing.formatting import fixed

TARGETS = {"points": "the network on points", "images": "the network on images"}


def short(target: object) -> str:
    """Return a target in one word."""
    return TARGETS[str(target)].split()[-1]


def where(part: pd.DataFrame) -> str:
    """Return arm and target of the rows of one sweep, in words."""
    return f"{titles.arm(part['arm'].iloc[0], 'words')} on {short(part['target'].iloc[0])}"


def rate_words(rate: Interval) -> str:
    """Return a rate with its interval, in words."""
    if not np.isfinite(rate.low):
        return fixed(rate.mean)
    return f"{fixed(rate.mean)} ({fixed(rate.low)} to {fixed(rate.high)})"
