"""Public pairs with their ends; medians of every bound over the lower one, by depth."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import MISSING, escape, fixed, integer, number, setting
from slth.studies.sandwich import data
from slth.studies.sandwich.figures import Frames
from slth.studies.sandwich.public import PART, name_of

TABLES = ("sandwich_public", "sandwich_peers")
ANSWERS = {True: "yes", False: "no"}


def tables(frames: Frames) -> dict[str, Table]:
    """Public pairs with their ends; medians of every bound over the lower one, by depth."""
    frame = frames["sandwich"]
    return {"sandwich_public": _public(data.rows(frame, PART)), "sandwich_peers": _peers(frame)}


def _public(pairs: pd.DataFrame) -> Table:
    header = ["pair", "inputs", "lower", "upper", "ratio", "boxes", "seconds"]
    header += [r"at most $\varepsilon$?", r"$\varepsilon$", "seconds"]
    body = [
        [
            escape(name_of(row["pair"])),
            _inputs(row["inputs"], row["varied"]),
            number(row["lower"], 4),
            number(row["upper"], 4),
            _ratio(row["upper"], row["lower"]),
            integer(row["boxes"]),
            fixed(row["splitting_seconds"], 1),
            *_answer(row),
        ]
        for row in pairs.to_dict("records")
    ]
    return Table("lrrrrrrcrr", [header], body)


def _inputs(inputs: float, varied: float) -> str:
    """All of them, or how many the box leaves free."""
    return integer(inputs) if inputs == varied else f"{integer(varied)} of {integer(inputs)}"


def _ratio(upper: float, lower: float) -> str:
    """Upper over lower; a small excess as such."""
    if not lower > 0:
        return MISSING
    excess = upper / lower - 1
    if excess <= 0:
        return "$1$"
    return f"$1+{number(excess, 2).strip('$')}$" if excess < 0.001 else fixed(1 + excess, 3)


def _answer(row: Mapping[Hashable, Any]) -> list[str]:
    """The verdict on a distance, the distance and the CPU seconds; nothing where none was asked."""
    if pd.isna(row["asked_eps"]):
        return [MISSING] * 3
    held = row["asked_eps_holds"]
    answer = "open" if pd.isna(held) else ANSWERS[bool(held)]
    return [answer, setting(row["asked_eps"]), fixed(row["asked_eps_seconds"], 2)]


def _peers(frame: pd.DataFrame) -> Table:
    pairs = data.rows(frame, "pair")
    header = ["depth", "pairs", *data.PEERS.values()]
    body: list[list[str] | str] = []
    for depth, part in pairs.groupby("depth", sort=True):
        cells = [data.short(data.middle(data.ratios(part, column))) for column in data.PEERS]
        body.append([integer(float(str(depth))), integer(len(part)), *cells])
    return Table("rr" + "r" * len(data.PEERS), [header], body)
