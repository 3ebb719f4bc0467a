"""Accuracy after the epochs of the masks and after multiples of them, network by network."""

import pandas as pd

from slth.intervals import Interval, t_interval
from slth.studies.learned import masks as data
from slth.studies.printing.summaries import complete

LEVEL = 0.95  # of the intervals over few networks
KEYS = ["arm", "granularity", "asked", "replicate"]


def lengths(learned: pd.DataFrame, longer: pd.DataFrame) -> pd.DataFrame:
    """Accuracies: a row per arm and random network, a column per number of epochs, rising.

    Networks that were trained for every number only; no columns where there is one number.
    """
    more = complete("learned_longer", longer, [*KEYS, "epochs", "accuracy"])
    table = data.masks(learned)
    if more.empty or "epochs" not in table.columns:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["arm", "replicate"]))
    keys = set(more[KEYS].itertuples(index=False, name=None))
    same = [key in keys for key in table[KEYS].itertuples(index=False, name=None)]
    both = pd.concat([table[same], more], ignore_index=True)[
        ["arm", "replicate", "epochs", "accuracy"]
    ]
    found = both.astype({"epochs": int, "accuracy": float}).pivot_table(
        index=["arm", "replicate"], columns="epochs", values="accuracy"
    )
    return found.dropna()


def epochs_of(found: pd.DataFrame) -> list[int]:
    """Numbers of epochs of the columns, rising."""
    return [int(str(name)) for name in found.columns]


def last(found: pd.DataFrame) -> dict[str, Interval]:
    """By arm, what the last step changes: mean over networks and its t-interval at `LEVEL`."""
    if found.shape[1] < 2:
        return {}
    gaps = found[found.columns[-1]] - found[found.columns[-2]]
    return {arm: gap_of(gaps, arm) for arm in data.arms_of(found.reset_index())}


def gap_of(gaps: pd.Series, arm: str) -> Interval:
    """Mean and interval of an arm's gaps."""
    return t_interval(gaps.xs(arm, level="arm").to_numpy(float), LEVEL)


def together(found: pd.DataFrame) -> Interval | None:
    """The last step averaged over arms within each network; None without one."""
    if found.shape[1] < 2 or found.empty:
        return None
    gaps = found[found.columns[-1]] - found[found.columns[-2]]
    return t_interval(gaps.groupby(level="replicate").mean().to_numpy(float), LEVEL)
