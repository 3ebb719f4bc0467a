"""The targets: networks trained on a data set, then normalised as the theorems assume."""

from typing import Any

import pandas as pd
from torch import nn

from slth import frames, seeding
from slth.networks.architectures import build_network
from slth.networks.data import DataSet, load_data_set
from slth.networks.normalise import normalise
from slth.networks.storage import save_network
from slth.networks.training import train
from slth.settings.networks import Network
from slth.studies.job import Job
from slth.tickets.measure import accuracy, decisions


def train_target(
    settings: Network, seed: int, folder: str | None = None
) -> tuple[nn.Sequential, pd.DataFrame]:
    """Train the network of one ``networks`` entry; return it normalised, and its row."""
    data = data_of(settings, seed, folder)
    own = seeding.child(seed, "target", settings.name)
    start = build_network(
        settings.channels,
        settings.kernel,
        settings.stride,
        settings.padding,
        data.classes,
        data.input_shape,
        own,
    )
    trained = train(
        start,
        data.train_images,
        data.train_labels,
        epochs=settings.epochs,
        batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        l1=settings.l1,
        seed=own,
    )
    target, scale = normalise(trained)
    return target, pd.DataFrame([_target_row(settings, data, trained, target, scale)])


def data_of(settings: Network, seed: int, folder: str | None = None) -> DataSet:
    """The data set of a network, split by the seed of the run."""
    return load_data_set(settings.data, held_out=settings.held_out, seed=seed, folder=folder)


def _target_row(
    settings: Network, data: DataSet, trained: nn.Sequential, target: nn.Sequential, scale: float
) -> dict[str, Any]:
    held, labels = data.held_out_images, data.held_out_labels
    before, after = (decisions(network=g, images=held) for g in (trained, target))
    return {
        "network": settings.name,
        "channels": "-".join(map(str, settings.channels)),
        "kernel": settings.kernel,
        "stride": settings.stride,
        "padding": str(settings.padding),
        "input": "×".join(map(str, data.input_shape)),
        "parameters": sum(p.numel() for p in target.parameters()),
        "epochs": settings.epochs,
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


def run(job: Job) -> None:
    """Train a target."""
    target, row = train_target(Network(**job.params.settings), job.params.seed, job.params.folder)
    save_network(job.output.network, target)
    frames.write(job.output.row, row, "targets")
