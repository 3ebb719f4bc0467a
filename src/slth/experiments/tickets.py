"""Tickets of trained digits networks: train, sample, solve, construct, measure; a function a rule.

An arm is one (network, granularity, readout); a replicate is one draw of its random networks, one
for every n of the arm.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks.architectures import build_network, read_layers
from slth.networks.data import DataSet, load_data_set
from slth.networks.normalise import normalise
from slth.networks.training import train
from slth.progress import track
from slth.supnorm import bracket
from slth.tickets.control import random_control
from slth.tickets.effective import merged_kernels
from slth.tickets.measure import accuracy, data_error, decisions
from slth.tickets.problems import solve_problems
from slth.tickets.stages import assemble, sample_source, subset_problems

Settings = Mapping[str, Any]
Networks = dict[str, nn.Sequential]
Shape = tuple[int, int, int]


def train_target(settings: Settings, seed: int) -> tuple[nn.Sequential, pd.DataFrame]:
    """Train the network of one ``networks`` entry; return it normalised, and its row."""
    data = data_of(settings, seed)
    own = seeding.child(seed, "target", settings["name"])
    start = build_network(
        settings["channels"],
        settings["kernel"],
        settings["stride"],
        settings["padding"],
        data.classes,
        data.input_shape,
        own,
    )
    trained = train(
        start,
        data.train_images,
        data.train_labels,
        epochs=settings["epochs"],
        batch_size=settings["batch"],
        learning_rate=settings["learning_rate"],
        l1=settings["l1"],
        seed=own,
    )
    target, scale = normalise(trained)
    return target, pd.DataFrame([_target_row(settings, data, trained, target, scale)])


def sample_sources(target: nn.Sequential, arm: Settings, seed: int, replicate: int) -> Networks:
    """Draw the random networks of one replicate, keyed by n."""
    return {
        str(n): sample_source(target, n, _seed(arm, seed, replicate), **_options(arm))
        for n in arm["n"]
    }


def solve_blocks(
    target: nn.Sequential, sources: Networks, arm: Settings, seed: int, replicate: int
) -> pd.DataFrame:
    """Solve every subset problem of one replicate; one row a problem, failures included."""
    own = _seed(arm, seed, replicate)
    parts = []
    for n, source in track(sources.items(), len(sources), f"{arm['name']}: sizes"):
        problems = subset_problems(target, source, **_options(arm))
        rows = solve_problems(
            problems, arm["eps"], arm["solver"], arm["budget"], seeding.child(own, n), threads=1
        )
        parts.append(_keyed(rows, arm, int(n), replicate))
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


def measure_tickets(
    target: nn.Sequential,
    networks: Networks,
    rows: pd.DataFrame,
    network: Settings,
    search: Settings,
    seed: int,
) -> pd.DataFrame:
    """Add bracket, data-set error and accuracies of ticket and control to ``rows``.

    control_lower: the control's data-set error, a lower bound of its sup norm.

    search: the ``bracket`` section of the config, the work of the lower bound.
    """
    data = data_of(network, seed)
    label = f"{rows['arm'].iloc[0]}: brackets"
    measured = [
        _measure(target, networks[f"{n}-ticket"], networks[f"{n}-control"], data, search, seed)
        for n in track(rows["n"], len(rows), label)
    ]
    depth = sum(not layer.dense for layer in read_layers(target))
    return pd.concat([rows, pd.DataFrame(measured)], axis=1).assign(depth=depth)


def one_layer_error(target: Tensor, plus: Tensor, minus: Tensor) -> float:
    """Exact sup over [−1, 1] inputs of ‖K ∗ x − (K⁺ ∗ x⁺ + K⁻ ∗ x⁻)‖_max for one convolution.

    With A = K − K⁺ and B = K + K⁻ (each (c_out, c_in, k, k)), an entry x of the receptive field
    adds A x⁺ − B x⁻, between −max(−A, B, 0) and max(A, −B, 0). The largest sums belong to a receptive
    field inside the image, so the image must be at least as large as the kernel.
    """
    A, B = (target - plus).flatten(1), (target + minus).flatten(1)
    zero = torch.zeros_like(A)
    rise = torch.maximum(torch.maximum(A, -B), zero).sum(dim=1)
    fall = torch.maximum(torch.maximum(-A, B), zero).sum(dim=1)
    return float(torch.maximum(rise, fall).max())


def data_of(settings: Settings, seed: int) -> DataSet:
    """The data set of a network, split by the seed of the run."""
    return load_data_set(settings["data"], held_out=settings["held_out"], seed=seed)


def _measure(
    target: nn.Sequential,
    ticket: nn.Sequential,
    control: nn.Sequential,
    data: DataSet,
    search: Settings,
    seed: int,
) -> dict[str, Any]:
    images, labels = data.held_out_images, data.held_out_labels
    shape = data.input_shape
    found = bracket(target, ticket, input_shape=shape, seed=seed, **search)
    accuracies = {
        f"accuracy_{name}": accuracy(network=network, images=images, labels=labels)
        for name, network in (("target", target), ("ticket", ticket), ("control", control))
    }
    return {
        "lower": found.lower,
        "upper": found.upper,
        "method": found.method,
        "closed_form": found.bounds["closed_form"],
        "differential": found.bounds["differential"],
        "data_error": data_error(target=target, ticket=ticket, images=images),
        "target_scale": float(target(images).abs().max()),
        **accuracies,
        **_first_layer(target, ticket, shape, search, seed),
        "control_lower": data_error(target=target, ticket=control, images=images),
        "held_out": len(labels),
    }


def _first_layer(
    target: nn.Sequential, ticket: nn.Sequential, shape: Shape, search: Settings, seed: int
) -> dict[str, float]:
    """Bracket of the first convolution alone, before its ReLU, beside the exact formula."""
    f, g = target[:1], ticket[:3]  # Conv2d; ChannelScale, ReLU, Conv2d
    found = bracket(f, g, input_shape=shape, seed=seed, **search)
    weight = read_layers(f)[0].weight
    exact = one_layer_error(weight, *merged_kernels(ticket[0], ticket[2], weight.shape))
    return {"layer_lower": found.lower, "layer_upper": found.upper, "exact": exact}


def _target_row(
    settings: Settings, data: DataSet, trained: nn.Sequential, target: nn.Sequential, scale: float
) -> dict[str, Any]:
    held, labels = data.held_out_images, data.held_out_labels
    before, after = (decisions(network=g, images=held) for g in (trained, target))
    return {
        "network": settings["name"],
        "channels": "-".join(map(str, settings["channels"])),
        "kernel": settings["kernel"],
        "stride": settings["stride"],
        "padding": str(settings["padding"]),
        "input": "×".join(map(str, data.input_shape)),
        "parameters": sum(p.numel() for p in target.parameters()),
        "epochs": settings["epochs"],
        "scale": scale,
        "accuracy_train": accuracy(
            network=target, images=data.train_images, labels=data.train_labels
        ),
        "accuracy_held_out": accuracy(network=target, images=held, labels=labels),
        "accuracy_before_normalisation": accuracy(network=trained, images=held, labels=labels),
        "decisions_changed": int((before != after).sum()),
        "held_out": len(labels),
        "train": len(data.train_labels),
    }


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
