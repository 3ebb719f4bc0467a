"""Sizes at a tolerance side by side: bounds, prediction, observation, certificate, theorems."""

import math

import numpy as np
import pandas as pd

from slth.studies.atlas.claims_least import printed
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    count,
    escape,
    fixed,
    integer,
    listing,
    sentence,
    setting,
)
from slth.theory.counting import counting_bound
from slth.theory.published import PUBLISHED

REFERENCE = "normal"


def sufficient_table(sufficient: pd.DataFrame, least: pd.DataFrame) -> Table:
    """One row a (d, eps): necessary sizes to the left, sufficient ones to the right."""
    rows = []
    for row in sufficient.to_dict("records") if len(sufficient) else []:
        d, eps = int(row["d"]), float(row["eps"])
        said, middle, low, high = observed_size(least, d, eps)
        seen = f"{fixed(middle, 1)} [{fixed(low, 1)}, {fixed(high, 1)}]"
        rows.append(
            [
                integer(d),
                setting(eps),
                fixed(counting_bound(d, eps, 0.5), 1),
                fixed(row["annealed"], 1),
                fixed(row["n_star"], 1),
                fixed(said, 1),
                seen if math.isfinite(middle) else MISSING,
                integer(row["certified"]),
                f"${row['becchetti']:.0f}\\,C$",
            ]
        )
    header = ["$d$", r"$\varepsilon$", "counting", "first moment", r"$n^\ast$", "predicted"]
    right = ["observed", "certified", "theorem"]
    return Table("rrrrrrlrr", [[*header, *right]], rows)


def observed_size(least: pd.DataFrame, d: int, eps: float) -> tuple[float, float, float, float]:
    """n_50(d, eps) of normal candidates: predicted, observed, and the ends of its interval.

    Log medians, predicted or not, and the ends of their intervals are joined by straight lines
    between the sizes that were run; nan beyond them.
    """
    own = least[(least["ensemble"] == REFERENCE) & (least["d"] == d)] if len(least) else least
    own = own[own["median"] > 0].sort_values("n") if len(own) else own
    if len(own) < 2:
        return math.nan, math.nan, math.nan, math.nan
    n = own["n"].to_numpy(float)
    said, middle, low, high = (
        _crossing(n, np.log2(own[name].to_numpy(float)), math.log2(eps))
        for name in ("prediction", "median", "low", "high")
    )
    return said, middle, low, high


def _crossing(n: np.ndarray, logs: np.ndarray, level: float) -> float:
    logs = np.minimum.accumulate(logs)
    if not np.isfinite(logs).all() or not logs[-1] <= level <= logs[0]:
        return math.nan
    return float(np.interp(-level, -logs, n))


def sufficient_macros(sufficient: pd.DataFrame, least: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX: how far sufficient sizes are from the observed ones."""
    recalled = [s for s in PUBLISHED.values() if s.confidence == "memory"]
    words = [s.setting.replace("nsn", f"{printed('nsn')} candidates") for s in recalled]
    names = listing(
        f"{escape(s.source)}, for {escape(setting)}"
        for s, setting in zip(recalled, words, strict=True)
    )
    return {"AtlasSufficient": _excess(sufficient, least), "AtlasRecalled": names}


def _excess(sufficient: pd.DataFrame, least: pd.DataFrame) -> str:
    if sufficient.empty:
        return "This run compares no sizes."
    rows = []
    for row in sufficient.to_dict("records"):
        said, seen, *_ = observed_size(least, int(row["d"]), float(row["eps"]))
        if math.isfinite(seen) and math.isfinite(said):
            rows.append((seen, row["annealed"], said, row["certified"], row["becchetti"]))
    if not rows:
        return "None of the tolerances of the table lies between the medians of this run."
    seen, annealed, said, certified, theorem = np.array(rows, dtype=float).T
    more, times = certified - seen, theorem / seen
    first, ours = (fixed(float(np.abs(size - seen).mean()), 2) for size in (annealed, said))
    return sentence(
        f"at {count(len(seen), 'setting')} with an observed size the first moment is off by "
        f"{first} candidates on average, the prediction \\eqref{{eq:quenched}} by {ours}; the "
        f"certificate asks for {fixed(float(more.min()), 1)} to {fixed(float(more.max()), 1)} more "
        "than even odds need, and the theorem for all targets, whose constant $C$ is not known, "
        f"for {fixed(float(times.min()), 1)}\\,$C$ to {fixed(float(times.max()), 1)}\\,$C$ times "
        "as many"
    )
