"""Numbers and sentences of the benchmark.

Timings belong to the machine named in the file; nothing else in the paper depends on them.
"""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from slth.studies.benchmark import wordings
from slth.studies.benchmark.data import PEERS, Benchmark, benchmark_of, growth, medians, own_seconds
from slth.studies.benchmark.wordings import Asked, Origin, Peer
from slth.studies.printing.formatting import (
    escape,
    fixed,
    integer,
    listing,
    number,
    out_of,
    span,
)
from slth.studies.printing.published import CORES, DENSE, SECONDS
from slth.studies.printing.wordings import any_of, clause, sentence

GIVEN = ("the benchmark's timings", "published figures")  # numbers that the run takes over
READS = {"benchmark": "benchmark"}  # table: kind
HOURS = integer(SECONDS * CORES / 3600)  # CPU-hours of the published search, at most


def macros(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return macro name → LaTeX."""
    return benchmark_macros(benchmark_of(frames["benchmark"]))


def benchmark_macros(benchmark: Benchmark) -> dict[str, str]:
    """Return macro name → LaTeX."""
    table, versions = medians(benchmark.rows), benchmark.info.get("versions", {})
    own = published_batch(table)
    seconds = span(own["seconds"] * DENSE["weights"], "number")
    peers = [f"{PEERS[name]} ({escape(versions[name])})" for name in PEERS if name in versions]
    return {
        "BenchmarkOrigin": _origin(benchmark),
        "BenchmarkPeers": clause(any_of(peers), wordings.PEERS, peers=listing(peers)),
        "BenchmarkLimit": number(float(benchmark.info.get("limit", np.nan))),
        "BenchmarkRatios": _ratios(table),
        "BenchmarkGrowth": _growth(table),
        "BenchmarkErrors": _errors(table),
        "BenchmarkHeadline": headline(table),
        "BenchmarkAbstract": clause(any_of(own), wordings.ABSTRACT, hours=HOURS, seconds=seconds),
        "BenchmarkAnswer": clause(
            any_of(own),
            wordings.ANSWER,
            n=DENSE["n"],
            weights=integer(DENSE["weights"]),
            hours=HOURS,
            seconds=seconds,
        ),
    }


def _origin(benchmark: Benchmark) -> str:
    machine = benchmark.info.get("machine", {})
    return sentence(
        Origin.OWN if benchmark.info.get("own") else Origin.BEFOREHAND,
        wordings.ORIGIN,
        processor=escape(machine.get("processor", "unknown")),
        cores=integer(float(machine.get("cores", 0))),
    )


def asked(eps: Hashable) -> Asked:
    """What was asked for: the least error where there is no tolerance."""
    return Asked.LEAST if np.isnan(float(str(eps))) else Asked.WITHIN


def _ratios(table: pd.DataFrame) -> str:
    """How many times longer the peers take, problem by problem."""
    ratios = []
    for (n, d, eps), part in table[table["kind"] != "best"].groupby(
        ["n", "d", "eps"], sort=False, dropna=False
    ):
        peers, reference = part[part["solver"].isin(list(PEERS))], own_seconds(part)
        if peers.empty or not np.isfinite(reference):
            continue
        best = peers.sort_values("seconds", kind="stable").iloc[0]
        question = clause(asked(eps), wordings.ASKED, eps=eps)
        words = clause(
            in_time(peers, float(best["solved"])),
            wordings.TIMES,
            times=number(float(best["seconds"]) / reference),
            problem=f"$n = {n:g}$, $d = {d:g}$, {question}",
            name=PEERS[str(best["solver"])],
        )
        ratios.append(words)
    return sentence(any_of(ratios), wordings.RATIOS, ratios=listing(ratios))


def in_time(peers: pd.DataFrame, solved: float) -> Peer:
    """Whether the fastest peer, or any, was done within the limit; solved: share of the fastest."""
    if not (peers["solved"] > 0).any():
        return Peer.CUT_OFF
    return Peer.MISSED_SOME if solved < 1 else Peer.SOLVED_ALL


def _growth(table: pd.DataFrame) -> str:
    """The measured exponent of exact search, and what a second thread gives."""
    slope, sizes = growth(table) or (np.nan, [])
    gains = _gains(table)
    return sentence(
        any_of(sizes),
        wordings.GROWTH,
        slope=fixed(slope, 2).strip("$"),
        least=min(sizes, default=0),
        most=max(sizes, default=0),
        threads=clause(any_of(gains), wordings.THREADS, gains=listing(gains)),
    )


def _gains(table: pd.DataFrame) -> list[str]:
    keys = ["kind", "n", "d", "eps", "solver"]
    gains = []
    timed = table[table["kind"] != "best"]
    for key, part in timed.groupby(keys, sort=False, dropna=False):
        by_threads = part.set_index("threads")["seconds"]
        if {1, 2} <= set(by_threads.index):
            gain = float(by_threads[1]) / float(by_threads[2])
            words = clause(asked(key[3]), wordings.ASKED, eps=key[3])
            gains.append(f"{fixed(gain, 2)} ($n = {key[1]}$, $d = {key[2]}$, {words})")
    return gains


def _errors(table: pd.DataFrame) -> str:
    """Who finds the least error, and by how much."""
    best = table[(table["kind"] == "best") & (table["threads"] == 1)]
    wins = []
    for _, part in best.groupby(["d", "n"]):
        klist = part["solver"] == "klist"
        if klist.any() and not klist.all():
            own, others = part["error"][klist].iloc[0], part["error"][~klist].min()
            wins.append(float(own) < float(others))
    return sentence(any_of(wins), wordings.ERRORS, wins=out_of(sum(wins), len(wins), "size"))


def published_batch(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of our exact search, one thread, on batches of problems of the published size."""
    return table[
        (table["kind"] == "batch")
        & (table["n"] == DENSE["n"])
        & (table["d"] == 1)
        & (table["solver"] == "mitm")
        & (table["threads"] == 1)
    ]


def headline(table: pd.DataFrame) -> str:
    """What the published dense ticket cost, and seconds of one core for as many of its problems.

    table: of `data.medians`. The published run names seconds and cores: the product is the most it
    can have used.
    """
    own = published_batch(table)
    seconds = (own["seconds"] * DENSE["weights"]).tolist()
    parts = [
        clause(asked(eps), wordings.SECONDS, seconds=number(cost), eps=eps)
        for cost, eps in zip(seconds, own["eps"], strict=True)
    ]
    return sentence(
        any_of(parts),
        wordings.HEADLINE,
        theirs=integer(SECONDS),
        cores=integer(CORES),
        hours=HOURS,
        n=DENSE["n"],
        ours=listing(parts),
        factors=listing(number(SECONDS * CORES / cost) for cost in seconds),
    )
