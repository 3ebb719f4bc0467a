"""The measured table of the study."""

import pandas as pd

from slth.studies.printing.summaries import complete

COLUMNS = ["ensemble", "d", "n", "eps", "trials", "hits", "low", "high", "confidence"]
COLUMNS += ["prediction", "inside"]
OPTIONAL = ["rate", "first_moment", "n_star", "unsettled", "refined", "refined_inside"]


def points(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per grid point, with every column."""
    return complete("thresholds", frame, COLUMNS, OPTIONAL)


def observed_rate(thresholds: pd.DataFrame) -> pd.Series:
    """Hits over trials; unknown where nothing was settled."""
    return thresholds["hits"] / thresholds["trials"].where(thresholds["trials"] > 0)
