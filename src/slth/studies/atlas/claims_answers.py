"""What the abstract and the table of answers say of the atlas."""

import numpy as np
import pandas as pd

from slth.ensembles import lookup
from slth.studies.atlas import wordings
from slth.studies.atlas.claims_covering import conditional
from slth.studies.atlas.claims_drift import formula_words
from slth.studies.atlas.wordings import Gap
from slth.studies.printing.formatting import count, dimensions, fixed, integer, number, span
from slth.studies.printing.wordings import Data, any_of, clause


def abstract(least: pd.DataFrame, covering: pd.DataFrame, search: pd.DataFrame) -> str:
    """The formula against proved least errors, the price of all targets, what search misses."""
    if least.empty:
        found = _search_abstract(search)
        return clause(Data.NONE, wordings.ABSTRACT, formula="", targets="", search=found)
    known = least[least["median"].notna()]
    targets = clause(any_of(covering), wordings.ALL_TARGETS, prices=_prices(covering))
    return clause(
        any_of(known),
        wordings.ABSTRACT,
        formula=formula_words(known),
        targets=targets,
        search=_search_abstract(search),
    )


def targets_answer(covering: pd.DataFrame) -> str:
    """What all targets cost; covering: complete."""
    union = clause(conditional(covering), wordings.CONDITIONAL_ANSWER)
    prices, dims = _prices(covering).replace(" to ", " and "), dimensions(covering["d"])
    found = any_of(covering)
    return clause(found, wordings.TARGETS_ANSWER, prices=prices, dims=dims, conditional=union)


def _prices(covering: pd.DataFrame) -> str:
    return span(covering["price"], "fixed", 1) if len(covering) else ""


def _best(far: pd.DataFrame) -> pd.Series:
    """The row of the least median error."""
    return far.iloc[int(np.nanargmin(far["median"].to_numpy(float)))]


def gap(far: pd.DataFrame) -> Gap:
    """Whether the best error found is within one decimal order of what exists; far: largest n."""
    if far.empty:
        return Gap.NOTHING
    return Gap.NEAR if orders_above(_best(far)) < 1 else Gap.FAR


def search_answer(search: pd.DataFrame) -> str:
    """The largest d and n: what the best solver finds; search: complete."""
    far = _farthest(search)
    if far.empty:
        return clause(gap(far), wordings.SEARCH_ANSWER)
    best = _best(far)
    return clause(
        gap(far),
        wordings.SEARCH_ANSWER,
        d=best["d"],
        n=best["n"],
        solvers=count(far["solver"].nunique(), "solver"),
        work=budget(far),
        error=number(float(best["median"])),
        orders=fixed(orders_above(best), 1),
    )


def _farthest(search: pd.DataFrame) -> pd.DataFrame:
    """Rows of the largest d, and of its largest n."""
    far = search[search["d"] == search["d"].max()]
    return far[far["n"] == far["n"].max()]


def _search_abstract(search: pd.DataFrame) -> str:
    """How far the best error found is above what exists, at the largest d and n."""
    far = _farthest(search)
    best = _best(far) if len(far) else {"d": 0, "n": 0}
    orders = fixed(orders_above(_best(far)), 1) if len(far) else ""
    return clause(
        gap(far),
        wordings.SEARCH_ABSTRACT,
        d=best["d"],
        n=best["n"],
        work=budget(far),
        orders=orders,
    )


def budget(search: pd.DataFrame) -> str:
    """Subsets, pairs, moves or nodes: the most that a solver took of them, by its median."""
    return integer(float(search["work"].max())) if len(search) else ""


def orders_above(row: pd.Series) -> float:
    """Decimal orders between a median error and eps*, which underflows where n/d exceeds 1000."""
    if row["limit"] > 0:
        return float(np.log10(row["median"] / row["limit"]))
    spread = 0.5 * np.sqrt(np.pi * np.e * row["n"] / 2) * lookup(str(row["ensemble"])).std
    return float(np.log10(row["median"] / spread) + row["n"] / row["d"] * np.log10(2))
