"""The measured tickets as the section prints them: the largest size of a case, medians of seeds."""

from collections.abc import Iterator, Mapping

import pandas as pd

from slth.studies.printing.summaries import complete

Frames = Mapping[str, pd.DataFrame]

COLUMNS = (
    *("network", "granularity", "n", "targets", "replicate", "eps", "d", "candidates"),
    *("problems", "empty", "hits", "members", "worst_error", "work"),
    *("source_parameters", "kept_parameters", "ticket_parameters", "target_parameters"),
    *("held_out", "agree", "agreement", "low", "high", "confidence"),
    *("accuracy_target", "accuracy_ticket", "accuracy_empty", "random", "refitted"),
    *("error", "bound", "certified", "fitted"),
)
BALLS = ("network", "granularity", "targets", "radius", "balls", "certified", "refuted", "alone")
BY_SUMS = "dense"  # a published experiment, of which the study has one more arm


def tickets(frames: Frames) -> pd.DataFrame:
    """Every ticket, with sizes per weight of the target."""
    table = complete("cnns", frames["cnns"], COLUMNS)
    weights = table["target_parameters"]
    return table.assign(
        kept_a_weight=table["kept_parameters"] / weights,
        source_a_weight=table["source_parameters"] / weights,
    )


def balls(frames: Frames) -> pd.DataFrame:
    """One row per ticket and radius of balls around images."""
    return complete("cnns_balls", frames["cnns_balls"], BALLS)


def networks(frames: Frames) -> pd.DataFrame:
    """One row a trained network."""
    needed = ("network", "data", "parameters", "accuracy_held_out", "train", "held_out", "epochs")
    return complete("cnns_networks", frames["cnns_networks"], needed)


def convolutional(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of all networks but the dense one."""
    return table[table["network"] != BY_SUMS]


def largest(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the largest n of each network and granularity."""
    if table.empty:
        return table
    most = table.groupby(["network", "granularity"], sort=False)["n"].transform("max")
    return table[table["n"] == most]


def cases(table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(network, granularity, rows) in the order of the table."""
    for (network, granularity), part in table.groupby(["network", "granularity"], sort=False):
        yield str(network), str(granularity), part


def middle(part: pd.DataFrame, by: str = "agreement") -> pd.Series | None:
    """The row of the lower median of ``by``, a ticket that was built; None of no rows."""
    if part.empty:
        return None
    order = part[by].to_numpy().argsort(kind="stable")
    return part.iloc[int(order[(len(part) - 1) // 2])]


def last_rule(part: pd.DataFrame) -> str:
    """The last rule of targets of some rows, in the order of the table; "" of none."""
    return str(part["targets"].iloc[-1]) if len(part) else ""
