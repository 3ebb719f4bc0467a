"""The dense ticket of Pensia et al. built again: their coefficients, and products of two weights.

A cell is one ticket: (coefficients, n, replicate, asked). asked: "within", any subset within eps,
or "least", the subset of least error. Both are asked of the same random network.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor, nn

from slth import frames, seeding
from slth.networks.architectures import build_dense_network, read_layers
from slth.networks.data import DataSet, load_data_set
from slth.networks.storage import load_network
from slth.networks.training import train
from slth.progress import track
from slth.studies.job import Job
from slth.studies.replicas.images import unit_images
from slth.studies.replicas.settings import Dense
from slth.tickets.measure import largest_gap, outputs, share_right
from slth.tickets.problems import solve_problems
from slth.tickets.registry import get
from slth.tickets.ticket import Ticket

COEFFICIENTS = ("rows", "products")
ASKED = ("within", "least")


def train_dense(settings: Dense, seed: int, folder: str | None = None) -> nn.Sequential:
    """Train the target: side², hidden…, classes; pixels in [0, 1], so inputs are never negative."""
    data = data_of(settings, seed, folder)
    own = seeding.child(seed, "replica", "dense")
    widths = [settings.side**2, *settings.hidden, data.classes]
    return train(
        build_dense_network(widths, own),
        unit_images(data.train_images, settings.side),
        data.train_labels,
        epochs=settings.epochs,
        batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        l1=settings.l1,
        seed=own,
    )


def data_of(settings: Dense, seed: int, folder: str | None = None) -> DataSet:
    """The data set, split by the seed of the run. Raises for colour images: inputs are side²."""
    data = load_data_set(settings.data, held_out=settings.held_out, seed=seed, folder=folder)
    if data.input_shape[0] != 1:
        raise ValueError(f"data: got {settings.data!r} with colours, takes grey images")
    return data


def cells(settings: Dense, shard: int) -> list[tuple[str, int, int]]:
    """(coefficients, n, replicate) of one shard: every ``shards``-th."""
    keys = itertools.product(COEFFICIENTS, settings.n, range(settings.seeds))
    return list(keys)[shard :: settings.shards]


def dense_rows(
    settings: Dense,
    target: nn.Sequential,
    seed: int,
    shard: int = 0,
    folder: str | None = None,
) -> pd.DataFrame:
    """Build the tickets of one shard; one row per ticket, missed weights counted in it."""
    data = data_of(settings, seed, folder)
    held = unit_images(data.held_out_images, settings.side)
    before = outputs(target, held)
    common = _about(settings, data, target, before) | {"seed": seed}
    wanted = cells(settings, shard)
    rows = [
        common
        | {"coefficients": kind, "n": n, "replicate": replicate, "asked": asked}
        | _measured(ticket, held, before, data.held_out_labels, settings.eps)
        for kind, n, replicate in track(wanted, len(wanted), "random networks")
        for asked, ticket in tickets(target, kind, n, replicate, settings.eps, seed)
    ]
    return pd.DataFrame(rows)


def tickets(
    target: nn.Sequential, coefficients: str, n: int, replicate: int, eps: float, seed: int
) -> Iterator[tuple[str, Ticket]]:
    """Yield (asked, ticket) for both questions, out of one random network; exact search."""
    options = {"coefficients": coefficients, "nonnegative_input": True, "readout": "ticket"}
    construction = get("rss_dense", **options)
    own = seeding.child(seed, "replica", "dense", coefficients, n, replicate)
    source = construction.sample_source(target, n, own)
    problems = construction.subset_problems(target, source)
    for asked in ASKED:
        wanted = eps if asked == "within" else None
        table = solve_problems(problems, wanted, "mitm", seed=own, threads=1)
        yield asked, construction.assemble(target, source, table)


def _measured(
    ticket: Ticket, images: Tensor, before: Tensor, labels: Tensor, eps: float
) -> dict[str, Any]:
    after = outputs(ticket.ticket, images)
    solved = ticket.solutions
    return {
        "d": 1,
        "eps": eps,
        "solver": "mitm",
        "problems": len(solved),
        "hits": int((solved["error"] <= eps).sum()),
        "proved": int((solved["status"] != "BUDGET").sum()),
        "worst_error": float(solved["error"].max()),
        "candidates": float(solved["candidates"].mean()),
        "kept_a_weight": float(solved["kept"].mean()),
        "kept_parameters": ticket.parameters["kept"],
        "source_parameters": ticket.parameters["source"],
        "work": int(solved["work"].sum()),
        "accuracy_ticket": share_right(after, labels),
        "decisions_changed": int((before.argmax(dim=1) != after.argmax(dim=1)).sum()),
        "output_error": largest_gap(target=before, ticket=after),
    }


def _about(settings: Dense, data: DataSet, target: nn.Sequential, before: Tensor) -> dict[str, Any]:
    layers = read_layers(target)
    widths = [layers[0].weight.shape[1], *(layer.weight.shape[0] for layer in layers)]
    return {
        "experiment": "replicas",
        "data": settings.data,
        "native_side": data.input_shape[1],
        "side": settings.side,
        "widths": "-".join(map(str, widths)),
        "weights": sum(layer.weight.numel() for layer in layers),
        "largest_weight": float(np.max([layer.weight.abs().max() for layer in layers])),
        "train": len(data.train_labels),
        "held_out": len(data.held_out_labels),
        "output_scale": float(before.abs().max()),
        "accuracy_target": share_right(before, data.held_out_labels),
    }


def run(job: Job) -> None:
    """Build the dense network from random ones."""
    p = job.params
    rows = dense_rows(
        Dense(**p.settings), load_network(job.input.target), p.seed, p.shard, p.folder
    )
    frames.write(job.output[0], rows, "replicas_dense")
