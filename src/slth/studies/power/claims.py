"""The section on the beam's exponent: its range, its trends, normal candidates, what exists."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import Interval
from slth.studies.power import wordings
from slth.studies.power.exponents import (
    COLUMNS,
    CONFIDENCE,
    RESAMPLES,
    Draws,
    draws,
    fits,
    gaps,
    medians,
    pooled,
    trend,
)
from slth.studies.power.wordings import Range
from slth.studies.printing.formatting import (
    all_of,
    counts,
    fixed,
    integer,
    out_of,
    percent,
    setting,
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import Side, any_of, sentence, share, side

READS = {"power": "power"}  # table: kind
GIVEN = ("an earlier range of exponents",)  # numbers that the run takes over
EARLIER = 0.8, 1.0  # exponents of a prototype, d = 9 to 25
Frames = Mapping[str, pd.DataFrame]


def macros(frames: Frames) -> dict[str, str]:
    """Return the numbers and sentences."""
    frame = complete("power", frames["power"], COLUMNS)
    drawn = draws(frame)
    table = fits(frame, drawn)
    return {
        "PowerSetting": _setting(frame, table),
        "PowerInstances": counts(medians(frame)["count"], "instance"),
        "PowerConfidence": percent(CONFIDENCE, 0),
        "PowerResamples": integer(RESAMPLES),
        "PowerRange": _range(table, drawn),
        "PowerDimension": _dimension(drawn),
        "PowerWidth": _width(drawn),
        "PowerNormal": _normal(table, drawn),
        "PowerHeuristic": _heuristic(table),
        "PowerBend": _bend(table),
        "PowerExists": _exists(table),
        "PowerAnswer": _answer(table, drawn),
    }


def _setting(frame: pd.DataFrame, table: pd.DataFrame) -> str:
    return sentence(
        any_of(frame),
        wordings.SETTING,
        instances=counts(medians(frame)["count"], "instance"),
        sd=setting(first(frame, "target_sd")) if len(frame) else "",
        ratio=f"{first(frame, 'ratio'):g}",
        sizes=counts(table["sizes"], "size") if len(table) else "too few",
    )


def _of(table: pd.DataFrame, ensemble: str) -> pd.DataFrame:
    return table[table["ensemble"] == ensemble]


def _found(table: pd.DataFrame) -> pd.DataFrame:
    """Fits in which most answers are not the empty subset."""
    return table[table["idle"] < 0.5]


def sides(table: pd.DataFrame) -> list[Side]:
    """Where the interval of each fit lies against the `EARLIER` range."""
    low, high = EARLIER
    ends = zip(table["low"].astype(float), table["high"].astype(float), strict=True)
    return [
        Side.ABOVE if least > high else Side.BELOW if most < low else Side.AROUND
        for least, most in ends
    ]


def ranges(found: list[Side]) -> Range:
    """Judge the `sides` together."""
    if not found:
        return Range.NOTHING
    whole = {Side.AROUND: Range.MEETS, Side.ABOVE: Range.ABOVE, Side.BELOW: Range.BELOW}
    if len(set(found)) == 1:
        return whole[found[0]]
    if Side.ABOVE in found:
        return Range.BOTH if Side.BELOW in found else Range.SOME_ABOVE
    return Range.SOME_BELOW


def _range(table: pd.DataFrame, drawn: Draws) -> str:
    own = _of(table, "nsn")
    found = sides(own)
    return sentence(
        ranges(found),
        wordings.RANGE,
        beta=span(own["p"], "fixed"),
        mean=_change(pooled(drawn, "nsn"), digits=2),
        earlier=span(EARLIER, "fixed", 1),
        inside=out_of(found.count(Side.AROUND), len(own), "interval"),
    )


def _answer(table: pd.DataFrame, drawn: Draws) -> str:
    own = _of(table, "nsn")
    mean = fixed(pooled(drawn, "nsn").mean, 2) if len(own) else ""
    return sentence(any_of(own), wordings.ANSWER, mean=mean)


def _change(found: Interval, falls: bool = False, digits: int = 3) -> str:
    """An estimate with its interval in print; of a trend that falls, the size."""
    mean, low, high = (-found.mean, -found.high, -found.low) if falls else found
    return f"{fixed(mean, digits)} ({fixed(low, digits)} to {fixed(high, digits)})"


def _dimension(drawn: Draws) -> str:
    found = trend(drawn, "nsn", "d")
    verdict = side(found.low, found.high, 0)
    change = _change(found, verdict is Side.BELOW)
    return sentence(verdict, wordings.DIMENSION, change=change)


def _width(drawn: Draws) -> str:
    found = trend(drawn, "nsn", "width")
    verdict = side(found.low, found.high, 0)
    change = _change(found, verdict is Side.BELOW)
    return sentence(verdict, wordings.WIDTH, change=change)


def _normal(table: pd.DataFrame, drawn: Draws) -> str:
    """Whether errors of normal candidates fall, whether more slowly; how much larger they are."""
    own, apart = _of(table, "normal"), gaps(drawn)
    falling, smaller = int((own["low"] > 0).sum()), sum(gap.low > 0 for gap in apart)
    idle = len(own) - len(_found(own))
    widest = table[table["width"] == table["width"].max()]
    errors = widest.pivot(index="d", columns="ensemble", values="error")
    ratios = errors["normal"] / errors["nsn"] if apart else pd.Series(dtype=float)
    ratios = ratios[np.isfinite(ratios)]
    parts = [
        sentence(
            share(falling, len(own)),
            wordings.NORMAL,
            beta=span(own["p"], "fixed"),
            some=out_of(falling, len(own), "fit"),
        ),
        sentence(share(idle, len(own)), wordings.EMPTY, some=out_of(idle, len(own), "fit")),
        sentence(
            share(smaller, len(apart)),
            wordings.SMALLER,
            some=integer(smaller),
            total=integer(len(apart)),
        ),
        sentence(any_of(ratios), wordings.TIMES, ratio=span(ratios, "number")),
    ]
    return " ".join(part for part in parts if part)


def _heuristic(table: pd.DataFrame) -> str:
    """In how many intervals the exponents of the heuristic lie."""
    nsn, normal = _of(table, "nsn"), _found(_of(table, "normal"))
    parts = [
        sentence(any_of(nsn), wordings.ONE, some=_holding(nsn, 1.0)),
        sentence(
            any_of(normal),
            wordings.INVERSE,
            some=_holding(normal, 1 / normal["d"].astype(float)),
        ),
    ]
    return " ".join(part for part in parts if part)


def _holding(table: pd.DataFrame, value: float | pd.Series) -> str:
    holding = (table["low"] <= value) & (table["high"] >= value)
    return out_of(int(holding.sum()), len(table), "interval")


def _bend(table: pd.DataFrame) -> str:
    """In how many fits the curvature's interval leaves zero out."""
    own = table[np.isfinite(table["bend_low"].astype(float))]
    bent = int(((own["bend_low"] > 0) | (own["bend_high"] < 0)).sum())
    return sentence(
        share(bent, len(own)),
        wordings.BEND,
        some=out_of(bent, len(own), "fit"),
        every=all_of(len(own), "fit"),
    )


def _exists(table: pd.DataFrame) -> str:
    own = _of(table, "nsn")
    own = own[own["width"] == own["width"].max()]
    return sentence(
        share(int((own["fall"] > 1).sum()), len(own)),
        wordings.EXISTS,
        fall=span(own["fall"], "number"),
        orders=span(own["orders"]),
    )
