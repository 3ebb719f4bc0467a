"""Forms in which a ticket is stored, the cells that were timed, tickets at equal error."""

import pandas as pd

from slth.studies.printing.summaries import complete

FORMS = {
    "masked": "weights, zeros",
    "csr": "weights, CSR",
    "blocked": "channels, zeros",
    "shrunk": "channels, shrunk",
}


DENSE, TARGET = "dense", "target"
NETWORK = "network"  # granularity of the trained network's own rows
GRANULARITIES = {
    "filter": "whole filters",
    "block": "blocks",
    "kernel": "kernels",
    "entry": "single weights",
}
EQUAL = 1.5  # factor by which errors that are called equal may differ
EQUAL_COLUMNS = ["network", "data", "granularity", "n", "form", "batch", "threads", "repeats"]
EQUAL_COLUMNS += ["ratio", "low", "high", "weights", "stored", "error", "accuracy"]


def batches_of(frame: pd.DataFrame) -> list[int]:
    """Batches that were timed."""
    return sorted(set(frame["batch"])) if len(frame) else []


def cells_of(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """(batch, threads) that were timed."""
    if frame.empty:
        return []
    return sorted(set(zip(frame["batch"], frame["threads"], strict=True)))


def equal_error(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the trained network, and of its tickets; ValueError naming missing columns."""
    table = complete("latency at equal error", frame, EQUAL_COLUMNS)
    own = table["granularity"] == NETWORK
    return table[own], table[~own]


def fastest(rows: pd.DataFrame) -> pd.Series:
    """The least ratio of the forms, by batch and granularity."""
    return rows.groupby(["batch", "granularity"])["ratio"].min()
