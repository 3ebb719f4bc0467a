"""The networks that are imitated, trained on real images."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from slth import frames, seeding
from slth.networks import zoo
from slth.networks.data import DataSet, load_data_set
from slth.networks.fitting import fit
from slth.networks.states import load_state, save_state
from slth.studies.job import Job

EVALUATED = 250  # images at a time


def data_of(settings: Mapping[str, Any], seed: int, folder: str | None = None) -> DataSet:
    """The data set, split by the seed of the run. settings: with data and held_out."""
    held_out = settings["held_out"]
    return load_data_set(settings["data"], held_out=held_out, seed=seed, folder=folder)


def unit(images: Tensor) -> Tensor:
    """Pixels of [-1, 1] in [0, 1]."""
    return (images + 1) / 2


def empty(name: str, data: DataSet, seed: int) -> nn.Sequential:
    """A network of the zoo with the weights from which it is trained."""
    own = seeding.child(seed, "cnns", name)
    return zoo.build(name, data.input_shape[0], data.classes, own)


def load(path: str, name: str, data: DataSet) -> nn.Module:
    """A network that `run` wrote."""
    return load_state(path, zoo.build(name, data.input_shape[0], data.classes))


def train_network(
    settings: Mapping[str, Any], seed: int, folder: str | None = None
) -> tuple[nn.Module, pd.DataFrame]:
    """Train one of `zoo.NETWORKS`; return it in eval mode, and its row.

    settings: network, epochs, data, held_out, batch, learning_rate.
    """
    data, name = data_of(settings, seed, folder), settings["network"]
    trained = fit(
        empty(name, data, seed),
        unit(data.train_images).float(),
        data.train_labels,
        epochs=settings["epochs"],
        batch_size=settings["batch"],
        learning_rate=settings["learning_rate"],
        seed=seeding.child(seed, "cnns", name),
    )
    row = {
        "experiment": "cnns",
        "network": name,
        "data": settings["data"],
        "parameters": sum(p.numel() for p in trained.parameters()),
        "accuracy_train": _accuracy(trained, data.train_images, data.train_labels),
        "accuracy_held_out": _accuracy(trained, data.held_out_images, data.held_out_labels),
        "train": len(data.train_labels),
        "held_out": len(data.held_out_labels),
        "classes": data.classes,
        "epochs": settings["epochs"],
        "input": "×".join(map(str, data.input_shape)),
        "seed": seed,
    }
    return trained, pd.DataFrame([row])


def _accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    with torch.no_grad():
        parts = [network(x).argmax(1) for x in unit(images).float().split(EVALUATED)]
    return float((torch.cat(parts) == labels).double().mean())


def run(job: Job) -> None:
    """Train a network."""
    p = job.params
    trained, row = train_network(p.settings, p.seed, p.folder)
    save_state(job.output.network, trained)
    frames.write(job.output.row, row, "cnns_networks")
