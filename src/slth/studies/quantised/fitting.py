"""The theorem's form fitted to the sizes that cover, by maximum likelihood, with its χ²."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import chi2

from slth import seeding
from slth.checks import FloatArray
from slth.intervals import Interval, quantile_interval
from slth.theory.sums import IntArray

CONFIDENCE = 0.95  # of every interval of the study
RESAMPLES = 200
LEAST = 5.0  # instances expected in a cell of χ²
COLUMNS = ["d", "bits", "M", "replicate", "most", "size"]
LAW = ["d", "M", "n", "chance", "one"]
NEVER, EVER = 1e-9, 1e12  # sizes at which the form is zero and one
STARTS = [
    (c, k)
    for c in (0.02, 0.2, 0.5, 1.0, 1.5, 2.2, 3.2, 4.5, 6.0, 8.0, 11.0, 15.0)
    for k in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
]
BEST = 3  # starts from which the search goes on


class Form(NamedTuple):
    """Constants of P(all targets) = 1 - 2 exp(-(n - C ln(M + 1))² / (κ n)), Δ = 0."""

    C: float
    kappa: float

    def covered(self, n: FloatArray, M: float | FloatArray) -> FloatArray:
        """P(all targets) at sizes n: 0 up to n = C ln(M + 1) and where the form is negative."""
        off = np.maximum(n - self.C * np.log(M + 1), 0)
        out: FloatArray = np.maximum(1 - 2 * np.exp(-(off**2) / (self.kappa * n)), 0)
        return out


class Point(NamedTuple):
    """The instances of one M: how many are covered first at first, first + 1, ..., most; or never.

    counts[0] holds those of every size up to ``first``.
    """

    M: float
    first: int
    counts: FloatArray

    def chances(self, covered: FloatArray) -> FloatArray:
        """The law of ``counts`` when ``covered`` is P(all targets) at first, ..., most."""
        return np.diff(np.concatenate([[0.0], covered, [1.0]]))

    @property
    def sizes(self) -> FloatArray:
        return np.arange(self.first, self.first + len(self.counts) - 1, dtype=float)


def point(part: pd.DataFrame, first: int = 1) -> Point:
    """The instances of one d and M, those of sizes up to ``first`` taken together."""
    most = int(part["most"].iloc[0])
    sizes = part["size"].to_numpy(int)
    sizes = np.clip(np.where(sizes > 0, sizes, most + 1), first, None)
    counts = np.bincount(sizes, minlength=most + 2)[first : most + 2].astype(float)
    return Point(float(part["M"].iloc[0]), first, counts)


def fit(points: Sequence[Point], start: Form | None = None) -> Form:
    """Constants of greatest likelihood, one pair for every M; NaN where there is none.

    A constant is positive. Where the form is zero no instance may be covered: constants that say
    otherwise have no likelihood. Nelder-Mead on their logarithms, from ``start`` or from the `BEST`
    of a grid.
    """
    lower, upper, M, counts = _held(points)

    def loss(x: FloatArray) -> float:
        form = Form(*np.exp(x))
        chances = form.covered(upper, M) - form.covered(lower, M)
        if (chances <= 0).any():
            return np.inf
        return -float(counts @ np.log(chances))

    tries = [np.log(each) for each in STARTS] if start is None else [np.log(start)]
    tries = [each for each in sorted(tries, key=loss)[:BEST] if np.isfinite(loss(each))]
    if not tries:
        return fit(points) if start is not None else Form(np.nan, np.nan)
    options: Any = {"xatol": 1e-3, "fatol": 1e-2}
    ends = [minimize(loss, each, method="Nelder-Mead", options=options) for each in tries]
    return Form(*map(float, np.exp(min(ends, key=lambda end: end.fun).x)))


def _held(points: Sequence[Point]) -> tuple[FloatArray, ...]:
    """Cells with instances: sizes between which they are covered first, M, how many they are."""
    parts = []
    for one in points:
        held = one.counts > 0
        lower = np.concatenate([[NEVER], one.sizes])[held]
        upper = np.concatenate([one.sizes, [EVER]])[held]
        parts.append((lower, upper, np.full(len(lower), one.M), one.counts[held]))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def resampled(points: Sequence[Point], own: Form, *key: str | int) -> list[Form]:
    """The fits to `RESAMPLES` bootstrap samples of the instances of each M, keyed seeds."""
    rng = seeding.generator(0, "quantised bootstrap", *key)
    found = []
    for _ in range(RESAMPLES):
        drawn = [
            one._replace(
                counts=rng.multinomial(int(one.counts.sum()), one.counts / one.counts.sum()).astype(
                    float
                )
            )
            for one in points
        ]
        found.append(fit(drawn, own))
    return found


def pearson(observed: FloatArray, expected: FloatArray) -> tuple[float, int]:
    """χ² of counts and its degrees of freedom, neighbours pooled until `LEAST` are expected."""
    ends, total = [], 0.0
    for i, each in enumerate(expected):
        total += each
        if total >= LEAST:
            ends.append(i + 1)
            total = 0.0
    if not ends:
        return 0.0, 0
    ends[-1] = len(expected)
    cells: IntArray = np.array([0, *ends[:-1]])
    seen, law = np.add.reduceat(observed, cells), np.add.reduceat(expected, cells)
    return float(((seen - law) ** 2 / law).sum()), len(cells) - 1


class Goodness(NamedTuple):
    """χ² of all M together, degrees of freedom, P(a χ² at least as large)."""

    chi2: float
    freedom: int
    p: float


def goodness(points: Sequence[Point], laws: Sequence[FloatArray], fitted: int) -> Goodness:
    """χ² of the ``points`` against ``laws``, P(all targets) at their sizes; NaN without freedom."""
    parts = [
        pearson(one.counts, one.counts.sum() * one.chances(law))
        for one, law in zip(points, laws, strict=True)
    ]
    total, freedom = sum(part[0] for part in parts), sum(part[1] for part in parts) - fitted
    if freedom < 1:
        return Goodness(np.nan, 0, np.nan)
    return Goodness(total, freedom, float(chi2.sf(total, freedom)))


FITS = ["d", "law", "instances", "C", "C_low", "C_high", "kappa", "kappa_low", "kappa_high"]
FITS += ["chi2", "freedom", "p"]


def fits(frame: pd.DataFrame, law: pd.DataFrame) -> pd.DataFrame:
    """Return three rows per dimension.

    law: "form", fitted with one pair of constants; "each", with a pair for each M; both from the
    size on at which the predicted odds are even, smaller ones taken together, since the form is
    zero there. "predicted": the theory's law for all sizes, nothing fitted.
    """
    rows = []
    for d, part in frame.groupby("d", sort=True) if len(frame) else ():
        own = law[law["d"] == d]
        by_M = [(even(own[own["M"] == M]), one) for M, one in part.groupby("M", sort=True)]
        by_M = [(size, one) for size, one in by_M if size]
        if not by_M:
            continue
        upper = [point(one, size) for size, one in by_M]
        every = [point(one) for _, one in by_M]
        key: dict[str, object] = {"d": d, "instances": sum(len(one) for _, one in by_M)}
        rows.append(key | {"law": "form"} | _fitted(int(str(d)), upper))
        apart = [fit([one]) for one in upper]
        laws = [form.covered(one.sizes, one.M) for one, form in zip(upper, apart, strict=True)]
        free = goodness(upper, laws, 2 * len(upper))
        rows.append(key | {"law": "each"} | free._asdict())
        laws = [predicted(own[own["M"] == one.M], one.sizes) for one in every]
        rows.append(key | {"law": "predicted"} | goodness(every, laws, 0)._asdict())
    return pd.DataFrame(rows, columns=FITS)


def _fitted(d: int, points: Sequence[Point]) -> dict[str, object]:
    form = fit(points)
    drawn = np.array(resampled(points, form, d))
    row: dict[str, object] = {}
    for i, key in enumerate(Form._fields):
        found = interval(drawn[:, i], float(form[i]))
        row |= {key: found.mean, f"{key}_low": found.low, f"{key}_high": found.high}
    laws = [form.covered(one.sizes, one.M) for one in points]
    return row | goodness(points, laws, 2)._asdict()


def interval(values: FloatArray, estimate: float) -> Interval:
    """The estimate and the percentile interval of the resampled ``values``."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high))


