"""The benchmark in print: times beside the peers', errors beside the baselines', sentences.

Reads what ``make bench`` wrote. Timings belong to the machine named in the file; nothing else in
the paper depends on them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slth.frames import replacing
from slth.studies.benchmark.headline import headline
from slth.studies.printing import style
from slth.studies.printing.booktabs import Table, write
from slth.studies.printing.formatting import (
    MISSING,
    escape,
    fixed,
    integer,
    listing,
    number,
    sentence,
)
from slth.studies.printing.inputs import existence_limit
from slth.studies.printing.numbers import newcommand

OURS = {
    "mitm": "meet in the middle",
    "klist": "$k$-list",
    "annealing": "annealing",
    "lp_rounding": "LP rounding",
    "differencing": "differencing",
}
PEERS = {"highs": "HiGHS", "gurobi": "Gurobi", "scip": "SCIP", "cpsat": "CP-SAT"}
USELESS = 0.9  # of the empty subset's error: nothing was found


@dataclass(frozen=True)
class Benchmark:
    """rows: one a (task, solver, draw). info: machine, versions, limit in seconds a peer."""

    rows: pd.DataFrame
    info: dict[str, Any]


def load(path: str | Path) -> Benchmark:
    """Read the JSON of ``make bench``; ValueError naming the file when it is not one."""
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = pd.DataFrame(report.pop("rows"))
        missing = {"task", "kind", "n", "d", "eps", "threads", "solver", "seconds"} - set(rows)
        if missing:
            raise KeyError(", ".join(sorted(missing)))
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path}: not a benchmark file ({error}); run make bench") from None
    return Benchmark(rows, report)


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


def time_table(benchmark: Benchmark) -> Table:
    """One row a (problem, question, solver, threads) with the ratio to ours on one thread."""
    header = ["solver", "threads", "draws", "answered", "seconds", "against ours"]
    rows: list[list[str] | str] = []
    table = medians(benchmark.rows)
    timed = table[table["kind"] != "best"]
    for (n, d, eps), part in timed.groupby(["n", "d", "eps"], sort=False, dropna=False):
        rows.append(_question(float(str(n)), float(str(d)), float(str(eps)), part))
        reference = _ours(part)
        rows += [_time_row(row, reference) for row in part.to_dict("records")]
    return Table("lrrrrr", [header], rows)


def error_table(benchmark: Benchmark) -> Table:
    """One row a (d, n, threads): the median least error of each solver, and what should exist."""
    table = medians(benchmark.rows)
    best = table[table["kind"] == "best"]
    names = [name for name in {**OURS, **PEERS} if name in set(best["solver"])]
    words = [label(name) for name in names]
    header = ["$d$", "$n$", "threads", *words, r"$\varepsilon^\ast(n,d)$"]
    rows: list[list[str] | str] = []
    for key, part in best.groupby(["d", "n", "threads"], sort=True):
        d_, n_, threads = (float(str(value)) for value in key)
        limit = float(existence_limit(np.array([n_]), np.array([d_]))[0])
        cells = [_error_cell(part[part["solver"] == name]) for name in names]
        rows.append([integer(d_), integer(n_), integer(threads), *cells, number(limit)])
    return Table("rrr" + "r" * len(names) + "r", [header], rows)


def benchmark_macros(benchmark: Benchmark, own: bool) -> dict[str, str]:
    """Return macro name → LaTeX. own: measured where the paper was made."""
    machine, versions = benchmark.info.get("machine", {}), benchmark.info.get("versions", {})
    where = "on the machine that typeset it" if own else "beforehand, on a reference machine"
    peers = [f"{PEERS[name]} ({escape(versions[name])})" for name in PEERS if name in versions]
    return {
        "BenchmarkOrigin": sentence(
            f"these timings were measured {where} ({escape(machine.get('processor', 'unknown'))}, "
            f"{integer(float(machine.get('cores', 0)))} cores), by \\texttt{{make bench}}"
        ),
        "BenchmarkPeers": listing(peers) if peers else "none was installed",
        "BenchmarkLimit": number(float(benchmark.info.get("limit", np.nan))),
        "BenchmarkRatios": _ratios(benchmark),
        "BenchmarkGrowth": _growth(benchmark),
        "BenchmarkErrors": _errors(benchmark),
        "BenchmarkHeadline": headline(medians(benchmark.rows)),
    }


def label(name: str) -> str:
    """Return a solver's name in print."""
    return {**OURS, **PEERS}.get(name, escape(name))


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


