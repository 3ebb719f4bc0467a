"""The table on prices: rates with intervals, sizes at an equal error, predicted widths."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import Interval
from slth.studies.price import data
from slth.studies.price.claims_widths import measured_width
from slth.studies.price.words import TARGETS
from slth.studies.printing import titles
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import MISSING, fixed, integer, number, span

DOUBLING = r"\multicolumn{2}{c}{halvings a doubling}"
CANDIDATE = r"\multicolumn{2}{c}{halvings a candidate}"
HEADER = [
    ["", "", "", DOUBLING, CANDIDATE, "source/", r"\multicolumn{2}{c}{$n$ needed}"],
    ["construction", "$d$", "$n$", "fitted", "th.", "fitted", "th.", "target", "found", "th."],
]
RULES = r"\cmidrule(lr){4-5}\cmidrule(lr){6-7}\cmidrule(l){9-10}"


TABLES = ("prices",)


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The table of rates and widths."""
    return {"prices": prices_table(frames["price"])}


def prices_table(price: pd.DataFrame) -> Table:
    """One row per construction and target: how its error falls, what an equal error takes."""
    table = data.built(price)
    rows: list[list[str] | str] = []
    for target in dict.fromkeys(table["target"]):
        here = table[table["target"] == target]
        rows.append(rf"\textit{{{TARGETS.get(str(target), target)}}}")
        rows += [_row(arm, here[here["arm"] == arm]) for arm in data.arms(here)]
    return Table("lrlrrrrrrr", HEADER, rows, rules=RULES)


def _row(arm: str, part: pd.DataFrame) -> list[str]:
    wanted = data.expected_per_candidate(part)
    level = float(part["equal_error"].iloc[0])
    sizes = data.middle(data.crossing(part, level, "error", "overparameterisation"))[0]
    slow = data.rate(part) in (
        "power",
        "unknown",
    )  # no exponential: a rate a candidate says nothing
    swept = part["digits"].max() > 0
    return [
        titles.arm(arm, "label"),
        span(part["d"].to_numpy(float)),
        f"{span(part['digits'].to_numpy(float))} digits" if swept else _sizes(part),
        _rate(data.per_doubling(part)),
        "$1$" if data.rate(part) == "power" else MISSING,
        MISSING if slow else _rate(data.per_candidate(part)),
        fixed(wanted) if np.isfinite(wanted) else MISSING,
        number(sizes) if np.isfinite(sizes) else "not met",
        MISSING if swept else _width(part),
        MISSING if swept else _predicted(part),
    ]


def _sizes(part: pd.DataFrame) -> str:
    return span(part["n"].to_numpy(float))


def _rate(rate: Interval) -> str:
    if not np.isfinite(rate.mean):
        return MISSING
    half = rate.high - rate.mean
    digits = 3 if abs(rate.mean) < 0.1 else 2
    shown = fixed(rate.mean, digits)
    return f"{shown} $\\pm$ {fixed(half, digits)}" if np.isfinite(half) else shown


def _width(part: pd.DataFrame) -> str:
    found = measured_width(part)
    return MISSING if np.isnan(found) else integer(found) if np.isfinite(found) else "not met"


def _predicted(part: pd.DataFrame) -> str:
    return integer(float(part["predicted_n"].iloc[0]))
