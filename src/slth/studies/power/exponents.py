"""Exponents p of error ~ n^(-p): least squares, with intervals by a bootstrap over instances."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from slth import seeding
from slth.checks import FloatArray
from slth.intervals import Interval, quantile_interval
from slth.studies.printing.existence import log_existence_limit

CONFIDENCE = 0.95  # of every interval of the study
RESAMPLES = 1000
COLUMNS = ["ensemble", "d", "n", "width", "ratio", "target_sd", "replicate", "error", "empty"]
POINT = ["ensemble", "d", "n", "width"]
NONE = Interval(np.nan, np.nan, np.nan)


class Drawn(NamedTuple):
    """Sizes n (m,) of a fit and log median errors (1 + `RESAMPLES`, m): first those measured."""

    sizes: FloatArray
    logs: FloatArray

    @property
    def p(self) -> FloatArray:
        """Exponents (1 + `RESAMPLES`,): minus the slopes on log n."""
        return -slopes(np.log(self.sizes), self.logs)

    @property
    def bend(self) -> FloatArray:
        """Coefficients of (log n)², (1 + `RESAMPLES`,); for three sizes or more. 0: a power."""
        x = np.log(self.sizes)
        x -= x.mean()
        rows: FloatArray = np.linalg.pinv(np.stack([x**2, x, np.ones(len(x))], axis=1))
        out: FloatArray = self.logs @ rows[0]
        return out


Draws = Mapping[tuple[str, int, int], Drawn]  # by ensemble, d and width


def medians(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per point: count, median error, its order-statistics interval, median of empty."""
    rows: list[dict[Hashable, Any]] = []
    for key, part in frame.groupby(POINT, sort=False) if len(frame) else ():
        low, high = quantile_interval(part["error"], confidence=CONFIDENCE)
        middle: dict[Hashable, Any] = {
            "median": part["error"].median(),
            "empty": part["empty"].median(),
        }
        names: dict[Hashable, Any] = dict(zip(POINT, key, strict=True))
        rows.append({**names, "count": len(part), **middle, "low": low, "high": high})
    return pd.DataFrame(rows, columns=[*POINT, "count", "median", "empty", "low", "high"])


def draws(frame: pd.DataFrame) -> Draws:
    """Return what is fitted: the sizes n ≥ ratio·d, where they are two or more.

    Instances are resampled within each (ensemble, d, n) by a seed of its own, alike for all widths,
    whose differences are then those of pairs. Cost: some ms per point. Source: Efron & Tibshirani,
    An Introduction to the Bootstrap.
    """
    found = {}
    own = _fitted(frame)
    keys = own[["ensemble", "d", "width"]].drop_duplicates()
    for ensemble, d, width in keys.itertuples(index=False):
        part = own[(own["ensemble"] == ensemble) & (own["d"] == d) & (own["width"] == width)]
        sizes = np.sort(part["n"].unique())
        if len(sizes) > 1:
            logs = np.stack([_log_medians(part[part["n"] == n]) for n in sizes], axis=1)
            found[str(ensemble), int(d), int(width)] = Drawn(sizes.astype(float), logs)
    return found


def _fitted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["n"] >= frame["ratio"] * frame["d"]] if len(frame) else frame


def _log_medians(part: pd.DataFrame) -> FloatArray:
    """Log median error of one point: of its instances, then of each resample."""
    errors = part.sort_values("replicate")["error"].to_numpy(float)
    ensemble, d, n = part[["ensemble", "d", "n"]].iloc[0]
    rng = seeding.generator(0, "power bootstrap", str(ensemble), int(d), int(n))
    chosen = rng.integers(0, len(errors), (RESAMPLES, len(errors)))
    middle = np.append(np.median(errors), np.median(errors[chosen], axis=1))
    out: FloatArray = np.log(np.maximum(middle, np.finfo(float).tiny))
    return out


def slopes(x: FloatArray, y: FloatArray) -> FloatArray:
    """Least-squares slopes of y (..., m) on x (m,)."""
    off = x - x.mean()
    out: FloatArray = y @ off / (off @ off)
    return out


def interval(values: FloatArray) -> Interval:
    """The estimate, first of the values, and the percentile interval of the resampled others."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values[1:], [tail, 1 - tail])
    return Interval(float(values[0]), float(low), float(high))


FITS = ["ensemble", "d", "width", "sizes", "first", "last", "p", "low", "high"]
FITS += ["bend_low", "bend_high", "idle", "error", "fall", "orders"]


def fits(frame: pd.DataFrame, drawn: Draws) -> pd.DataFrame:
    """Return a row per ensemble, d and width.

    sizes fitted, first and last n; p, low, high; ends of the interval of the bend, NaN for two
    sizes; idle: share of the fitted instances whose answer is the empty subset; error: the median
    at the last n; fall: what the medians fall by from first to last, a factor; orders: the same of
    ε*(n, d) in powers of ten.
    """
    rows = []
    own = _fitted(frame)
    empty = own["error"] >= own["empty"]
    idle = empty.groupby([own["ensemble"], own["d"], own["width"]]).mean()
    for (ensemble, d, width), one in drawn.items():
        ends = one.sizes[[0, -1]]
        limit = log_existence_limit(ends, np.full(2, float(d))) / np.log(10)
        p, bend = interval(one.p), interval(one.bend) if len(one.sizes) > 2 else NONE
        rows.append(
            {"ensemble": ensemble, "d": d, "width": width, "sizes": len(one.sizes)}
            | {"first": ends[0], "last": ends[1], "p": p.mean, "low": p.low, "high": p.high}
            | {"bend_low": bend.low, "bend_high": bend.high, "idle": idle[ensemble, d, width]}
            | {"error": np.exp(one.logs[0, -1])}
            | {"fall": np.exp(one.logs[0, 0] - one.logs[0, -1]), "orders": limit[0] - limit[1]}
        )
    return pd.DataFrame(rows, columns=FITS)


def trend(drawn: Draws, ensemble: str, along: str) -> Interval:
    """Change of p a doubling of d ("d") or of the width ("width"), the other averaged over.

    The slope of the mean exponents on log2, with its bootstrap interval; without one where there
    are fewer than two values, or some d has not all the widths.
    """
    own = {(d, width): one.p for (name, d, width), one in drawn.items() if name == ensemble}
    ds, widths = (sorted({key[i] for key in own}) for i in (0, 1))
    over = ds if along == "d" else widths
    if len(over) < 2 or len(own) < len(ds) * len(widths):
        return NONE
    place = 0 if along == "d" else 1
    means = [
        np.mean([p for key, p in own.items() if key[place] == value], axis=0) for value in over
    ]
    return interval(slopes(np.log2(np.array(over, dtype=float)), np.stack(means, axis=1)))


def pooled(drawn: Draws, ensemble: str) -> Interval:
    """Mean exponent over every d and width, with its bootstrap interval."""
    own = [one.p for (name, _, _), one in drawn.items() if name == ensemble]
    return interval(np.mean(own, axis=0)) if own else NONE


def gaps(drawn: Draws) -> list[Interval]:
    """The exponent of nsn less that of normal candidates, at each d and width that has both."""
    return [
        interval(own.p - drawn["normal", d, width].p)
        for (name, d, width), own in drawn.items()
        if name == "nsn" and ("normal", d, width) in drawn
    ]
