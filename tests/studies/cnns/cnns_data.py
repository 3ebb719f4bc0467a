"""A small network on the digits, in place of those of the study, and synthetic rows."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import torch
from torch import nn

from slth.intervals import clopper_pearson
from slth.networks.data import load_data_set
from slth.networks.fitting import fit
from slth.studies.cnns.settings import Arm, Settings, Trained
from slth.studies.cnns.subject import Subject, subject
from slth.studies.cnns.train import unit

SEED = 4


@cache
def small(**changes: Any) -> dict[str, Any]:
    """Settings of a study of it."""
    arms = [
        Arm(network="vgg", granularity="entry", n=[6, 30], controls=1, balls=3),
        Arm(network="vgg", granularity="filter", n=[40]),
    ]
    own = Settings(
        data="digits", arms=arms, networks=[Trained(network="vgg")], seeds=2, images=30, refit=50,
        targets=["plain", "feedback"], radii=[0.0, 0.004],
    )  # fmt: skip
    return own.model_copy(update=changes).model_dump()


@cache
def digits_network() -> Subject:
    """Biases, a border of zeros, max pooling, a readout."""
    data = load_data_set("digits", held_out=0.2, seed=SEED)
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(96, 10),
    )  # fmt: skip
    x = unit(data.train_images).float()
    trained = fit(module, x, data.train_labels, epochs=4, learning_rate=0.01, shift=0)
    return subject("vgg", trained, data, small(), SEED)


def subjects() -> dict[str, Callable[[], Subject]]:
    """As `slth.studies.cnns.measure.measure` takes them."""
    return {"vgg": digits_network}


def rows(
    networks: tuple[str, ...] = ("lenet", "vgg"),
    agree: dict[str, int] | None = None,
    feedback: float = 0.5,
    refitted: float = 0.8,
) -> pd.DataFrame:
    """Tickets whose agreement of 1000 is ``agree`` by granularity; feedback times plain errors."""
    shares = agree or {"entry": 1000, "kernel": 995, "filter": 950}
    found = []
    for network in networks:
        for granularity, same in shares.items():
            for rule in ("plain", "bias", "feedback"):
                for replicate in range(2):
                    low, high = clopper_pearson(same, 1000, 0.95)
                    found.append(
                        {"network": network, "granularity": granularity, "n": 50, "targets": rule}
                        | {"replicate": replicate, "eps": float("nan"), "d": 9, "candidates": 50.0}
                        | {"problems": 100, "empty": 0, "hits": -1, "members": 9.5, "work": 10}
                        | {"worst_error": 0.01, "source_parameters": 4000, "kept_parameters": 900}
                        | {"ticket_parameters": 1000, "target_parameters": 100, "held_out": 1000}
                        | {"agree": same, "agreement": same / 1000, "low": low, "high": high}
                        | {"confidence": 0.95, "accuracy_target": 0.97, "accuracy_ticket": 0.96}
                        | {"accuracy_empty": 0.1, "random": 0.11, "refitted": refitted}
                        | {"error": 0.1 * (feedback if rule == "feedback" else 1), "bound": 0.5}
                        | {"certified": 400 if granularity == "entry" else 0, "fitted": 120}
                    )
    return pd.DataFrame(found)


def trained(networks: tuple[str, ...] = ("lenet", "vgg", "dense")) -> pd.DataFrame:
    """Rows of networks."""
    common = {"data": "mnist-5k", "accuracy_held_out": 0.97, "train": 4000, "held_out": 1000}
    common |= {"epochs": 10, "parameters": 100}
    return pd.DataFrame([{"network": name} | common for name in networks])


def dense(hits: int = 100, after: float = 0.952) -> pd.DataFrame:
    """Rows of the dense network."""
    changed: dict[str, Any] = {
        "network": "dense",
        "eps": 0.01,
        "hits": hits,
        "targets": "plain",
    }
    changed |= {"accuracy_target": 0.952, "accuracy_ticket": after}
    return rows(("dense",), {"entry": 1000}).iloc[:1].assign(**changed)


def balls(certified: tuple[int, ...] = (4, 3, 0), refuted: tuple[int, ...] = (0, 0, 1)) -> Any:
    """Rows of balls of one ticket, a radius each."""
    common = {"network": "vgg", "granularity": "entry", "n": 50, "targets": "feedback"}
    common |= {"replicate": 0, "balls": 4}
    radii = (0.0, 0.004, 0.016)
    return pd.DataFrame(
        [
            common | {"radius": r, "certified": c, "refuted": x, "alone": c}
            for r, c, x in zip(radii, certified, refuted, strict=True)
        ]
    )
