"""Two laws of the error in n, an exponential and a power, fitted to medians and compared."""

from collections.abc import Hashable, Mapping
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from slth import seeding
from slth.checks import FloatArray
from slth.intervals import Interval, quantile_interval

CONFIDENCE = 0.95  # of every interval, and of the comparison of the laws
RESAMPLES = 1000
LEAST_SIZES = 4  # that two laws of two constants each are compared on
CAPPED = 0.05  # share of empty best subsets up to which a size is fitted
COLUMNS = ["inputs", "n", "replicate", "proved", "error", "empty", "kept"]

Law = Enum("Law", "UNKNOWN EXPONENTIAL POWER UNDECIDED")


class Drawn(NamedTuple):
    """Sizes (m,) and log median relative errors (1 + `RESAMPLES`, m): first those measured."""

    sizes: FloatArray
    logs: FloatArray

    def fitted(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Minus the least-squares slopes of the logs on x (m,), and the sums of squared rests."""
        off = x - x.mean()
        rest = self.logs - self.logs.mean(axis=-1, keepdims=True)
        slopes = rest @ off / (off @ off)
        return -slopes, ((rest - slopes[:, None] * off) ** 2).sum(axis=-1)

    @property
    def rates(self) -> FloatArray:
        """Exponential: the error falls as 2^(-rate n)."""
        return self.fitted(self.sizes)[0] / np.log(2)

    @property
    def powers(self) -> FloatArray:
        """Power: the error falls as n^(-power)."""
        return self.fitted(np.log(self.sizes))[0]

    @property
    def shares(self) -> float:
        """Share of the resamples that the exponential fits with the smaller sum of squares."""
        one, other = self.fitted(self.sizes)[1], self.fitted(np.log(self.sizes))[1]
        return float((one < other)[1:].mean())


def relative(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with their error over that of the empty subset."""
    return frame.assign(relative=frame["error"].astype(float) / frame["empty"].astype(float))


def medians(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per number of inputs and n: count, median relative error with its interval.

    none: share of the instances whose best subset is empty.
    """
    rows = []
    own = relative(frame)
    for (p, n), part in own.groupby(["inputs", "n"], sort=True) if len(own) else ():
        low, high = quantile_interval(part["relative"], confidence=CONFIDENCE)
        middle = float(part["relative"].median())
        none = float((part["kept"] == 0).mean())
        key = {"inputs": p, "n": n, "count": len(part), "median": middle}
        rows.append(key | {"low": low, "high": high, "none": none})
    return pd.DataFrame(rows, columns=["inputs", "n", "count", "median", "low", "high", "none"])


def draws(frame: pd.DataFrame) -> Mapping[int, Drawn]:
    """Return what is fitted, by number of inputs: the largest sizes, where they are two or more.

    Those from which on at most `CAPPED` of the best subsets are empty: the error of the empty
    subset caps the others', and no law holds near a cap. Instances are resampled within each
    point, by a seed of its own. Cost: some ms per point. Source: Efron & Tibshirani, An
    Introduction to the Bootstrap.
    """
    own = relative(frame)
    found = {}
    for p, part in own.groupby("inputs", sort=True) if len(own) else ():
        none = (part["kept"] == 0).groupby(part["n"]).mean().sort_index()
        free = (none[::-1].cummax()[::-1] <= CAPPED).to_numpy()
        sizes = none.index.to_numpy()[free]
        if len(sizes) > 1:
            logs = [_log_medians(part[part["n"] == n]) for n in sizes]
            found[int(str(p))] = Drawn(sizes.astype(float), np.stack(logs, axis=1))
    return found


def _log_medians(part: pd.DataFrame) -> FloatArray:
    errors = part.sort_values("replicate")["relative"].to_numpy(float)
    p, n = part[["inputs", "n"]].iloc[0]
    rng = seeding.generator(0, "neurons bootstrap", int(p), int(n))
    chosen = rng.integers(0, len(errors), (RESAMPLES, len(errors)))
    middle = np.append(np.median(errors), np.median(errors[chosen], axis=1))
    out: FloatArray = np.log(np.maximum(middle, np.finfo(float).tiny))
    return out


def interval(values: FloatArray) -> Interval:
    """The estimate, first of the values, and the percentile interval of the resampled others."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values[1:], [tail, 1 - tail])
    return Interval(float(values[0]), float(low), float(high))


def verdict(drawn: Drawn) -> Law:
    """The law of the smaller sum of squares, if it is so in `CONFIDENCE` of the resamples."""
    if len(drawn.sizes) < LEAST_SIZES:
        return Law.UNKNOWN
    if drawn.shares >= CONFIDENCE:
        return Law.EXPONENTIAL
    return Law.POWER if drawn.shares <= 1 - CONFIDENCE else Law.UNDECIDED


FITS = ["inputs", "sizes", "first", "last", "rate", "rate_low", "rate_high"]
FITS += ["power", "power_low", "power_high", "share", "law", "error", "none"]


def fits(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per number of inputs: both laws with intervals, share, verdict.

    error, none: relative error and share of empty best subsets at the last n.
    """
    rows: list[dict[Hashable, Any]] = []
    table = medians(frame)
    for p, one in draws(frame).items():
        rate, power = interval(one.rates), interval(one.powers)
        last = table[(table["inputs"] == p) & (table["n"] == one.sizes[-1])].iloc[0]
        rows.append(
            {"inputs": p, "sizes": len(one.sizes), "first": one.sizes[0], "last": one.sizes[-1]}
            | {"rate": rate.mean, "rate_low": rate.low, "rate_high": rate.high}
            | {"power": power.mean, "power_low": power.low, "power_high": power.high}
            | {"share": one.shares, "law": verdict(one)}
            | {"error": last["median"], "none": last["none"]}
        )
    return pd.DataFrame(rows, columns=FITS)
