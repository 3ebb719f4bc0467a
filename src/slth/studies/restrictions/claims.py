"""Open problem 3 in print: the structured construction with one restriction lifted at a time."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import t as student

from slth.studies.printing import style
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
)

FIGURES = ("restriction_ratios",)
TABLES = ("restrictions",)
CONFIDENCE = 0.95  # of the t-intervals of the logarithms of ratios
BASE = "base"

NAMES = {  # variant → in print, and what its construction changes
    BASE: ("base case", "the theorem's setting"),
    "stride": ("stride two", "nothing"),
    "valid": ("valid padding", "nothing"),
    "pooling": ("average pooling", "nothing: pooling is copied"),
    "residual": ("residual block", "nothing: the skip is copied"),
    "uniform": ("uniform weights", "the law of the candidates"),
    "leaky_relu": ("leaky ReLU", r"targets over $1+\alpha$; $S^-$ everywhere"),
    "tanh": ("tanh", r"scales $s$, $1/s$; no sign split"),
}


class Ratio(NamedTuple):
    """Geometric mean of ratios over replicates, its interval (NaN for one), each of them."""

    mean: float
    low: float
    high: float
    values: np.ndarray


def ratio(frame: pd.DataFrame, variant: str, column: str) -> Ratio:
    """What a variant has of ``column``, over what the base has with the same seed.

    "relative" is the largest error over the largest target output, at the same inputs. "upper" of a
    variant without a bracket is a closed form and is set against the base's closed form. The
    interval is a t-interval of the mean logarithm.
    """
    kinds = ("error_bound" if column == "upper" and not _bracketed(frame, variant) else column,) * 2
    wide = frame.assign(relative=frame["seen"] / frame["size"])
    ours, base = (
        wide[wide["variant"] == name].set_index("replicate")[kind].astype(float)
        for name, kind in zip((variant, BASE), kinds, strict=True)
    )
    values = (ours / base).dropna().to_numpy(float)
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return Ratio(np.nan, np.nan, np.nan, values)
    logs = np.log(values)
    half = np.nan
    if len(logs) > 1:
        spread = float(logs.std(ddof=1)) / np.sqrt(len(logs))
        half = float(student.ppf((1 + CONFIDENCE) / 2, len(logs) - 1)) * spread
    centre = float(logs.mean())
    low, high = (float(np.exp(centre + sign * half)) for sign in (-1, 1))
    return Ratio(float(np.exp(centre)), low, high, values)


def figures(frames: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """The ratios of every variant, seed by seed, with their intervals."""
    return {"restriction_ratios": _ratios(frames["restrictions"])}


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """One row a variant."""
    header = [
        ["", "", r"\multicolumn{4}{c}{medians}", r"\multicolumn{2}{c}{against the base}"],
        ["variant", "what the construction changes", "worst", "output", "lower", "upper"],
    ]
    header[1] += ["relative", "upper"]
    rules = r"\cmidrule(lr){3-6}\cmidrule(lr){7-8}"
    frame = frames["restrictions"]
    rows = [_row(frame, name) for name in variants(frame)]
    return {"restrictions": Table("llrrrrll", header, rows, rules=rules)}


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    frame = frames["restrictions"]
    return {
        "RestrictionsSetting": _setting(frame),
        "RestrictionsShared": _shared(frame),
        "RestrictionsVerdict": _verdict(frame),
        "RestrictionsUniform": _uniform(frame),
        "RestrictionsTanh": _tanh(frame),
        "RestrictionsConfidence": percent(CONFIDENCE, 0),
        "RestrictionsSeeds": integer(_seeds(frame)) if len(frame) else "no",
    }


def variants(frame: pd.DataFrame) -> list[str]:
    """The base and the variants of a table, in the order of `NAMES`."""
    found = set(frame["variant"]) if len(frame) else set()
    return [name for name in NAMES if name in found]


def _bracketed(frame: pd.DataFrame, variant: str) -> bool:
    return bool(frame.loc[frame["variant"] == variant, "bracketed"].all())


def _seeds(frame: pd.DataFrame) -> int:
    return int(frame["replicate"].nunique())


def _row(frame: pd.DataFrame, name: str) -> list[str]:
    part = frame[frame["variant"] == name]
    columns = ("worst_error", "size", "lower", "upper")
    worst, size, lower, upper = (float(part[column].median()) for column in columns)
    mark = "" if _bracketed(frame, name) else r"$^\ast$"
    gaps = [MISSING, MISSING]
    if name != BASE:
        gaps = [_interval(ratio(frame, name, column)) for column in ("relative", "upper")]
    numbers = [number(worst), number(size), number(lower) + mark, number(upper) + mark]
    return [*NAMES[name], *numbers, *gaps]


def _interval(r: Ratio) -> str:
    if not np.isfinite(r.mean):
        return MISSING
    ends = f" ({fixed(r.low)} to {fixed(r.high)})" if np.isfinite(r.low) else ""
    return fixed(r.mean) + ends


@style.styled
def _ratios(frame: pd.DataFrame) -> Figure:
    names = [name for name in variants(frame) if name != BASE]
    if not names:
        return style.empty("No restriction was lifted in this run.")
    figure, (ax,) = style.panels(1, height=0.28 * len(names) + 0.5, columns=1)
    looks = {
        "relative": ("relative error at the same inputs", 0.16),
        "upper": ("upper bound", -0.16),
    }
    for index, (column, (words, shift)) in enumerate(looks.items()):
        look = style.series(index)
        for place, name in enumerate(names):
            r = ratio(frame, name, column)
            y = len(names) - 1 - place + shift
            ax.plot(r.values, [y] * len(r.values), alpha=0.35, markersize=2.6, **look.points())
            ax.plot([r.mean], [y], label=words if not place else None, **look.points())
            if np.isfinite(r.low):
                ax.plot([r.low, r.high], [y, y], color=look.colour, linewidth=1.1)
    ax.axvline(1.0, color=style.REFERENCE, linewidth=0.8)
    style.wide_axis(ax)
    ax.set_yticks(range(len(names)), [NAMES[name][0] for name in reversed(names)])
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlabel("error over that of the base case, same seed")
    style.legend(figure, [ax])
    return figure


def _setting(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "The experiment was switched off in this run."
    first = frame.iloc[0]
    removed = {"filter": "whole filters", "kernel": "single kernels", "entry": "single weights"}
    return sentence(
        f"in this run {integer(_seeds(frame))} targets were drawn, each met by random networks "
        f"with about $n = {first['n']:g}$ candidates a problem, of which "
        f"{removed[first['granularity']]} are removed ($d = {first['d']:g}$), "
        "and every problem was solved once"
    )


def _shared(frame: pd.DataFrame) -> str:
    """That geometry does not enter the subset problems, where the rows say so."""
    if frame.empty:
        return ""
    base = frame[frame["variant"] == BASE].set_index("replicate")["worst_error"]
    shared = frame[frame["shared"]]
    same = [
        NAMES[name][0]
        for name in variants(shared)
        if (shared[shared["variant"] == name].set_index("replicate")["worst_error"] == base).all()
    ]
    if not same:
        return ""
    return sentence(
        f"{listing(same)} leave{'s' if len(same) == 1 else ''} the subset problems as they were, "
        "so that the base's solutions serve unchanged; what differs is what the network makes of "
        "the same errors"
    )


def _verdict(frame: pd.DataFrame) -> str:
    """Which variants cost error, which do not, by the interval of the relative errors."""
    sides: dict[str, list[str]] = {"more": [], "less": [], "same": [], "unknown": []}
    for name in variants(frame):
        if name == BASE:
            continue
        r = ratio(frame, name, "relative")
        side = "unknown"
        if np.isfinite(r.low):
            side = "more" if r.low > 1 else "less" if r.high < 1 else "same"
        words = f"{NAMES[name][0]} ({fixed(r.mean)})"
        sides[side].append(words if side != "unknown" else NAMES[name][0])
    clear = rf"with {percent(CONFIDENCE, 0)} intervals clear of one"
    texts = {
        "more": f"the relative error at equal inputs exceeds the base's, {clear}, for {{}}",
        "less": f"it falls below the base's, {clear}, for {{}}",
        "same": "the interval of the ratio holds one for {}",
        "unknown": "one seed gives no interval for {}",
    }
    if sides["less"] and not sides["more"]:
        texts["less"] = (
            f"the relative error at equal inputs falls below the base's, {clear}, for {{}}"
        )
    parts = [texts[side].format(listing(names)) for side, names in sides.items() if names]
    if not parts:
        return "No variant was built."
    return sentence("; ".join(parts))


def _uniform(frame: pd.DataFrame) -> str:
    """Whether uniform weights make the subset problems harder, by the interval."""
    if "uniform" not in variants(frame):
        return ""
    r = ratio(frame, "uniform", "worst_error")
    verdict = "does not tell the two laws apart"
    if np.isfinite(r.low) and (r.low > 1 or r.high < 1):
        verdict = "is " + ("larger" if r.low > 1 else "smaller") + " than with normal ones"
    return sentence(
        f"with uniform weights the error of the worst subset problem {verdict}, by a factor of "
        f"{_interval(r)}"
    )


def _tanh(frame: pd.DataFrame) -> str:
    if "tanh" not in variants(frame):
        return ""
    part = frame[frame["variant"] == "tanh"]
    seen, bound = float(part["seen"].median()), float(part["upper"].median())
    return sentence(
        f"for tanh no bracket is defined: the largest error at {integer(part['inputs'].iloc[0])} "
        f"random inputs is {number(seen)} and the closed form, remainders of the linear "
        f"approximation included, {number(bound)} (medians)"
    )
