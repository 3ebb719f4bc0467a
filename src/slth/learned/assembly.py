"""From chosen units to the masked network: the last training, the scales, the LearnedMask."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from slth.learned.base import Method
from slth.learned.result import LearnedMask
from slth.learned.task import Task
from slth.learned.units import Tensors
from slth.networks.determinism import one_thread
from slth.networks.modes import settle, tracking
from slth.networks.wide import widened


@dataclass(frozen=True, eq=False)
class Trial:
    """One mask in the making: its task, the kind of control or "", the source, the settings."""

    task: Task
    kind: str
    source: nn.Module
    training: Mapping[str, Any]


def assembled(
    how: Method, trials: Sequence[Trial], chosen: Sequence[Tensors], starts: Sequence[Tensors]
) -> list[LearnedMask]:
    """Finish every trial from its chosen units and the weights it starts at."""
    picked = [{name: mask.cpu() for name, mask in units.items()} for units in chosen]
    keeps = [trial.task.units.masks(c) for trial, c in zip(trials, picked, strict=True)]
    ends = how.finish_all([trial.task for trial in trials], keeps, starts)
    return [_made(how, *each) for each in zip(trials, picked, keeps, starts, ends, strict=True)]


def _made(
    how: Method,
    trial: Trial,
    chosen: Tensors,
    keep: Tensors,
    start: Tensors,
    end: tuple[Tensors | None, dict[str, float]],
) -> LearnedMask:
    task, source = trial.task, trial.source
    trained, scale = end
    held = {name: source.get_parameter(name).detach() for name in keep}
    if trained is not None:
        held = {name: trained[name].to(weight) for name, weight in held.items()}
    elif how.weights == "sign":
        held = {name: weight.sign() for name, weight in held.items()}
    network = _masked(source, held, scale, keep)
    if task.goals.is_floating_point():
        scale[list(keep)[-1]] *= _factor(network, task)
        network = _masked(source, held, scale, keep)
    _settle(network, task)
    return LearnedMask(
        how.name,
        how.options(),
        dict(trial.training),
        trial.kind,
        source,
        task.units,
        chosen,
        keep,
        scale,
        {name: weight.cpu() for name, weight in start.items()},
        network,
        task.seen,
        task.early,
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


def _settle(network: nn.Module, task: Task) -> None:
    """Give the network the running statistics of its own weights on the training images.

    Those of the training belong to other weights (masks that change, coins); a control has none.
    """
    if not tracking(network):
        return
    twin = copy.deepcopy(network).to(task.images)
    settle(widened(twin), task.images, task.batch_size, task.seed)
    with torch.no_grad():
        for name, buffer in twin.named_buffers():
            network.get_buffer(name).copy_(buffer)


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
