"""Margins of learned masks over their null controls: intervals, and all of them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    """How many margins are positive by Holm's step-down procedure over all of them.

    The two-sided p-values, smallest first, against α / m, α / (m − 1), …, until one is larger; a
    margin counts if it is positive. Source: Holm (Scandinavian Journal of Statistics, 1979).
    """
    ranked = sorted(found, key=lambda margin: margin.p)
    above = 0
    for place, margin in enumerate(ranked):
        if not margin.p <= (1 - TOGETHER) / (len(ranked) - place):
            break
        above += margin.mean > 0
    return above


def _margins(table: pd.DataFrame, early: bool) -> Iterator[Margin]:
    for unit in data.granularities(table):
        rows = table[table["granularity"] == unit]
        for arm in data.arms_of(rows):
            part = rows[rows["arm"] == arm]
            for kind in data.CONTROLS:
                values = data.gaps(part, kind, early)
                mean, low, high = data.margin(part, kind, early)
                if np.isfinite(low):
                    p = _p_value(values)
                    yield Margin(unit, arm, kind, early, len(values), mean, low, high, p)


def _p_value(values: np.ndarray) -> float:
    """Of a two-sided t-test of mean zero."""
    from scipy.stats import t as student  # loaded where it is used: `claims_thresholds`

    spread = values.std(ddof=1) / np.sqrt(len(values))
    if spread == 0:
        return float(values.mean() == 0)
    return float(2 * student.sf(abs(values.mean()) / spread, len(values) - 1))
