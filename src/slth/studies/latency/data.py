"""Forms in which a ticket is stored, and the cells that were timed."""

from collections.abc import Mapping, Sequence
from typing import Any
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from slth.studies.printing import style
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    escape,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    span,
)

FORMS = {
    "masked": "weights, zeros",
    "csr": "weights, CSR",
    "blocked": "channels, zeros",
    "shrunk": "channels, shrunk",
}


def _batches(frame: pd.DataFrame) -> list[int]:
    return sorted(set(frame["batch"])) if len(frame) else []


def _cells(frame: pd.DataFrame) -> list[tuple[int, int]]:
    if frame.empty:
        return []
    return sorted(set(zip(frame["batch"], frame["threads"], strict=True)))
