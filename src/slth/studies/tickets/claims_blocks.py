"""What the paper says about single subset problems and about the targets."""

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    count,
    escape,
    integer,
    listing,
    number,
    percent,
    sentence,
    setting,
    span,
)
from slth.studies.printing.summaries import existence_limit
from slth.studies.tickets.data import blocks_of, networks_of

SMALL = 0.1  # least errors above this are outside the small-eps approximation, and not compared


def block_macros(blocks: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about subset problems."""
    table = blocks_of(blocks)
    proved = int(table["proved"].astype(bool).sum())
    return {
        "BlockCount": integer(len(table)),
        "BlockCandidates": span(table["candidates"].to_numpy(float)),
        "BlockDims": listing(f"${d:g}$" for d in sorted(set(table["d"]))),
        "BlockSolvers": listing(rf"\texttt{{{escape(s)}}}" for s in _solvers(table)),
        "BlockProofs": _proofs(proved, len(table)),
        "BlockHits": _hits(table),
        "BlockGap": _gap(table),
    }


def network_macros(networks: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about the targets."""
    table = networks_of(networks)
    return {
        "NetworkCount": count(len(table), "target"),
        "NetworkTrain": span(table["train"].to_numpy(float)),
        "NetworkInput": listing(
            f"${str(shape).replace('×', chr(92) + 'times ')}$"
            if "×" in str(shape)
            else escape(shape)
            for shape in dict.fromkeys(table["input"])
        ),
        "NetworkDecisions": _decisions(table),
    }


def _solvers(table: pd.DataFrame) -> list[str]:
    return sorted(set(table["solver"].dropna().astype(str)) - {"none"})  # none: no candidates


def _proofs(proved: int, total: int) -> str:
    if not total:
        return "This run solved no subset problem."
    if proved == total:
        return sentence(f"all {integer(total)} answers are proved best")
    if not proved:
        return sentence(f"none of the {integer(total)} answers is proved best")
    return sentence(f"{integer(proved)} of the {integer(total)} answers are proved best")


def _hits(table: pd.DataFrame) -> str:
    asked = table[table["eps"].notna()]
    if asked.empty:
        return (
            "No tolerance was set: each problem was solved for the least error within its budget."
        )
    hits = int((asked["status"] == "HIT").sum())
    return sentence(
        f"{integer(hits)} of the {integer(len(asked))} problems with a tolerance were solved "
        "within it"
    )


def _gap(table: pd.DataFrame) -> str:
    """Error found over the predicted least error, where the prediction is small enough to hold."""
    limit = existence_limit(table["candidates"].to_numpy(float), table["d"].to_numpy(float))
    table = table.assign(ratio=table["error"].to_numpy(float) / np.where(limit > 0, limit, np.nan))
    table = table[(limit <= SMALL) & np.isfinite(table["ratio"])]
    if table.empty:
        return sentence(
            f"no problem of this run has a predicted least error below {setting(SMALL)}, so the "
            "errors found are not compared with it"
        )
    parts = []
    for (d, proved), part in table.groupby(["d", "proved"], sort=True):
        kind = "proved" if proved else "not proved"
        parts.append(
            f"{number(float(part['ratio'].median()))} for $d = {d:g}$ ("
            f"{count(len(part), 'problem')}, {kind} best)"
        )
    return sentence(
        f"where the predicted least error is at most {setting(SMALL)}, the median ratio of the "
        f"error found to it is {listing(parts)}"
    )


def _decisions(table: pd.DataFrame) -> str:
    changed = table["decisions_changed"].astype(float)
    if table.empty or changed.isna().all():
        return "Whether normalisation changes a decision was not counted in this run."
    total = int(changed.sum())
    if total == 0:
        return "It changed no decision on any held-out image."
    accuracy = percent(float(table["accuracy_before_normalisation"].astype(float).max()))
    return sentence(
        f"in this run it changed {count(total, 'decision')} on held-out images through rounding "
        f"(accuracy before it: {accuracy})"
    )
