"""The measured times and errors, by solver."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from slth.studies.printing import titles

PEERS = {"highs": "HiGHS", "gurobi": "Gurobi", "scip": "SCIP", "cpsat": "CP-SAT"}
COLUMNS = ["kind", "n", "d", "eps", "threads", "solver"]
COLUMNS += ["seconds", "error", "empty", "solved", "instances"]
USELESS = 0.9  # of the empty subset's error: nothing was found


@dataclass(frozen=True)
class Benchmark:
    """rows: one a (task, solver, draw). info: machine, versions, limit in seconds per peer, own."""

    rows: pd.DataFrame
    info: dict[str, Any]


def benchmark_of(frame: pd.DataFrame) -> Benchmark:
    """The measured table: its rows, and what every row says of the machine."""
    if frame.empty:
        return Benchmark(pd.DataFrame(columns=COLUMNS), {})
    return Benchmark(frame, json.loads(frame["info"].iloc[0]))


def medians(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a (kind, n, d, eps, threads, solver): medians over the draws, and how many."""
    keys = ["kind", "n", "d", "eps", "threads", "solver"]
    groups = rows.groupby(keys, sort=False, dropna=False)
    table = groups.agg(
        seconds=("seconds", "median"),
        error=("error", "median"),
        empty=("empty", "median"),
        solved=("solved", "mean"),
        draws=("seconds", "size"),
        instances=("instances", "max"),
    )
    return table.reset_index()


def label(name: str) -> str:
    """Return a solver's name in print."""
    return PEERS.get(name) or titles.solver(name)


def growth(table: pd.DataFrame) -> tuple[float, list[int]] | None:
    """Slope of log2 seconds in n of exact minimising on one thread, and the n it rests on."""
    rows = table[
        (table["kind"] == "exact")
        & table["eps"].isna()
        & (table["solver"] == "mitm")
        & (table["threads"] == 1)
        & (table["n"] >= 36)
    ]
    if len(rows) < 2:
        return None
    n = rows["n"].to_numpy(float)
    return float(np.polyfit(n, np.log2(rows["seconds"].to_numpy(float)), 1)[0]), sorted(
        int(v) for v in n
    )


def own_seconds(part: pd.DataFrame) -> float:
    """Seconds of our solver on one thread."""
    own = part[part["solver"].isin(list(titles.solvers())) & (part["threads"] == 1)]
    return float(own["seconds"].iloc[0]) if len(own) else float("nan")
