"""Sizes of even odds by d and M, and the fits of the theorem's form."""

from collections.abc import Hashable
from typing import Any

import numpy as np

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import fixed, integer, number
from slth.studies.quantised.claims import Frames, read
from slth.studies.quantised.fitting import fits, halves

TABLES = ("quantised_halves", "quantised_fits")
LAWS = {"form": "one pair", "each": "a pair for each $M$", "predicted": "prediction"}


def tables(frames: Frames) -> dict[str, Table]:
    """Return the table of sizes and that of fits."""
    frame, law = read(frames)
    head = ["$d$", "$M$", "even odds", "interval", "predicted", "one target", "counting"]
    points = halves(frame, law).to_dict("records")
    made = [_half(row) for row in points]
    sizes = Table("rrrlrrrrr", [[*head, r"$\gamma$", "least"]], made)
    head = ["$d$", "law", "$C$", "interval", r"$\gamma$", "interval"]
    rows = [_fit(row) for row in fits(frame, law).to_dict("records")]
    found = Table("rlrlrlrrr", [[*head, r"$\chi^2$", "freedom", "$p$"]], rows)
    return {"quantised_halves": sizes, "quantised_fits": found}


def _half(row: dict[Hashable, Any]) -> list[str]:
    sizes = [integer(row[key]) for key in ("even", "one", "counting")]
    interval = _interval(integer(row["low"]), integer(row["high"]))
    measured = [integer(row["d"]), integer(row["M"]), integer(row["half"]), interval]
    return [*measured, *sizes, fixed(row["kappa"]), fixed(row["limit"])]


def _fit(row: dict[Hashable, Any]) -> list[str]:
    cells = [integer(row["d"]), LAWS[row["law"]]]
    for key in ("C", "kappa"):
        known = np.isfinite(row[key])
        cells += [fixed(row[key]) if known else ""]
        ends = fixed(row[f"{key}_low"]), fixed(row[f"{key}_high"])
        cells += [_interval(*ends) if known else ""]
    return [*cells, number(row["chi2"]), integer(row["freedom"]), number(row["p"], 1)]


def _interval(low: str, high: str) -> str:
    return f"{low} to {high}"
