"""The networks that are imitated, trained on real images."""

import pandas as pd
import torch
from torch import nn

from slth import frames, seeding
from slth.networks import zoo
from slth.networks.data import DataSet, load_data_set
from slth.networks.fitting import fit
from slth.networks.states import save_state
from slth.studies.cnns.settings import Settings
from slth.studies.job import Job


def data_of(settings: Settings, seed: int, folder: str | None = None) -> DataSet:
    """The data set, split by the seed of the run."""
    return load_data_set(settings.data, held_out=settings.held_out, seed=seed, folder=folder)


def train_network(
    name: str, settings: Settings, seed: int, folder: str | None = None
) -> tuple[nn.Module, pd.DataFrame]:
    """Train one of `zoo.NETWORKS`; return it in eval mode, and its row."""
    data = data_of(settings, seed, folder)
    own = seeding.child(seed, "cnns", name)
    trained = fit(
        zoo.build(name, data.input_shape[0], data.classes, own),
        data.train_images.float(),
        data.train_labels,
        epochs=settings.epochs,
        batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        seed=own,
    )
    held = data.held_out_images.float()
    with torch.no_grad():
        right = trained(held).argmax(1) == data.held_out_labels
    row = {
        "network": name,
        "data": settings.data,
        "parameters": sum(p.numel() for p in trained.parameters()),
        "accuracy": float(right.double().mean()),
        "held_out": len(held),
        "train": len(data.train_labels),
        "epochs": settings.epochs,
        "input": "×".join(map(str, data.input_shape)),
    }
    return trained, pd.DataFrame([row])


def run(job: Job) -> None:
    """Train a network."""
    p = job.params
    trained, row = train_network(p.network, Settings(**p.settings), p.seed, p.folder)
    save_state(job.output.network, trained)
    frames.write(job.output.row, row, "trained networks")