def even(law: pd.DataFrame) -> int:
    """Smallest n at which the predicted odds are even; 0 where the prediction has none."""
    reached = law.loc[law["chance"] >= 0.5, "n"]
    return int(reached.min()) if len(reached) else 0


def predicted(law: pd.DataFrame, sizes: FloatArray) -> FloatArray:
    """The predicted chances of one d and M at ``sizes``: 0 below those given, the last above."""
    own = law.sort_values("n")
    chances = np.maximum.accumulate(own["chance"].to_numpy(float))
    out: FloatArray = np.interp(sizes, own["n"].to_numpy(float), chances, left=0.0)
    return out


def limit(M: float) -> float:
    """Least κ that the form can have for n → ∞: 1 / ln((2M + 1)/(M + 1)).

    With probability ((M + 1)/(2M + 1))^n no first entry is negative, and -M is then no sum of them.
    """
    return 1 / float(np.log((2 * M + 1) / (M + 1)))


HALVES = ["d", "M", "count", "half", "low", "high", "even", "one", "counting", "gap"]
HALVES += ["kappa", "limit"]


def halves(frame: pd.DataFrame, law: pd.DataFrame) -> pd.DataFrame:
    """Return a row per d and M: sizes at which the odds are even, and how far the prediction is.

    half, low, high: median size with its order-statistics interval; even: predicted; one:
    predicted for one target; counting: d log2(2M + 1) rounded up, below which the subsets are fewer
    than the targets; gap: predicted less observed chance where it is largest in size; kappa: of the
    form fitted to this M alone, from the predicted even odds on; limit: the least κ as n grows.
    """
    rows = []
    for (d, M), part in frame.groupby(["d", "M"], sort=True) if len(frame) else ():
        own = law[(law["d"] == d) & (law["M"] == M)]
        sizes = part["size"].to_numpy(float)
        sizes = np.where(sizes > 0, sizes, np.inf)
        low, high = quantile_interval(np.minimum(sizes, 1e6), confidence=CONFIDENCE)
        n = own["n"].to_numpy(float)
        gaps = own["chance"].to_numpy(float) - (sizes[:, None] <= n).mean(axis=0)
        size, entry = even(own), float(str(M))
        kappa = fit([point(part, size)]).kappa if size else np.nan
        rows.append(
            {"d": d, "M": M, "count": len(part), "half": np.sort(sizes)[(len(sizes) - 1) // 2]}
            | {"low": low, "high": high, "even": size or np.nan}
            | {"one": own["one"].iloc[0] if len(own) else np.nan}
            | {"counting": np.ceil(int(str(d)) * np.log2(2 * entry + 1))}
            | {"gap": gaps[np.abs(gaps).argmax()] if len(gaps) else np.nan}
            | {"kappa": kappa, "limit": limit(entry)}
        )
    return pd.DataFrame(rows, columns=HALVES)
