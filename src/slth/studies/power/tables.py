"""The exponent of the beam's error: one row per ensemble, d and width."""

from collections.abc import Hashable
from typing import Any

from slth.studies.power.claims import Frames
from slth.studies.power.exponents import COLUMNS, draws, fits
from slth.studies.printing import titles
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import fixed, integer, number, percent
from slth.studies.printing.summaries import complete

TABLES = ("power_exponents",)


def tables(frames: Frames) -> dict[str, Table]:
    """Return the table of exponents."""
    frame = complete("power", frames["power"], COLUMNS)
    table = fits(frame, draws(frame))
    header = [
        "$d$",
        "$L$",
        "fitted $n$",
        r"$\beta$",
        "interval",
        "empty",
        "error",
        "falls by",
        "$\\eps^\\ast$ by",
    ]
    rows: list[list[str] | str] = []
    for ensemble, part in table.groupby("ensemble", sort=False):
        rows.append(titles.ensemble(ensemble))
        rows += [_row(row) for row in part.to_dict("records")]
    return {"power_exponents": Table("rrrrlrrrr", [header], rows)}


def _row(row: dict[Hashable, Any]) -> list[str]:
    sizes = f"{integer(row['first'])} to {integer(row['last'])}"
    interval = f"{fixed(row['low'])} to {fixed(row['high'])}"
    return [
        integer(row["d"]),
        integer(row["width"]),
        sizes,
        fixed(row["p"]),
        interval,
        percent(row["idle"], 0),
        number(row["error"]),
        number(row["fall"]),
        f"$10^{{{row['orders']:.0f}}}$",
    ]
