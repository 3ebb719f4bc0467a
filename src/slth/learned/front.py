"""`learn`: a mask of a network by any method; `control`: what its success must be held against."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks
from slth.learned.base import Method
from slth.learned.controls import controlled_units, fresh_source
from slth.learned.registry import get
from slth.learned.result import LearnedMask
from slth.learned.task import Task
from slth.learned.units import Tensors, Units, units_of
from slth.networks.architectures import read_layers
from slth.networks.determinism import one_thread
from slth.networks.training import as_images, as_labels
from slth.networks.wide import widened

Data = Tensor | np.ndarray


def learn(
    method: str,
    network: nn.Module,
    images: Data,
    labels: Data | None = None,
    *,
    kept_fraction: float,
    granularity: str = "edge",
    outputs: Data | None = None,
    names: Iterable[str] | None = None,
    epochs: int = 20,
    batch_size: int = 64,
    learning_rate: float | None = None,
    seed: int = 0,
    device: str = "cpu",
    **options: object,
) -> LearnedMask:
    """Learn which weights of ``network`` to keep; the argument is left as it was.

    method: a name of `slth.learned.METHODS`, its fields as ``options``. network: any module of
    Conv2d and Linear; "filter" granularity takes a bias-free Sequential. images: (m, …). labels:
    (m,) integers; or outputs: (m, classes), to be imitated instead by a bias-free Sequential, up to
    one positive factor; the scale of the last masked layer then takes the factor of least squares
    on the images. kept_fraction: kept weights
    over masked weights, in (0, 1], in either granularity. names: parameters under the mask, every
    Conv2d and Linear weight by default; all others stay as they are. epochs: of each training.
    learning_rate: Adam's; None is the method's own.

    Trains in float32 on ``device``; the masks and the network come back on the CPU, in the
    network's precision. Same seed, same bytes on one machine, whatever its cores.
    Raises ValueError/TypeError naming the argument, what it got and what it takes.
    """
    how = get(method, **options)
    fraction = checks.positive("kept_fraction", kept_fraction)
    if fraction > 1:
        raise ValueError(f"kept_fraction: got {kept_fraction!r}, takes a number in (0, 1]")
    rate = how.learning_rate if learning_rate is None else learning_rate
    training: dict[str, Any] = {
        "kept_fraction": fraction,
        "epochs": checks.integer("epochs", epochs, low=1),
        "batch_size": checks.integer("batch_size", batch_size, low=1),
        "learning_rate": checks.positive("learning_rate", rate),
        "seed": checks.integer("seed", seed, low=0),
        "device": device,
    }
    units = units_of(network, granularity, names)
    task = _task(network, units, images, labels, outputs, training)
    chosen, start = how.search(task)
    return _finished(how, task, "", network, chosen, start, training)


def control(
    kind: str,
    learned: LearnedMask,
    images: Data,
    labels: Data | None = None,
    *,
    outputs: Data | None = None,
    network: nn.Module | None = None,
    seed: int = 0,
) -> LearnedMask:
    """Return a null control of ``learned``: what is left of its accuracy is no merit of the mask.

    kind: "shuffled", the chosen units of each layer in random places; "random", as many units
    anywhere in the network; "fresh", the same mask over other weights: those of ``network``, or
    the source's entries in another order within each layer (for independent draws, a new draw).
    A method that trains its weights trains the control as long, from the weights it started at
    ("fresh": from the new ones), so that "fresh" is the re-initialised lottery ticket.
    """
    how = get(learned.method, **learned.options)
    seed = checks.integer("seed", seed, low=0)
    source, start = learned.source, learned.start
    if checks.choice("kind", kind, ("shuffled", "random", "fresh")) == "fresh":
        source = fresh_source(learned.source, learned.keep, network, seed)
    chosen = controlled_units(kind, learned.chosen, seed)
    training = {**learned.training, "seed": seed}
    task = _task(source, learned.units, images, labels, outputs, training)
    start = how.untouched(task) if kind == "fresh" else _on(task, learned.start)
    return _finished(how, task, kind, source, chosen, start, training)


def _task(
    network: nn.Module,
    units: Units,
    images: Data,
    labels: Data | None,
    outputs: Data | None,
    training: Mapping[str, Any],
) -> Task:
    device = torch.device(training["device"])
    x = as_images(images)
    if (labels is None) == (outputs is None):
        raise ValueError("labels, outputs: takes one of the two")
    if labels is not None:
        goals = as_labels(labels, len(x)).to(device)
    else:
        goals = as_images(outputs, "outputs").to(device, torch.float32)  # type: ignore[arg-type]
        read_layers(network)  # type: ignore[arg-type]
        if len(goals) != len(x):
            raise ValueError(f"outputs: got {len(goals)} rows, takes {len(x)}, one an image")
    twin = widened(copy.deepcopy(network).to(device, torch.float32).requires_grad_(False))
    rest = {k: v for k, v in training.items() if k != "device"}
    return Task(twin, units, x.to(device, torch.float32), goals, **rest)


def _finished(
    how: Method,
    task: Task,
    kind: str,
    source: nn.Module,
    chosen: Tensors,
    start: Tensors,
    training: Mapping[str, Any],
) -> LearnedMask:
    chosen = {name: mask.cpu() for name, mask in chosen.items()}
    keep = task.units.masks(chosen)
    trained, scale = how.finish(task, keep, start)
    held = {name: source.get_parameter(name).detach() for name in keep}
    if trained is not None:
        held = {name: trained[name].to(weight) for name, weight in held.items()}
    elif how.weights == "sign":
        held = {name: weight.sign() for name, weight in held.items()}
    network = _masked(source, held, scale, keep)
    if task.goals.is_floating_point():
        scale[list(keep)[-1]] *= _factor(network, task)
        network = _masked(source, held, scale, keep)
    begun = {name: weight.cpu() for name, weight in start.items()}
    return LearnedMask(
        how.name,
        how.options(),
        dict(training),
        kind,
        source,
        task.units,
        chosen,
        keep,
        scale,
        begun,
        network,
        task.seen,
    )


def _masked(
    source: nn.Module, held: Tensors, scale: Mapping[str, float], keep: Tensors
) -> nn.Module:
    network = copy.deepcopy(source).requires_grad_(False)
    with torch.no_grad():
        for name, mask in keep.items():
            weight = network.get_parameter(name)
            weight.copy_(held[name] * scale[name] * mask.to(weight.device))
    return network


def _factor(network: nn.Module, task: Task) -> float:
    """The c > 0 that minimises ‖c·network(x) − goals‖² over the images; 1 if none does."""
    twin = widened(copy.deepcopy(network).to(task.images))
    with torch.no_grad(), one_thread():
        pairs = zip(task.images.split(256), task.goals.split(256), strict=True)
        sums = [((out := twin(x)) * y, out * out) for x, y in pairs]
    along, size = (
        sum(float(part.double().sum()) for part in parts) for parts in zip(*sums, strict=True)
    )
    return along / size if along > 0 and size > 0 else 1.0


def _on(task: Task, weights: Tensors) -> Tensors:
    return {name: weight.to(task.images) for name, weight in weights.items()}
