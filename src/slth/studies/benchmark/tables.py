"""Times beside the peers', errors beside the baselines'."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from slth.studies.benchmark.data import (
    PEERS,
    USELESS,
    Benchmark,
    benchmark_of,
    label,
    medians,
    own_seconds,
)
from slth.studies.printing import titles
from slth.studies.printing.booktabs import Table
from slth.studies.printing.existence import existence_limit
from slth.studies.printing.formatting import (
    MISSING,
    integer,
    number,
)

TABLES = ("benchmark_times", "benchmark_errors")


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The tables by name."""
    benchmark = benchmark_of(frames["benchmark"])
    return {"benchmark_times": time_table(benchmark), "benchmark_errors": error_table(benchmark)}


def time_table(benchmark: Benchmark) -> Table:
    """One row a (problem, question, solver, threads) with the ratio to ours on one thread."""
    header = ["solver", "threads", "draws", "answered", "seconds", "against ours"]
    rows: list[list[str] | str] = []
    table = medians(benchmark.rows)
    timed = table[table["kind"] != "best"]
    for (n, d, eps), part in timed.groupby(["n", "d", "eps"], sort=False, dropna=False):
        rows.append(_question(float(str(n)), float(str(d)), float(str(eps)), part))
        reference = own_seconds(part)
        rows += [_time_row(row, reference) for row in part.to_dict("records")]
    return Table("lrrrrr", [header], rows)


def error_table(benchmark: Benchmark) -> Table:
    """One row a (d, n, threads): the median least error of each solver, and what should exist."""
    table = medians(benchmark.rows)
    best = table[table["kind"] == "best"]
    names = [name for name in (*titles.solvers(), *PEERS) if name in set(best["solver"])]
    words = [label(name) for name in names]
    header = ["$d$", "$n$", "threads", *words, r"$\varepsilon^\ast(n,d)$"]
    rows: list[list[str] | str] = []
    for key, part in best.groupby(["d", "n", "threads"], sort=True):
        d_, n_, threads = (float(str(value)) for value in key)
        limit = float(existence_limit(np.array([n_]), np.array([d_]))[0])
        cells = [_error_cell(part[part["solver"] == name]) for name in names]
        rows.append([integer(d_), integer(n_), integer(threads), *cells, number(limit)])
    return Table("rrr" + "r" * len(names) + "r", [header], rows)


def _question(n: float, d: float, eps: float, part: pd.DataFrame) -> str:
    asked = "least error" if np.isnan(eps) else rf"any subset within $\varepsilon = {eps:g}$"
    count = part["instances"].max()
    many = (
        f", {integer(float(count))} instances per draw, seconds per instance" if count > 1 else ""
    )
    return rf"$n = {n:g}$, $d = {d:g}$: {asked}{many}"


def _time_row(row: Mapping[Any, Any], reference: float) -> list[str]:
    ratio = row["seconds"] / reference
    beyond = r"$\geq$\," if row["solver"] in PEERS and row["solved"] < 1 else ""
    return [
        label(row["solver"]),
        integer(row["threads"]),
        integer(row["draws"]),
        f"{100 * row['solved']:.0f}" + r"\,\%",
        number(row["seconds"]),
        MISSING if not np.isfinite(ratio) else beyond + number(ratio),
    ]


def _error_cell(part: pd.DataFrame) -> str:
    if part.empty:
        return MISSING
    error, empty = float(part["error"].iloc[0]), float(part["empty"].iloc[0])
    words = number(error) if error < USELESS * empty else "none"
    return f"{words} ({number(float(part['seconds'].iloc[0]))})"
