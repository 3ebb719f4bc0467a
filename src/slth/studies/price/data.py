"""Summaries of priced tickets: errors, rates with intervals, sizes at an equal error."""

import numpy as np
import pandas as pd

from slth.checks import FloatArray
from slth.intervals import Interval, t_interval
from slth.studies.printing import titles
from slth.studies.printing.existence import existence_limit

CONFIDENCE = 0.95  # of the t-intervals of rates, over random networks

COLUMNS = [
    *("target", "arm", "construction", "n", "digits", "d", "replicate", "status", "reason"),
    *("overparameterisation", "worst_error", "lower", "upper", "kept_fraction", "proved"),
    *("predicted_n", "basis", "tolerance", "target_scale", "solver", "method"),
]


def built(price: pd.DataFrame) -> pd.DataFrame:
    """Rows of tickets, with ``error``: the certified upper end, of no blocks the lower one.

    ``error`` is in units of the target's largest output, so that an empty ticket has error 1.
    ``size``: digits where they are swept, else n. Without blocks no bound but the loose closed
    form is known.
    """
    table = _whole(price)
    table = table[table["status"] == "BUILT"]
    seen = ~blocked(table)
    return table.assign(
        error=(table["upper"].where(~seen, table["lower"]) / table["target_scale"]).astype(float),
        size=table["n"].where(table["digits"] == 0, table["digits"]).astype(float),
    )


def refused(price: pd.DataFrame) -> pd.DataFrame:
    """One row per construction and target that it does not take, with the reason."""
    table = _whole(price)
    table = table[table["status"] == "REFUSED"]
    return table.drop_duplicates(["target", "arm"])[["target", "arm", "construction", "reason"]]


def arms(table: pd.DataFrame) -> list[str]:
    """Arms of the table in the order of the registry."""
    present = set(table["arm"])
    return [arm for arm in titles.arms() if arm in present]


def blocked(table: pd.DataFrame) -> pd.Series:
    """Whether a row's random network is block-masked; else its error is seen from below."""
    return table["arm"].map(lambda arm: bool(titles.arm(arm, "blocked", True))).astype(bool)


def rate(part: pd.DataFrame) -> str:
    """How the error of a sweep falls by its theorem: `slth.tickets.base.Construction.rate`."""
    return str(titles.arm(part["arm"].iloc[0], "rate"))


def per_doubling(part: pd.DataFrame) -> Interval:
    """Halvings of the error when the source doubles: minus the slope of log2 error, log2 size."""
    return _rate(part, np.log2(part["overparameterisation"].to_numpy(float)))


def per_candidate(part: pd.DataFrame) -> Interval:
    """Halvings of the error a candidate (or digit) more."""
    return _rate(part, part["size"].to_numpy(float))


def expected_per_candidate(part: pd.DataFrame) -> float:
    """The same slope of −log2 eps*(n, d) at the same n: what exists, whatever the unit variance.

    Of the ±1 digits per halving a digit. NaN for power laws and where no formula applies.
    """
    falls, sizes = rate(part), np.unique(part["size"].to_numpy(float))
    if falls in ("power", "unknown") or len(sizes) < 2:
        return np.nan
    if falls == "digits":
        return 1.0 if part["digits"].max() > 0 else np.nan
    limit = existence_limit(sizes, np.full_like(sizes, float(part["d"].max())))
    return -float(np.polyfit(sizes, np.log2(limit), 1)[0])


def law(part: pd.DataFrame) -> str:
    """Say which fits the median errors better: "power" or "exponential"; "" below four sizes."""
    medians = part.groupby("size")[["error", "overparameterisation"]].median()
    medians = medians[medians["error"] > 0]
    if len(medians) < 4:
        return ""
    y = np.log(medians["error"].to_numpy(float))
    misfits = [
        float(np.polyfit(x, y, 1, full=True)[1].sum())
        for x in (np.log(medians["overparameterisation"].to_numpy(float)), medians.index.to_numpy())
    ]
    return "power" if misfits[0] <= misfits[1] else "exponential"


def crossing(part: pd.DataFrame, level: float, column: str, along: str) -> FloatArray:
    """For each random network, ``along`` where ``column`` first is ≤ level, log-log interpolated.

    inf where it never is; the smallest size where it always is.
    """
    found = []
    for _, one in part.groupby("replicate", sort=True):
        rows = one.sort_values(along)
        x, y = rows[along].to_numpy(float), rows[column].to_numpy(float)
        below = np.flatnonzero(y <= level)
        if not below.size:
            found.append(np.inf)
            continue
        i = int(below[0])
        if i == 0 or y[i] <= 0:
            found.append(x[i])
            continue
        share = np.log(y[i - 1] / level) / np.log(y[i - 1] / y[i])
        found.append(float(np.exp(np.log(x[i - 1]) + share * np.log(x[i] / x[i - 1]))))
    return np.array(found)


def middle(values: FloatArray) -> tuple[float, float, float]:
    """Median and quartiles that are among the values, so that inf is one like any other."""
    if not values.size:
        return np.nan, np.nan, np.nan
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    return float(median), float(low), float(high)


def _rate(part: pd.DataFrame, x: FloatArray) -> Interval:
    y = -np.log2(part["error"].to_numpy(float).clip(min=1e-300))
    slopes = []
    for _, places in part.reset_index(drop=True).groupby("replicate", sort=True).groups.items():
        mine = np.asarray(places)
        if len(np.unique(x[mine])) > 1:
            slopes.append(float(np.polyfit(x[mine], y[mine], 1)[0]))
    return t_interval(np.array(slopes), CONFIDENCE)


def _whole(price: pd.DataFrame) -> pd.DataFrame:
    """The table with every column; those absent are unknown."""
    absent = {column: np.nan for column in COLUMNS if column not in price.columns}
    return price.reset_index(drop=True).assign(**absent)
