"""Numbers and sentences of the benchmark.

Timings belong to the machine named in the file; nothing else in the paper depends on them.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.benchmark.data import PEERS, Benchmark, benchmark_of, growth, medians, own_seconds
from slth.studies.benchmark.headline import headline
from slth.studies.printing.formatting import (
    escape,
    fixed,
    integer,
    listing,
    number,
    sentence,
)

GIVEN = ("the benchmark's timings", "published figures")  # numbers that the run takes over
READS = {"benchmark": "benchmark"}  # table: kind


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    return benchmark_macros(benchmark_of(frames["benchmark"]))


def benchmark_macros(benchmark: Benchmark) -> dict[str, str]:
    """Return macro name → LaTeX."""
    machine, versions = benchmark.info.get("machine", {}), benchmark.info.get("versions", {})
    where = (
        "on the machine that typeset it"
        if benchmark.info.get("own")
        else "beforehand, on a reference machine"
    )
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


def _ratios(benchmark: Benchmark) -> str:
    """How many times longer the peers take, problem by problem."""
    table = medians(benchmark.rows)
    parts = []
    for (n, d, eps), part in table[table["kind"] != "best"].groupby(
        ["n", "d", "eps"], sort=False, dropna=False
    ):
        peers, reference = part[part["solver"].isin(list(PEERS))], own_seconds(part)
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
