"""Normally-scaled normal against normal candidates, before and after conditioning on the scales."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import count, fixed, integer, sentence


def scales_table(scales: pd.DataFrame) -> Table:
    """Shift of nsn against normal candidates: observed, predicted, and left given Σ a²."""
    rows = [
        [
            integer(row["d"]),
            integer(row["n"]),
            _interval(row, "raw"),
            fixed(row["predicted"]),
            fixed(row["refined"]),
            fixed(row["spread"]),
            _interval(row, "given"),
        ]
        for row in (scales.to_dict("records") if len(scales) else [])
    ]
    header = ["$d$", "$n$", "shift", "predicted", "refined", "of the scales", r"left given $G$"]
    return Table("rrlrrrl", [header], rows)


def _interval(row: dict[Any, Any], name: str) -> str:
    low, high = fixed(row[f"{name}_low"]), fixed(row[f"{name}_high"])
    return f"{fixed(row[name])} [{low}, {high}]"


def scales_macros(scales: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX: whether conditioning on Σ a² explains the shift."""
    if scales.empty:
        return {"AtlasScales": "This run has no errors of both laws to condition on the scales."}
    level = float(norm.isf((1 - float(scales["confidence"].iloc[0])) / 2))
    raw, given = (_pooled(scales, name, level) for name in ("raw", "given"))
    left = scales[(scales["given_low"] > 0) | (scales["given_high"] < 0)]
    words = (
        f"weighted over {count(len(scales), 'point')} the shift is {_words(raw)} candidates, and "
        f"{_words(given)} once each error is set against the median predicted for its own $G$. "
        f"Zero lies outside the interval of what is left at {count(len(left), 'point')}"
    )
    return {"AtlasScales": f"{sentence(words)} {_verdict(scales, raw, given)}"}


def _verdict(
    scales: pd.DataFrame, raw: tuple[float, float, float], given: tuple[float, float, float]
) -> str:
    """Conditioning explains the shift: wholly, in part, or not, by the pooled intervals."""
    if raw[1] <= 0 <= raw[2]:
        return sentence("this run sees no shift that conditioning could explain")
    if given[1] <= 0 <= given[2]:
        return sentence("what is left does not differ from zero: conditioning on $G$ explains it")
    share = 1 - given[0] / raw[0]
    text = (
        f"conditioning on $G$ takes off {fixed(100 * share, 0)}\\,\\% of it and does not explain "
        "the whole"
        if share > 0
        else "conditioning on $G$ does not explain it"
    )
    few, many = float(scales["d"].min()), float(scales["d"].max())
    if few != many:
        means = [float(scales.loc[scales["d"] == d, "given"].mean()) for d in (few, many)]
        text += (
            f"; what is left is {fixed(means[0])} candidates on average at $d = {few:g}$ and "
            f"{fixed(means[1])} at $d = {many:g}$"
        )
    return f"{sentence(text)} {_refined(scales)}"


def _refined(scales: pd.DataFrame) -> str:
    """Whether the prediction that sees the candidates themselves has the whole shift."""
    inside = scales["refined"].between(scales["raw_low"], scales["raw_high"])
    return sentence(
        r"the refinement \eqref{eq:refined}, which sees every candidate and not $G$ alone, "
        f"predicts the observed shift to within its interval at {integer(inside.sum())} of "
        f"{count(len(scales), 'point')}, where \\eqref{{eq:quenched}} does at "
        f"{integer(scales['predicted'].between(scales['raw_low'], scales['raw_high']).sum())}"
    )


def _pooled(scales: pd.DataFrame, name: str, level: float) -> tuple[float, float, float]:
    """Mean of independent points, weighted by the inverse squares of their interval's widths."""
    width = (scales[f"{name}_high"] - scales[f"{name}_low"]).to_numpy(float)
    error = np.maximum(width, 1e-12) / (2 * level)
    weight = error**-2.0 / (error**-2.0).sum()
    mean = float(weight @ scales[name].to_numpy(float))
    half = level * float(np.sqrt((weight**2 * error**2).sum()))
    return mean, mean - half, mean + half


def _words(value: tuple[float, float, float]) -> str:
    return f"{fixed(value[0])} [{fixed(value[1])}, {fixed(value[2])}]"
