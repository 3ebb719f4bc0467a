"""Tickets of trained digits networks: sample, solve, construct; a function a rule.

An arm is one (network, granularity, readout); a replicate is one draw of its random networks, one
for every n of the arm.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from torch import nn

from slth import seeding
from slth.progress import track
from slth.studies.devices import placed
from slth.tickets.control import random_control
from slth.tickets.problems import solve_problems
from slth.tickets.stages import assemble, sample_source, subset_problems

Settings = Mapping[str, Any]
Networks = dict[str, nn.Sequential]


def sample_sources(target: nn.Sequential, arm: Settings, seed: int, replicate: int) -> Networks:
    """Draw the random networks of one replicate, keyed by n."""
    return {
        str(n): sample_source(target, n, _seed(arm, seed, replicate), **_options(arm))
        for n in arm["n"]
    }


def solve_blocks(
    target: nn.Sequential,
    sources: Networks,
    arm: Settings,
    seed: int,
    replicate: int,
    device: str = "cpu",
) -> pd.DataFrame:
    """Solve every subset problem of one replicate; one row a problem, failures included.

    device: of the search, "auto" for a GPU where there is one; its log and the rows say which.
    """
    own = _seed(arm, seed, replicate)
    device = placed(arm["solver"], device)
    parts = []
    for n, source in track(sources.items(), len(sources), f"{arm['name']}: sizes"):
        problems = subset_problems(target, source, **_options(arm))
        rows = solve_problems(
            problems,
            arm["eps"],
            arm["solver"],
            arm["budget"],
            seeding.child(own, n),
            threads=1,
            device=device,
        )
        parts.append(_keyed(rows.assign(device=device), arm, int(n), replicate))
    return pd.concat(parts, ignore_index=True)


def construct_tickets(
    target: nn.Sequential,
    sources: Networks,
    blocks: pd.DataFrame,
    arm: Settings,
    seed: int,
    replicate: int,
) -> tuple[Networks, pd.DataFrame]:
    """Make ticket and control of every n; return the networks and a row of counts for each n.

    Keys of the networks: ``{n}-ticket`` and ``{n}-control`` (as many filters, kept at random).
    """
    networks: Networks = {}
    rows = []
    for n, source in sources.items():
        solutions = blocks[blocks["n"] == int(n)]
        ticket = assemble(target, source, solutions, **_options(arm))
        control = random_control(ticket, seeding.child(_seed(arm, seed, replicate), "control", n))
        networks[f"{n}-ticket"], networks[f"{n}-control"] = ticket.ticket, control.ticket
        counts = {
            "d": int(solutions["d"].max()),
            "problems": len(solutions),
            "hits": int((solutions["status"] == "HIT").sum()),
            "worst_error": float(solutions["error"].max()),
            "kept_fraction": ticket.kept_fraction,
            **{f"{word}_parameters": count for word, count in ticket.parameters.items()},
        }
        rows.append(_keyed(pd.DataFrame([counts]), arm, int(n), replicate))
    return networks, pd.concat(rows, ignore_index=True)


def _keyed(rows: pd.DataFrame, arm: Settings, n: int, replicate: int) -> pd.DataFrame:
    key = {
        "experiment": "tickets",
        "arm": arm["name"],
        "network": arm["network"],
        "granularity": arm["granularity"],
        "readout": arm["readout"],
        "n": n,
        "replicate": replicate,
    }
    return rows.reset_index(drop=True).assign(**key)[[*key, *rows.columns]]


def _options(arm: Settings) -> dict[str, Any]:
    return {"granularity": arm["granularity"], "readout": arm["readout"]}


def _seed(arm: Settings, seed: int, replicate: int) -> int:
    """Arms of one network share their random networks: granularities compare like with like."""
    return seeding.child(seed, "tickets", arm["network"], replicate)
