"""What the published dense ticket cost, beside the measured time of our search on its problems."""

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import integer, listing, number, sentence
from slth.studies.printing.published import CORES, DENSE, SECONDS


def published_batch(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of our exact search, one thread, on batches of problems of the published size."""
    return table[
        (table["kind"] == "batch")
        & (table["n"] == DENSE["n"])
        & (table["d"] == 1)
        & (table["solver"] == "mitm")
        & (table["threads"] == 1)
    ]


def hours() -> str:
    """CPU-hours of the published search, at most."""
    return integer(SECONDS * CORES / 3600)


def headline(table: pd.DataFrame) -> str:
    """Seconds of one core for the published number of weights; from `data.medians`.

    The published run names seconds and cores, so the product is the most it can have used.
    """
    n, weights, own = int(DENSE["n"]), int(DENSE["weights"]), published_batch(table)
    theirs = SECONDS * CORES
    words = (
        f"The published search took {integer(SECONDS)}~s on {integer(CORES)} cores, at most "
        f"{hours()}~CPU-hours."
    )
    parts, factors = [], []
    for eps, row in zip(own["eps"].astype(float), own.to_dict("records"), strict=True):
        seconds = row["seconds"] * weights
        asked = (
            "the least errors" if np.isnan(eps) else rf"any subsets within $\varepsilon={eps:g}$"
        )
        parts.append(f"{number(seconds)}~CPU-seconds for {asked}")
        factors.append(number(theirs / seconds))
    if not parts:
        return f"{words} Our search was not timed on such problems."
    ours = sentence(
        rf"for as many problems of $n={n}$ uniform candidates ours takes {listing(parts)}. This is "
        f"the search alone, at the benchmark's speed, and less by factors of up to "
        f"{listing(factors)}"
    )
    return f"{words} {ours}"
