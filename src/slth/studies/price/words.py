"""How the prose names the arms, targets and rates of the section on prices."""

import numpy as np
import pandas as pd

from slth.intervals import Interval
from slth.studies.printing.formatting import fixed

TARGETS = {"points": "the network on points", "images": "the network on images"}
WORDS = {  # arms as the prose names them
    "single_weight": "one unit a weight",
    "rss_dense": "RSS in dense layers",
    "rss_convolution": "RSS in convolutions",
    "ell_plus_one": r"RSS with $\ell+1$ layers",
    "structured_convolution-entry": "blocks with single entries",
    "structured_convolution-kernel": "blocks with kernels",
    "structured_convolution-filter": "blocks with filters",
    "neuron_removal": "neuron removal",
    "equivariant": "equivariant coefficients",
    "binary_polynomial": "binary counting",
    "binary_polylog": "binary digits",
}
RSS = (*tuple(WORDS)[1:7], "equivariant")  # arms whose problems are random subset sums


def short(target: object) -> str:
    """Return a target in one word."""
    return TARGETS[str(target)].split()[-1]


def where(part: pd.DataFrame) -> str:
    """Return arm and target of the rows of one sweep, in words."""
    return f"{WORDS[str(part['arm'].iloc[0])]} on {short(part['target'].iloc[0])}"


def rate_words(rate: Interval) -> str:
    """Return a rate with its interval, in words."""
    if not np.isfinite(rate.low):
        return fixed(rate.mean)
    return f"{fixed(rate.mean)} ({fixed(rate.low)} to {fixed(rate.high)})"
