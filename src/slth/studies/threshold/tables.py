"""Success rates beside their prediction."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing import titles
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    fixed,
    integer,
    setting,
    span,
)
from slth.studies.threshold.data import observed_rate, points

TABLES = ("agreement", "outside")


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The table of agreement, and that of the points that lie outside."""
    thresholds = frames["thresholds"]
    return {"agreement": agreement_table(thresholds), "outside": outside_table(thresholds)}


def agreement_table(thresholds: pd.DataFrame) -> Table:
    """One row an (ensemble, d, eps): points inside their intervals, deviation, pooled hits."""
    table = points(thresholds)
    header = ["ensemble", "$d$", r"$\varepsilon$", "$n$", "trials", "inside"]
    header += ["worst", "at $n$", "hits", "predicted", "off by", "ref. inside", "ref. worst"]
    rows = []
    for (ensemble, d, eps), part in table.groupby(["ensemble", "d", "eps"], sort=False):
        deviation = observed_rate(part) - part["prediction"]
        known = bool(deviation.notna().any())
        worst = int(deviation.abs().fillna(-1.0).to_numpy().argmax())
        hits, predicted, score = pooled(part)
        inside = int(part["inside"].astype(bool).sum())
        rows.append(
            [
                titles.ensemble(ensemble),
                integer(float(str(d))),
                setting(float(str(eps))),
                span(part["n"].to_numpy(float)),
                span(part["trials"].to_numpy(float)),
                f"{integer(inside)} of {integer(len(part))}",
                fixed(float(deviation.iloc[worst]), 3) if known else MISSING,
                integer(float(part["n"].iloc[worst])) if known else MISSING,
                integer(hits),
                fixed(predicted, 1),
                fixed(score, 1),
                *_refined_cells(part),
            ]
        )
    return Table("lrrlrrrrrrrrr", [header], rows)


def outside_table(thresholds: pd.DataFrame) -> Table:
    """The points whose interval does not hold the prediction, the worst first."""
    table = points(thresholds)
    found = table[~table["inside"].astype(bool)].assign(observed=observed_rate)
    found = found.assign(off=found["observed"] - found["prediction"])
    order = found["off"].abs().sort_values(ascending=False, kind="stable").index
    header = ["ensemble", "$d$", r"$\varepsilon$", "$n$", "observed", "interval", "predicted"]
    rows = [
        [
            titles.ensemble(row["ensemble"]),
            integer(row["d"]),
            setting(row["eps"]),
            integer(row["n"]),
            fixed(row["observed"], 3),
            f"{fixed(row['low'], 3)} to {fixed(row['high'], 3)}",
            fixed(row["prediction"], 3),
        ]
        for row in found.loc[order].to_dict("records")
    ]
    return Table("lrrrrlr", [header], rows)


def _refined_cells(part: pd.DataFrame) -> list[str]:
    """Points whose interval holds the refined prediction, and its worst deviation."""
    known = part[part["refined"].notna()]
    if known.empty:
        return [MISSING, MISSING]
    deviation = (observed_rate(known) - known["refined"]).to_numpy(float)
    inside = int(known["refined_inside"].astype(bool).sum())
    worst = deviation[int(np.nan_to_num(np.abs(deviation), nan=-1.0).argmax())]
    return [f"{integer(inside)} of {integer(len(known))}", fixed(float(worst), 3)]


def pooled(part: pd.DataFrame) -> tuple[int, float, float]:
    """Hits, hits the prediction expects, and their difference in standard deviations.

    z = (Σ hits − Σ N p) / √(Σ N p (1 − p)): the points are independent instances.
    """
    trials, p = part["trials"].to_numpy(float), part["prediction"].to_numpy(float)
    hits, expected = int(part["hits"].sum()), float((trials * p).sum())
    variance = float((trials * p * (1 - p)).sum())
    return hits, expected, (hits - expected) / np.sqrt(variance) if variance > 0 else np.nan
