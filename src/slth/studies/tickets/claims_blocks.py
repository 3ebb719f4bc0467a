"""What the paper says about single subset problems and about the targets."""

import numpy as np
import pandas as pd

from slth.studies.printing import titles
from slth.studies.printing.existence import existence_limit
from slth.studies.printing.formatting import (
    all_of,
    count,
    dimensions,
    escape,
    integer,
    listing,
    number,
    out_of,
    percent,
    setting,
    span,
)
from slth.studies.printing.wordings import any_of, sentence, share
from slth.studies.tickets import wordings
from slth.studies.tickets.data import blocks_of, networks_of
from slth.studies.tickets.wordings import Decisions

SMALL = 0.1  # least errors above this are outside the small-eps approximation, and not compared


def block_macros(blocks: pd.DataFrame) -> dict[str, str]:
    """Return macro name → LaTeX for everything the prose says about subset problems."""
    table = blocks_of(blocks)
    return {
        "BlockCount": integer(len(table)),
        "BlockCandidates": span(table["candidates"].to_numpy(float)),
        "BlockDims": dimensions(table["d"]),
        "BlockSolvers": listing(titles.solver(s) for s in _solvers(table)),
        "BlockProofs": _proofs(table),
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


def _proofs(table: pd.DataFrame) -> str:
    proved = int(table["proved"].astype(bool).sum())
    verdict = share(proved, len(table))
    return sentence(
        verdict,
        wordings.PROOFS,
        proved=out_of(proved, len(table), "problem"),
        every=all_of(len(table), "problem"),
    )


def _hits(table: pd.DataFrame) -> str:
    asked = table[table["eps"].notna()]
    hits = int((asked["status"] == "HIT").sum())
    words = out_of(hits, len(asked), "problem that has one", "problems that have one")
    return sentence(any_of(asked), wordings.HITS, hits=words)


def _gap(table: pd.DataFrame) -> str:
    """Error found over the predicted least error, where the prediction is small enough to hold."""
    limit = existence_limit(table["candidates"].to_numpy(float), table["d"].to_numpy(float))
    table = table.assign(ratio=table["error"].to_numpy(float) / np.where(limit > 0, limit, np.nan))
    table = table[(limit <= SMALL) & np.isfinite(table["ratio"])]
    ratios = listing(
        f"{number(float(part['ratio'].median()))} for $d = {d:g}$ ("
        f"{count(len(part), 'problem')}, {wordings.PROVED[bool(proved)]} best)"
        for (d, proved), part in table.groupby(["d", "proved"], sort=True)
    )
    return sentence(any_of(table), wordings.GAP, small=setting(SMALL), ratios=ratios)


def decisions_changed(table: pd.DataFrame) -> Decisions:
    """Whether normalisation changed a decision on a held-out image."""
    changed = table["decisions_changed"].astype(float)
    if changed.isna().all():
        return Decisions.UNKNOWN
    return Decisions.CHANGED if int(changed.sum()) else Decisions.KEPT


def _decisions(table: pd.DataFrame) -> str:
    changed = count(int(table["decisions_changed"].astype(float).sum()), "decision")
    accuracy = percent(float(table["accuracy_before_normalisation"].astype(float).max()))
    verdict = decisions_changed(table)
    return sentence(verdict, wordings.DECISIONS, changed=changed, accuracy=accuracy)
