"""Summaries of measured tables that several studies print."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def complete(
    name: str, frame: pd.DataFrame, required: Sequence[str], optional: Sequence[str] = ()
) -> pd.DataFrame:
    """Return ``frame`` with every optional column, unknown where it was absent.

    Raises ValueError naming the table and the missing columns when a required one is absent. An
    empty frame has them all.
    """
    if frame.empty:
        return pd.DataFrame(columns=[*required, *optional])
    missing = [column for column in required if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: lacks the columns {', '.join(missing)}")
    absent = dict.fromkeys([key for key in optional if key not in frame.columns], np.nan)
    return frame.reset_index(drop=True).assign(**absent)


def first(table: pd.DataFrame, column: str) -> float:
    """The number in a column that is the same in every row; unknown for an empty table."""
    return float(table[column].iloc[0]) if len(table) else np.nan


def quartiles(frame: pd.DataFrame, column: str, by: str = "n") -> pd.DataFrame:
    """Return one row per value of ``by``: count of finite values, quartiles and median."""
    values = frame[[by, column]].astype(float)
    values = values[np.isfinite(values[column])]
    groups = values.groupby(by, sort=True)[column]
    table = pd.DataFrame(
        {
            "count": groups.size(),
            "low": groups.quantile(0.25),
            "median": groups.median(),
            "high": groups.quantile(0.75),
        }
    )
    return table.reset_index()