def _question(n: float, d: float, eps: float, part: pd.DataFrame) -> str:
    asked = "least error" if np.isnan(eps) else rf"any subset within $\varepsilon = {eps:g}$"
    count = part["instances"].max()
    many = f", {integer(float(count))} instances a draw, seconds an instance" if count > 1 else ""
    return rf"$n = {n:g}$, $d = {d:g}$: {asked}{many}"


def _ours(part: pd.DataFrame) -> float:
    own = part[part["solver"].isin(list(OURS)) & (part["threads"] == 1)]
    return float(own["seconds"].iloc[0]) if len(own) else float("nan")


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


def _ratios(benchmark: Benchmark) -> str:
    """How many times longer the peers take, problem by problem."""
    table = medians(benchmark.rows)
    parts = []
    for (n, d, eps), part in table[table["kind"] != "best"].groupby(
        ["n", "d", "eps"], sort=False, dropna=False
    ):
        peers, reference = part[part["solver"].isin(list(PEERS))], _ours(part)
        if peers.empty or not np.isfinite(reference):
            continue
        best = peers.sort_values("seconds", kind="stable").iloc[0]
        least = "at least " if best["solved"] < 1 else ""
        asked = "the least error" if np.isnan(float(str(eps))) else rf"$\varepsilon = {eps:g}$"
        parts.append(
            f"{least}{number(float(best['seconds']) / reference)} at $n = {n:g}$, $d = {d:g}$, "
            f"{asked} ({PEERS[str(best['solver'])]})"
        )
    if not parts:
        return "No peer was measured."
    return sentence(
        f"on one thread each, the fastest peer takes, times our time an instance: {listing(parts)}"
    )


def _growth(benchmark: Benchmark) -> str:
    """The measured exponent of exact search, and what a second thread gives."""
    table = medians(benchmark.rows)
    fit = growth(table)
    if fit is None:
        return "The growth of exact search with $n$ was not measured."
    slope, sizes = fit
    words = (
        f"the time of exact search grows like $2^{{{fixed(slope, 2).strip('$')}\\,n}}$ over "
        f"$n = {sizes[0]}$ to ${sizes[-1]}$, where the half lists alone grow like $2^{{n/2}}$"
    )
    gains = _gains(table)
    if gains:
        words += f"; a second thread divides it by {listing(gains)}"
    return sentence(words)


def _gains(table: pd.DataFrame) -> list[str]:
    keys = ["kind", "n", "d", "eps", "solver"]
    gains = []
    timed = table[table["kind"] != "best"]
    for key, part in timed.groupby(keys, sort=False, dropna=False):
        by_threads = part.set_index("threads")["seconds"]
        if {1, 2} <= set(by_threads.index):
            gain = float(by_threads[1]) / float(by_threads[2])
            gains.append(f"{fixed(gain, 2)} ($n = {key[1]}$, $d = {key[2]}$)")
    return gains


def _errors(benchmark: Benchmark) -> str:
    """Who finds the least error, and by how much."""
    table = medians(benchmark.rows)
    best = table[(table["kind"] == "best") & (table["threads"] == 1)]
    wins, total = 0, 0
    for _, part in best.groupby(["d", "n"]):
        others = part[part["solver"] != "klist"]["error"]
        own = part[part["solver"] == "klist"]["error"]
        if len(own) and len(others):
            total += 1
            wins += int(float(own.iloc[0]) < float(others.min()))
    if not total:
        return "No solver was measured beside $k$-list."
    return sentence(
        f"the $k$-list tree finds the least median error in {integer(wins)} of {integer(total)} "
        "sizes"
    )


def render_benchmark(benchmark: Benchmark, own: bool, paths: Any) -> None:
    """Write figure, tables and macros to the named ``paths`` of the rule, each whole or not."""
    from slth.studies.benchmark.figures import benchmark_figure

    figure = benchmark_figure(benchmark)
    for path in (paths.figure, paths.report_figure):
        style.save(figure, path)
    for path in (paths.times, paths.report_times):
        write(time_table(benchmark), path)
    for path in (paths.errors, paths.report_errors):
        write(error_table(benchmark), path)
    found = benchmark_macros(benchmark, own)
    with replacing(paths.macros) as part:
        part.write_text("".join(newcommand(name, found[name]) for name in sorted(found)), "utf-8")
