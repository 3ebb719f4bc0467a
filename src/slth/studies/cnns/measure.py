"""The tickets of the trained networks: built, set against controls, bounded where bounds speak."""

import time
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from torch import Tensor

from slth import frames, seeding
from slth.intervals import clopper_pearson
from slth.progress import track
from slth.studies.cnns.balls import balls
from slth.studies.cnns.controls import NONE, controls, empty_accuracy
from slth.studies.cnns.pictures import KINDS, pictures
from slth.studies.cnns.settings import Cell, shard
from slth.studies.cnns.subject import Subject, subject
from slth.studies.cnns.train import data_of, load
from slth.studies.job import Job
from slth.tickets.empty import EmptySubsetWarning
from slth.tickets.measure import share_right
from slth.tickets.whole.building import WholeOptions, build_whole
from slth.tickets.whole.ticket import WholeTicket

CONFIDENCE = 0.95  # of the Clopper-Pearson intervals of agreement, over images
Settings = Mapping[str, Any]


def build_ticket(
    cell: Cell,
    settings: Settings,
    subject: Subject,
    seed: int,
    plain: WholeTicket | None = None,
) -> WholeTicket:
    """The ticket of a cell: one random network for all entries of targets.

    plain: that of the same cell with plain targets, whose weights a cell with "bias" shares.
    """
    arm = settings["arms"][cell.arm]
    block = arm["granularity"] == "block"
    options = WholeOptions(
        granularity=arm["granularity"],
        largest_d=arm["largest_d"] if block else None,
        gain=None if arm["gain"] == "none" else arm["gain"],
        targets=cell.targets,
        nonnegative_input=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EmptySubsetWarning)  # rows count them
        return build_whole(
            subject.network,
            options,
            n=cell.n,
            eps=arm["eps"],
            seed=_own(cell, arm, seed),
            solver=arm["solver"],
            threads=1,
            images=None if cell.targets == "plain" else subject.fitted,
            plain=plain if cell.targets == "bias" else None,
        )


def ticket_row(
    cell: Cell,
    settings: Settings,
    subject: Subject,
    ticket: WholeTicket,
    outputs: Tensor,
    seed: int,
) -> dict[str, Any]:
    """The row of a ticket. outputs: (m, classes) of the ticket on the held-out images.

    error: largest |target − ticket| on these, over the target's largest output there. bound: the
    same over all inputs in [0, 1], by the closed form; certified: held-out images whose margin is
    more than twice that bound. hits: problems within eps, where there is one.
    """
    arm, count = settings["arms"][cell.arm], ticket.parameters
    same = int((outputs.argmax(1) == subject.outputs.argmax(1)).sum())
    low, high = clopper_pearson(same, len(outputs), CONFIDENCE)
    bound = ticket.error_bound()
    wanted = cell.n == max(arm["n"]) and cell.targets == (arm["targets"] or settings["targets"])[0]
    control = NONE
    if wanted and cell.replicate < arm["controls"]:
        control = controls(ticket, subject, _own(cell, arm, seed))
    return {
        "experiment": "cnns",
        "network": subject.name,
        "granularity": arm["granularity"],
        "n": cell.n,
        "targets": cell.targets,
        "replicate": cell.replicate,
        "seed": seed,
        "eps": float("nan") if arm["eps"] is None else arm["eps"],
        "gain": arm["gain"],
        **_problems(ticket, arm["eps"]),
        **{f"{name}_parameters": count[name] for name in ("source", "kept", "ticket", "target")},
        "fitted": len(subject.fitted),
        "held_out": len(outputs),
        "agree": same,
        "agreement": same / len(outputs),
        "low": low,
        "high": high,
        "confidence": CONFIDENCE,
        "accuracy_target": share_right(subject.outputs, subject.labels),
        "accuracy_ticket": share_right(outputs, subject.labels),
        "accuracy_empty": empty_accuracy(subject),
        **control,
        "error": float((outputs - subject.outputs).abs().max()) / subject.size,
        "bound": bound / subject.size,
        "certified": int((subject.margins > 2 * bound).sum()),
    }


def _problems(ticket: WholeTicket, eps: float | None) -> dict[str, Any]:
    table, rows = ticket.summary(), ticket.solutions
    return {
        "d": int(table["d"].max()),
        "candidates": float(rows["candidates"].mean()),
        "problems": len(rows),
        "empty": int(table["empty"].sum()),
        "hits": -1 if eps is None else int((rows["error"] <= eps).sum()),
        "proved": int(rows["proved"].sum()),
        "solver": "/".join(sorted(rows["solver"].unique())),
        "status": "/".join(sorted(rows["status"].unique())),
        "members": float(rows["kept"].mean()),
        "median_error": float(rows["error"].median()),
        "worst_error": float(rows["error"].max()),
        "work": int(rows["work"].sum()),
    }


def _own(cell: Cell, arm: Mapping[str, Any], seed: int) -> int:
    key = (arm["network"], arm["granularity"], cell.n, cell.replicate)
    return seeding.child(seed, "cnns", "ticket", *key)


def measure(
    wanted: Sequence[Cell],
    settings: Settings,
    subjects: Mapping[str, Any],
    seed: int,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], pd.DataFrame]:
    """Build and measure tickets: rows, tables of `pictures` and `balls` by name, CPU seconds.

    subjects: by name of network, a function that returns the `Subject`. A ticket with "bias"
    directly behind its plain one shares its weights, and costs less.
    """
    rows, drawn, around, spent = [], [], [], []
    plain: tuple[Cell, WholeTicket] | None = None
    for cell in track(wanted, len(wanted), "cnns: tickets"):
        arm = settings["arms"][cell.arm]
        own = subjects[arm["network"]]()
        start = time.process_time()
        shared = plain[1] if plain and plain[0] == cell._replace(targets="plain") else None
        ticket = build_ticket(cell, settings, own, seed, shared)
        plain = (cell, ticket) if cell.targets == "plain" else None
        built = time.process_time()
        outputs = ticket.outputs(own.held)
        rows.append(ticket_row(cell, settings, own, ticket, outputs, seed))
        drawn.append(pictures(cell, settings, own, ticket, outputs))
        around.append(balls(cell, settings, own, ticket, seed))
        spent.append(
            {"network": arm["network"], "granularity": arm["granularity"], **cell._asdict()}
            | {"build": built - start, "measure": time.process_time() - built}
        )
    tables = {name: _stacked([each[name] for each in drawn]) for name in KINDS}
    tables["balls"] = _stacked(around)
    return pd.DataFrame(rows), tables, pd.DataFrame(spent)


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def run(job: Job) -> None:
    """Build and measure the tickets of a shard."""
    p = job.params
    data = data_of(p.settings, p.seed, p.folder)

    @cache
    def read(name: str, path: str) -> Subject:
        return subject(name, load(path, name, data), data, p.settings, p.seed)

    def reader(name: str, path: str) -> Any:
        return lambda: read(name, path)

    subjects = {Path(path).stem: reader(Path(path).stem, path) for path in job.input.networks}
    wanted = shard(p.settings, p.shard)
    rows, tables, spent = measure(wanted, p.settings, subjects, p.seed)
    frames.write(job.output.tickets, rows, "cnns")
    for name, table in tables.items():
        frames.write(job.output[name], table, f"cnns_{name}")
    with frames.replacing(job.log.seconds) as part:  # of this machine: no output, never compared
        spent.to_csv(part, sep="\t", index=False, float_format="%.2f")
