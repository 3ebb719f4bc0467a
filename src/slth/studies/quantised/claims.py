"""The section on quantised candidates: the theorem's form, its constants, our prediction."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.intervals import SIGNIFICANCE, holm
from slth.studies.printing.formatting import (
    all_of,
    count,
    counts,
    fixed,
    integer,
    listing,
    out_of,
    percent,
    span,
)
from slth.studies.printing.summaries import complete, first
from slth.studies.printing.wordings import Side, any_of, sentence, share, side
from slth.studies.quantised import wordings
from slth.studies.quantised.fitting import (
    COLUMNS,
    CONFIDENCE,
    LAW,
    RESAMPLES,
    fits,
    halves,
)
from slth.studies.quantised.wordings import Covered, Off

READS = {"quantised": "quantised", "quantised_law": "quantised_law"}  # table: kind
WIDE = 7  # M from which on entries are many values
Frames = Mapping[str, pd.DataFrame]


def read(frames: Frames) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The instances and the predictions."""
    rows = complete("quantised", frames["quantised"], COLUMNS)
    return rows, complete("quantised_law", frames["quantised_law"], LAW)


def macros(frames: Frames) -> dict[str, str]:
    """Return the numbers and sentences."""
    frame, law = read(frames)
    table, points = fits(frame, law), halves(frame, law)
    return {
        "QuantisedSetting": _setting(frame, points),
        "QuantisedConfidence": percent(CONFIDENCE, 0),
        "QuantisedResamples": integer(RESAMPLES),
        "QuantisedLevel": percent(SIGNIFICANCE, 0),
        "QuantisedForm": _form(table),
        "QuantisedKappa": _kappa(points),
        "QuantisedCounting": _counting(table),
        "QuantisedHalf": _half(points),
        "QuantisedPredicted": _predicted(table, points),
        "QuantisedOne": _one(points),
        "QuantisedAnswer": _answer(frame, points),
        "QuantisedAbstract": _abstract(frame, points),
    }


def _setting(frame: pd.DataFrame, points: pd.DataFrame) -> str:
    never = int((frame["size"] == 0).sum())
    parts = [
        sentence(
            any_of(frame),
            wordings.SETTING,
            instances=counts(points["count"], "instance"),
            points=integer(len(points)),
            d=span(points["d"]),
            M=integer(points["M"].max()) if len(points) else "",
        ),
        sentence(
            share(never, len(frame)),
            wordings.NEVER,
            some=integer(never),
            total=integer(len(frame)),
            most=integer(first(frame, "most")),
        ),
    ]
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    return " ".join(part for part in parts if part)


