"""Published figures of one dimension measured again: LeNet-5's weights, rates of failure."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from slth import frames, seeding
from slth.networks.data import DataSet, load_data_set
from slth.networks.determinism import one_thread
from slth.networks.lenet import build_lenet, imitated, train_lenet, with_imitated
from slth.progress import track
from slth.studies.job import Job
from slth.studies.replicas.images import unit_images
from slth.studies.replicas.published_sums import (
    CONFIDENCE,
    FACTORS,
    failure_rate,
    nearest_sums,
    tensor_error,
)
from slth.studies.replicas.settings import Failures, Lenet


def lenet_rows(settings: Lenet, seed: int, folder: str | None = None) -> pd.DataFrame:
    """Train LeNet-5, imitate its convolutions ``samples`` times at each n; one row per time.

    tensor_error: `published_sums.tensor_error`, the published kind; max_relative_error: largest
    error / |weight|, the weight's own; size_at_largest: that |weight|. output_error:
    largest difference of an output over ``images`` held-out images; output_scale: the largest
    output of the target on them.
    """
    data = load_data_set(settings.data, held_out=settings.held_out, seed=seed, folder=folder)
    train, held = (
        unit_images(images, settings.side) for images in (data.train_images, data.held_out_images)
    )
    own = seeding.child(seed, "replica", "lenet")
    target = train_lenet(
        build_lenet(settings.side, data.classes, own),
        train,
        data.train_labels,
        epochs=settings.epochs,
        batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        seed=own,
    )
    common = _target(settings, data, target, held) | {"seed": seed}
    shown = held[: settings.images]
    wanted = [(n, sample) for n in settings.n for sample in range(settings.samples)]
    rows = [
        common | {"images": len(shown)} | _imitation(target, shown, n, sample, own)
        for n, sample in track(wanted, len(wanted), "LeNet-5")
    ]
    return pd.DataFrame(rows)


def failure_rows(settings: Failures, seed: int) -> pd.DataFrame:
    """Rates of failure, one row for each n and number of uniform factors of a candidate."""
    own = seeding.child(seed, "replica", "failures")
    eps, trials = settings.eps, settings.trials
    rows = [
        {"experiment": "replicas", "factors": factors, "d": 1, "n": n, "eps": eps}
        | {"solver": "mitm", "seed": seed, "confidence": CONFIDENCE}
        | failure_rate(factors, n, eps, trials, own)
        for n in settings.n
        for factors in FACTORS
    ]
    return pd.DataFrame(rows)


def _imitation(
    target: nn.Sequential, images: torch.Tensor, n: int, sample: int, seed: int
) -> dict[str, Any]:
    weights = imitated(target)
    sums, error = nearest_sums(weights, n, seeding.child(seed, "sample", sample))
    size = np.abs(weights)
    relative = error[size > 0] / size[size > 0]
    before, after = _outputs(target, images), _outputs(with_imitated(target, sums), images)
    return {
        "d": 1,
        "n": n,
        "sample": sample,
        "solver": "mitm",
        "status": "OPTIMAL",  # meet in the middle accounts for every subset
        "weights": len(weights),
        "max_error": float(error.max()),
        "tensor_error": tensor_error(weights, error),
        "median_relative_error": float(np.median(relative)),
        "max_relative_error": float(relative.max()),
        "size_at_largest": float(size[size > 0][relative.argmax()]),
        "output_error": float((before - after).abs().max()),
        "output_scale": float(before.abs().max()),
        "decisions_changed": int((before.argmax(dim=1) != after.argmax(dim=1)).sum()),
    }


def _target(
    settings: Lenet, data: DataSet, target: nn.Sequential, held: torch.Tensor
) -> dict[str, Any]:
    right = _outputs(target, held).argmax(dim=1) == data.held_out_labels
    return {
        "experiment": "replicas",
        "data": settings.data,
        "side": settings.side,
        "epochs": settings.epochs,
        "accuracy_target": float(right.double().mean()),
        "held_out": len(right),
        "median_size": float(np.median(np.abs(imitated(target)))),
    }


def _outputs(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad(), one_thread():
        return torch.cat([network(part) for part in images.split(64)])


def run(job: Job) -> None:
    """Imitate the weights of LeNet-5, count failures."""
    p = job.params
    frames.write(job.output.lenet, lenet_rows(Lenet(**p.lenet), p.seed, p.folder), "replicas_lenet")
    frames.write(
        job.output.failures, failure_rows(Failures(**p.failures), p.seed), "replicas_failures"
    )
