"""Margins of learned masks over their null controls: intervals, and all of them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from slth.intervals import holm, t_interval, t_test
from slth.studies.learned import masks as data

TOGETHER = data.CONFIDENCE  # that no margin of all is called positive in error: Holm's procedure


@dataclass(frozen=True)
class Margin:
    """Accuracy minus a control's over random networks. early: after the first epochs."""

    unit: str
    arm: str
    kind: str
    early: bool
    networks: int
    mean: float
    low: float
    high: float
    p: float

    @property
    def trained(self) -> bool:
        """Whether the weights under the mask are trained."""
        return self.arm not in data.UNTRAINED


def margins(table: pd.DataFrame) -> list[Margin]:
    """Every margin that has an interval: granularity, arm, control; at the end, then early."""
    return list(_margins(table, early=False)) + list(_margins(table, early=True))


def above_together(found: Sequence[Margin]) -> int:
    """How many margins are positive by Holm's step-down procedure over all of them."""
    rejected = holm([margin.p for margin in found], 1 - TOGETHER)
    return sum(margin.mean > 0 for margin, sure in zip(found, rejected, strict=True) if sure)


def _margins(table: pd.DataFrame, early: bool) -> Iterator[Margin]:
    for unit in data.granularities(table):
        rows = table[table["granularity"] == unit]
        for arm in data.arms_of(rows):
            part = rows[rows["arm"] == arm]
            for kind in data.CONTROLS:
                values = data.gaps(part, kind, early)
                mean, low, high = t_interval(values, data.CONFIDENCE)
                if np.isfinite(low):
                    p = t_test(values)
                    yield Margin(unit, arm, kind, early, len(values), mean, low, high, p)
