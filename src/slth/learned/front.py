"""`learn`: a mask of a network by any method; `control`: what its success must be held against."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth import checks
from slth.learned.assembly import Trial, assembled
from slth.learned.controls import CONTROLS, controlled_units, fresh_source
from slth.learned.registry import get
from slth.learned.result import LearnedMask
from slth.learned.task import Task
from slth.learned.trainings import Trainings
from slth.learned.units import Tensors, Units, check_chain, units_of
from slth.networks.training import as_images, as_labels
from slth.networks.wide import widened

Data = Tensor | np.ndarray
Watch = tuple[Tensor, Tensor, int]


def learn(
    method: str,
    network: nn.Module,
    images: Data,
    labels: Data | None = None,
    *,
    kept_fraction: float,
    seed: int = 0,
    **settings: Any,
) -> LearnedMask:
    """Learn which weights of ``network`` to keep; the argument is left as it was.

    method: a name of `slth.learned.METHODS`. network: any module of Conv2d and Linear; "filter"
    granularity takes a bias-free Sequential. images: (m, …). labels: (m,) integers.
    kept_fraction: kept weights over masked weights, in (0, 1], in either granularity.
    settings: of `learn_all`, with its errors.
    """
    asked = {"kept_fractions": [kept_fraction], "seeds": [seed], **settings}
    return learn_all(method, [network], images, labels, **asked)[0]


def learn_all(
    method: str,
    networks: Sequence[nn.Module],
    images: Data,
    labels: Data | None = None,
    *,
    kept_fractions: Sequence[float],
    seeds: Sequence[int],
    granularity: str = "edge",
    outputs: Data | None = None,
    names: Iterable[str] | None = None,
    epochs: int = 20,
    batch_size: int = 64,
    learning_rate: float | None = None,
    watch: Watch | None = None,
    trainings: Trainings | None = None,
    device: str = "cpu",
    **options: object,
) -> list[LearnedMask]:
    """`learn` for several networks, kept fractions and seeds, as many of each, on the same data.

    outputs: (m, classes), to be imitated in place of labels by a bias-free Sequential, up to
    one positive factor; the scale of the last masked layer then takes the factor of least squares
    on the images. names: parameters under the mask, every Conv2d and Linear weight by default;
    all others stay as they are. epochs: of each training. learning_rate: Adam's; None is the
    method's own. watch: images, labels, and the epoch of the last training of weights after which
    the accuracy on them is noted as `early`. trainings: `Trainings` that several calls share, so
    that variants of magnitude pruning train a network once. options: the method's fields.

    Whole filters of several networks train in stacks, at a third of the cost; equal networks and
    seeds share what does not depend on the kept fraction. Trains in float32 on ``device``; the
    masks and the network come back on the CPU, in the network's precision. Same call, same bytes
    on one machine, whatever its cores.
    Raises ValueError/TypeError naming the argument, what it got and what it takes.
    """
    how = get(method, **options)
    rate = how.learning_rate if learning_rate is None else learning_rate
    shared: dict[str, Any] = {
        "epochs": checks.integer("epochs", epochs, low=1),
        "batch_size": checks.integer("batch_size", batch_size, low=1),
        "learning_rate": checks.positive("learning_rate", rate),
        "device": device,
    }
    wanted = None if names is None else list(names)
    goals = _goals(images, labels, outputs, device)
    units = [units_of(network, granularity, wanted) for network in networks]
    twins = {id(network): _twin(network, device) for network in networks}
    trials: list[Trial] = []
    for network, of, kept, seed in zip(networks, units, kept_fractions, seeds, strict=True):
        training = {
            "kept_fraction": _fraction(kept),
            "seed": checks.integer("seed", seed, low=0),
            **shared,
        }
        if labels is None:
            check_chain(network)
        task = _task(twins[id(network)], of, goals, training, watch, trainings)
        trials.append(Trial(task, "", network, training))
    found = how.search_all([trial.task for trial in trials])
    return assembled(how, trials, [c for c, _ in found], [s for _, s in found])


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
    asked = [(kind, learned, network, seed)]
    return control_all(asked, images, labels, outputs=outputs)[0]


def control_all(
    asked: Sequence[tuple[str, LearnedMask, nn.Module | None, int]],
    images: Data,
    labels: Data | None = None,
    *,
    outputs: Data | None = None,
    watch: Watch | None = None,
) -> list[LearnedMask]:
    """`control` for several masks of one `learn_all`: (kind, mask, network or None, seed) each.

    watch: as of `learn_all`.
    """
    first = asked[0][1]
    how = get(first.method, **first.options)
    goals = _goals(images, labels, outputs, first.training["device"])
    trials: list[Trial] = []
    chosen, starts = [], []
    for kind, learned, network, seed in asked:
        training = {**learned.training, "seed": checks.integer("seed", seed, low=0)}
        source = learned.source
        if checks.choice("kind", kind, CONTROLS) == "fresh":
            source = fresh_source(learned.source, learned.keep, network, seed)
        twin = _twin(source, training["device"])
        task = _task(twin, learned.units, goals, training, watch)
        fresh = kind == "fresh"
        starts.append(how.untouched(task) if fresh else _on(task, learned.start))
        chosen.append(controlled_units(kind, learned.chosen, seed))
        trials.append(Trial(task, kind, source, training))
    return assembled(how, trials, chosen, starts)


def _goals(
    images: Data, labels: Data | None, outputs: Data | None, device: str
) -> tuple[Tensor, Tensor]:
    """Images and labels, or outputs to imitate, where the training takes place."""
    x = as_images(images)
    if (labels is None) == (outputs is None):
        raise ValueError("labels, outputs: takes one of the two")
    if labels is not None:
        goals = as_labels(labels, len(x)).to(device)
    else:
        goals = as_images(outputs, "outputs").to(device, torch.float32)  # type: ignore[arg-type]
        if len(goals) != len(x):
            raise ValueError(f"outputs: got {len(goals)} rows, takes {len(x)}, one an image")
    return x.to(device, torch.float32), goals


def _twin(network: nn.Module, device: str) -> nn.Module:
    """A copy to train by."""
    return widened(copy.deepcopy(network).to(device, torch.float32).requires_grad_(False))


def _task(
    twin: nn.Module,
    units: Units,
    goals: tuple[Tensor, Tensor],
    training: Mapping[str, Any],
    watch: Watch | None,
    trainings: Trainings | None = None,
) -> Task:
    rest = {k: v for k, v in training.items() if k != "device"}
    if watch is not None:
        images, labels, epoch = watch
        watch = images.to(goals[0]), labels.to(goals[0].device), epoch
    return Task(twin, units, *goals, **rest, watch=watch, trainings=trainings)


def _fraction(value: float) -> float:
    fraction = checks.positive("kept_fraction", value)
    if fraction > 1:
        raise ValueError(f"kept_fraction: got {value!r}, takes a number in (0, 1]")
    return fraction


def _on(task: Task, weights: Tensors) -> Tensors:
    return {name: weight.to(task.images) for name, weight in weights.items()}
