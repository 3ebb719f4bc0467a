"""The tables that rendering reads: their columns, and the summaries that all renderers share."""

import numpy as np
import pandas as pd

from slth.checks import FloatArray

# columns a table cannot do without
THRESHOLDS = [
    "ensemble",
    "d",
    "n",
    "eps",
    "trials",
    "hits",
    "low",
    "high",
    "confidence",
    "prediction",
    "inside",
]
BLOCKS = ["arm", "d", "candidates", "eps", "status", "proved", "error"]
TICKETS = ["arm", "network", "granularity", "d", "depth", "readout", "n", "lower", "upper"]
NETWORKS = [
    "network",
    "channels",
    "kernel",
    "input",
    "parameters",
    "accuracy_held_out",
    "held_out",
    "train",
]

# columns that may be absent, with the value (unknown) they then have
OPTIONAL: dict[str, float] = {
    **dict.fromkeys(["rate", "first_moment", "n_star", "unsettled"], np.nan),
    **dict.fromkeys(["refined", "refined_inside"], np.nan),
    **dict.fromkeys(["n", "kept", "work", "solver", "sign", "seed", "granularity"], np.nan),
    **dict.fromkeys(["problems", "hits", "worst_error", "kept_fraction"], np.nan),
    **dict.fromkeys(["source_parameters", "kept_parameters", "ticket_parameters"], np.nan),
    **dict.fromkeys(["target_parameters", "method", "closed_form", "differential"], np.nan),
    **dict.fromkeys(["exact", "layer_lower", "layer_upper", "data_error"], np.nan),
    **dict.fromkeys(["target_scale", "accuracy_target"], np.nan),
    **dict.fromkeys(["accuracy_ticket", "accuracy_control", "control_upper"], np.nan),
    **dict.fromkeys(["control_lower", "held_out", "stride", "padding", "epochs"], np.nan),
    **dict.fromkeys(["accuracy_train", "accuracy_before_normalisation"], np.nan),
    **dict.fromkeys(["decisions_changed"], np.nan),
}
PERFECT = 1e-9  # agreement asked of an upper bound with an exact formula


def complete(name: str, frame: pd.DataFrame, required: list[str]) -> pd.DataFrame:
    """Return ``frame`` with every optional column, unknown where it was absent.

    Raises ValueError naming the table and the missing columns when a required one is absent.
    """
    missing = [column for column in required if column not in frame.columns]
    if missing:
        raise ValueError(f"{name}: lacks the columns {', '.join(missing)}")
    absent = {key: value for key, value in OPTIONAL.items() if key not in frame.columns}
    return frame.reset_index(drop=True).assign(**absent)


def existence_limit(n: FloatArray, d: FloatArray) -> FloatArray:
    """eps*(n, d) = ½ √(πe n/2) · 2^(−n/d): typical least error, unit variance."""
    return 0.5 * np.sqrt(np.pi * np.e * n / 2) * np.exp2(-n / d)


def arms(tickets: pd.DataFrame) -> list[str]:
    """Arms in the order of their first row."""
    return list(dict.fromkeys(tickets["arm"]))


def quartiles(frame: pd.DataFrame, column: str, by: str = "n") -> pd.DataFrame:
    """Return one row a value of ``by``: count of finite values, quartiles and median."""
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


def observed_rate(thresholds: pd.DataFrame) -> pd.Series:
    """Hits over trials; unknown where nothing was settled."""
    return thresholds["hits"] / thresholds["trials"].where(thresholds["trials"] > 0)


def asked_for_eps(blocks: pd.DataFrame, arm: str) -> bool:
    """Whether any subset problem of ``arm`` had a tolerance, so that a hit means something."""
    return bool(blocks.loc[blocks["arm"] == arm, "eps"].notna().any())
