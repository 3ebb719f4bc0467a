"""Goals with what was found; medians of every bound over the lower one, by depth."""

import pandas as pd

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import MISSING, integer
from slth.studies.sandwich import data
from slth.studies.sandwich.figures import Frames

TABLES = ("sandwich_goals", "sandwich_peers")


def tables(frames: Frames) -> dict[str, Table]:
    """Goals with what was found; medians of every bound over the lower one, by depth."""
    frame = frames["sandwich"]
    verdicts = {True: "met", False: "missed", None: MISSING}
    goals = [[g.name, g.asked, g.found, g.sample, verdicts[g.met]] for g in data.goals(frame)]
    if frame.empty:
        goals = []
    header = ["goal", "asked", "found", "over", ""]
    return {"sandwich_goals": Table("lllll", [header], goals), "sandwich_peers": _peers(frame)}


def _peers(frame: pd.DataFrame) -> Table:
    pairs = data.rows(frame, "pair")
    header = ["depth", "pairs", *data.PEERS.values()]
    body: list[list[str] | str] = []
    for depth, part in pairs.groupby("depth", sort=True):
        cells = [data.short(data.middle(data.ratios(part, column))) for column in data.PEERS]
        body.append([integer(float(str(depth))), integer(len(part)), *cells])
    return Table("rr" + "r" * len(data.PEERS), [header], body)
