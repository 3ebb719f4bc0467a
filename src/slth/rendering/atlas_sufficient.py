"""Sizes at a tolerance side by side: bounds, prediction, observation, certificate, theorems."""

import math

import numpy as np
import pandas as pd

from slth.rendering.booktabs import Table
from slth.rendering.formatting import (
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
        middle, low, high = observed_size(least, d, eps)
        seen = f"{fixed(middle, 1)} [{fixed(low, 1)}, {fixed(high, 1)}]"
        rows.append(
            [
                integer(d),
                setting(eps),
                fixed(counting_bound(d, eps, 0.5), 1),
                fixed(row["annealed"], 1),
                fixed(row["n_star"], 1),
                seen if math.isfinite(middle) else MISSING,
                integer(row["certified"]),
                f"${row['becchetti']:.0f}\\,C$",
            ]
        )
    header = ["$d$", r"$\varepsilon$", "counting", "first moment", r"$n^\ast$", "observed"]
    return Table("rrrrrlrr", [[*header, "certified", "theorem"]], rows)


def observed_size(least: pd.DataFrame, d: int, eps: float) -> tuple[float, float, float]:
    """n_50(d, eps) of normal candidates and its interval, between the sizes that were run.

    Log medians, and the ends of their intervals, are joined by straight lines; nan beyond them.
    """
    own = least[(least["ensemble"] == REFERENCE) & (least["d"] == d)] if len(least) else least
    own = own[own["median"] > 0].sort_values("n") if len(own) else own
    if len(own) < 2:
        return math.nan, math.nan, math.nan
    n = own["n"].to_numpy(float)
    middle, low, high = (
        _crossing(n, np.log2(own[name].to_numpy(float)), math.log2(eps))
        for name in ("median", "low", "high")
    )
    return middle, low, high


def _crossing(n: np.ndarray, logs: np.ndarray, level: float) -> float:
    logs = np.minimum.accumulate(logs)
    if not np.isfinite(logs).all() or not logs[-1] <= level <= logs[0]:
        return math.nan
    return float(np.interp(-level, -logs, n))


def sufficient_macros(sufficient: pd.DataFrame, least: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX: how far sufficient sizes are from the observed ones."""
    recalled = [s for s in PUBLISHED.values() if s.confidence == "memory"]
    names = listing(f"{escape(s.source)}, for {escape(s.setting)}" for s in recalled)
    return {"AtlasSufficient": _excess(sufficient, least), "AtlasRecalled": names}


def _excess(sufficient: pd.DataFrame, least: pd.DataFrame) -> str:
    if sufficient.empty:
        return "This run compares no sizes."
    rows = []
    for row in sufficient.to_dict("records"):
        seen = observed_size(least, int(row["d"]), float(row["eps"]))[0]
        if math.isfinite(seen):
            rows.append((seen, row["annealed"], row["n_star"], row["certified"], row["becchetti"]))
    if not rows:
        return "None of the tolerances of the table lies between the medians of this run."
    seen, annealed, star, certified, theorem = np.array(rows, dtype=float).T
    more = certified - seen
    return sentence(
        f"at {count(len(seen), 'setting')} with an observed size the first moment is off by "
        f"{fixed(float(np.abs(annealed - seen).mean()), 2)} candidates on average, $n^\\ast$ by "
        f"{fixed(float(np.abs(star - seen).mean()), 2)}; the certificate asks for "
        f"{fixed(float(more.min()), 1)} to {fixed(float(more.max()), 1)} more than even odds need, "
        f"and the theorem for all targets, whose constant $C$ is not known, for "
        f"{fixed(float((theorem / seen).min()), 1)}\\,$C$ to "
        f"{fixed(float((theorem / seen).max()), 1)}\\,$C$ times as many"
    )