def _known(points: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Points at which all of these are finite."""
    finite = np.isfinite(points[list(columns)].to_numpy(float)).all(axis=1)
    return points.loc[finite]


def rejected(table: pd.DataFrame, law: str) -> tuple[int, int]:
    """Dimensions at which χ² rejects a law, Holm's correction over them, and how many there are."""
    own = table[(table["law"] == law) & table["p"].notna()]
    return len(refused(table, law)), len(own)


def refused(table: pd.DataFrame, law: str) -> set[int]:
    """The dimensions at which χ² rejects a law, Holm's correction over them."""
    own = table[(table["law"] == law) & table["p"].notna()]
    if own.empty:
        return set()
    return set(
        own["d"].astype(int)[np.asarray(holm(own["p"].astype(float).tolist(), SIGNIFICANCE))]
    )


def _form(table: pd.DataFrame) -> str:
    one, each = rejected(table, "form"), rejected(table, "each")
    return _joined(
        [
            sentence(share(*one), wordings.FORM, some=integer(one[0]), total=integer(one[1])),
            sentence(share(*each), wordings.EACH, some=integer(each[0]), total=integer(each[1])),
        ]
    )


def _kappa(points: pd.DataFrame) -> str:
    """Whether κ of each M alone falls as M grows; its values at both ends."""
    known = _known(points, "kappa").sort_values("M")
    ends = [part["kappa"].iloc[[0, -1]] for _, part in known.groupby("d") if len(part) > 1]
    falling = sum(end.iloc[1] < end.iloc[0] for end in ends)
    return _joined(
        [
            sentence(
                share(falling, len(ends)),
                wordings.FALLS,
                some=integer(falling),
                total=integer(len(ends)),
            ),
            sentence(
                any_of(ends),
                wordings.KAPPA,
                small=span([end.iloc[0] for end in ends], "fixed"),
                large=span([end.iloc[1] for end in ends], "fixed"),
            ),
        ]
    )


def counting(table: pd.DataFrame) -> list[tuple[int, Side]]:
    """Dimensions, and where the interval of C ln 2 lies against d candidates per doubling."""
    own = table[table["law"] == "form"]
    rows = own[["d", "C_low", "C_high"]].itertuples(index=False)
    return [(int(d), side(low * np.log(2), high * np.log(2), d)) for d, low, high in rows]


def _counting(table: pd.DataFrame) -> str:
    own = table[table["law"] == "form"]
    found = counting(table)
    kinds = {kind for _, kind in found if kind is not Side.UNKNOWN}
    parts = [
        sentence(
            any_of(own),
            wordings.PER_DOUBLING,
            ratio=span(own["C"].astype(float) * np.log(2) / own["d"].astype(float), "fixed"),
        )
    ]
    for kind in (Side.ABOVE, Side.BELOW, *([Side.AROUND] if kinds == {Side.AROUND} else [])):
        if kind in kinds:
            where = listing(f"$d={d}$" for d, each in found if each is kind)
            parts.append(sentence(kind, wordings.COUNTING, where=where))
    costs = [d for d, kind in found if kind in (Side.ABOVE, Side.BELOW)]
    return _joined([*parts, _rough(costs, refused(table, "form"))])


def _rough(costs: list[int], rejected: set[int]) -> str:
    """Whether the constants that costs are read off belong to a form that is rejected."""
    some = len(rejected & set(costs))
    return sentence(
        share(some, len(costs)),
        wordings.ROUGH,
        some=out_of(some, len(costs), "dimension"),
        every=all_of(len(costs), "dimension"),
    )


def _half(points: pd.DataFrame) -> str:
    known = _known(points, "even", "half")
    off = (known["even"].astype(float) - known["half"].astype(float)).abs()
    return sentence(
        share(int((off == 0).sum()), len(known)),
        wordings.HALF,
        some=out_of(int((off == 0).sum()), len(known), "point"),
        every=all_of(len(known), "point"),
        off=count(int(off.max()), "candidate") if len(off) else "",
    )


def covered(frame: pd.DataFrame, known: pd.DataFrame) -> Covered:
    """Whether sizes of even odds are known; ``known``: points at which they are."""
    if len(known):
        return Covered.KNOWN
    return Covered.UNKNOWN if len(frame) else Covered.NOTHING


def _answer(frame: pd.DataFrame, points: pd.DataFrame) -> str:
    known = _known(points, "one", "half", "even")
    return sentence(covered(frame, known), wordings.ANSWER, **_even_odds(known))


def _abstract(frame: pd.DataFrame, points: pd.DataFrame) -> str:
    known = _known(points, "one", "half", "even")
    return sentence(covered(frame, known), wordings.ABSTRACT, **_even_odds(known))


def _even_odds(known: pd.DataFrame) -> dict[str, str]:
    """Sizes of even odds against that for one target, and against the predicted ones."""
    half = known["half"].astype(float)
    off = int((known["even"].astype(float) - half).abs().max()) if len(known) else 0
    verdict = Off.OFF if off else Off.EXACT
    return {
        "more": counts(half - known["one"].astype(float), "candidate"),
        "off": sentence(verdict, wordings.OFF, off=count(off, "candidate")),
    }


def _predicted(table: pd.DataFrame, points: pd.DataFrame) -> str:
    known = _known(points, "gap")
    gaps = known["gap"].astype(float).abs()
    wide = gaps[known["M"].astype(float) >= WIDE]
    worst = known.iloc[int(gaps.argmax())] if len(known) else {"d": 0, "M": 0}
    some, total = rejected(table, "predicted")
    return _joined(
        [
            sentence(
                any_of(wide),
                wordings.GAP,
                gap=fixed(gaps.max()) if len(gaps) else "",
                d=f"{worst['d']:g}",
                M=f"{worst['M']:g}",
                from_M=f"{WIDE}",
                rest=fixed(wide.max()) if len(wide) else "",
            ),
            sentence(
                share(some, total), wordings.PREDICTED, some=integer(some), total=integer(total)
            ),
        ]
    )


def _one(points: pd.DataFrame) -> str:
    known = _known(points, "one", "half")
    half = known["half"].astype(float)
    return sentence(
        any_of(known),
        wordings.ONE,
        more=counts(half - known["one"].astype(float), "candidate"),
        over=span(half - known["counting"].astype(float)),
    )
