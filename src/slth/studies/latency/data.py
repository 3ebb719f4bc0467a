"""Forms in which a ticket is stored, and the cells that were timed."""

import pandas as pd

FORMS = {
    "masked": "weights, zeros",
    "csr": "weights, CSR",
    "blocked": "channels, zeros",
    "shrunk": "channels, shrunk",
}


DENSE, TARGET = "dense", "target"


def batches_of(frame: pd.DataFrame) -> list[int]:
    """Batches that were timed."""
    return sorted(set(frame["batch"])) if len(frame) else []


def cells_of(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """(batch, threads) that were timed."""
    if frame.empty:
        return []
    return sorted(set(zip(frame["batch"], frame["threads"], strict=True)))
