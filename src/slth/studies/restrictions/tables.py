"""One row per variant."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    fixed,
    number,
)
from slth.studies.restrictions.ratios import BASE, NAMES, Ratio, bracketed_all, ratio, variants

TABLES = ("restrictions",)


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """One row per variant."""
    header = [
        ["", "", r"\multicolumn{4}{c}{medians}", r"\multicolumn{2}{c}{against the base}"],
        ["variant", "what the construction changes", "worst", "output", "lower", "upper"],
    ]
    header[1] += ["relative", "upper"]
    rules = r"\cmidrule(lr){3-6}\cmidrule(lr){7-8}"
    frame = frames["restrictions"]
    rows = [_row(frame, name) for name in variants(frame)]
    return {"restrictions": Table("llrrrrll", header, rows, rules=rules)}


def _row(frame: pd.DataFrame, name: str) -> list[str]:
    part = frame[frame["variant"] == name]
    columns = ("worst_error", "size", "lower", "upper")
    worst, size, lower, upper = (float(part[column].median()) for column in columns)
    mark = "" if bracketed_all(frame, name) else r"$^\ast$"
    gaps = [MISSING, MISSING]
    if name != BASE:
        gaps = [_interval(ratio(frame, name, column)) for column in ("relative", "upper")]
    numbers = [number(worst), number(size), number(lower) + mark, number(upper) + mark]
    return [*NAMES[name], *numbers, *gaps]


def _interval(r: Ratio) -> str:
    if not np.isfinite(r.mean):
        return MISSING
    ends = f" ({fixed(r.low)} to {fixed(r.high)})" if np.isfinite(r.low) else ""
    return fixed(r.mean) + ends
