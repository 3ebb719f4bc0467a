"""A trained network as tickets are measured against it: read once, its outputs computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks.data import DataSet
from slth.networks.network import Network
from slth.networks.reading._torch import from_torch
from slth.studies.cnns.train import unit

CHUNK = 32  # images at a time


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and the images of the study, pixels in [0, 1].

    fitted: (m, c, h, w) training images that "bias" and "feedback" look at. refit: as many training
    images as a control's readout is fitted on, with their labels.
    """

    name: str
    network: Network
    data: DataSet
    fitted: Tensor
    refit: tuple[Tensor, Tensor]

    @cached_property
    def held(self) -> Tensor:
        """(m, c, h, w) held-out images."""
        return unit(self.data.held_out_images)

    @property
    def labels(self) -> Tensor:
        """(m,) of the held-out images."""
        return self.data.held_out_labels

    @cached_property
    def outputs(self) -> Tensor:
        """(m, classes) of the network on the held-out images."""
        (outputs,) = evaluate(self.network, self.held, self.network.output)
        return outputs

    @cached_property
    def margins(self) -> Tensor:
        """(m,) largest output less the second."""
        first, second = self.outputs.topk(2).values.T
        return first - second

    @cached_property
    def size(self) -> float:
        """Largest output on the held-out images."""
        return float(self.outputs.abs().max())


def subject(
    name: str, module: nn.Module, data: DataSet, settings: Mapping[str, Any], seed: int
) -> Subject:
    """Read a trained module. settings: with images and refit, counts that are drawn by ``seed``."""
    x = unit(data.train_images)
    order = seeding.generator(seed, "cnns", "images").permutation(len(x))
    fitted, refit = order[: settings["images"]], order[: settings["refit"]]
    network = from_torch(module, x[:1])
    return Subject(name, network, data, x[fitted], (x[refit], data.train_labels[refit]))


def evaluate(network: Network, images: Tensor, *names: str) -> list[Tensor]:
    """Values (m, …) of images at the steps of these names, the last of which is run last."""
    parts = [_values(network, part, names) for part in images.split(CHUNK)]
    return [torch.cat(values) for values in zip(*parts, strict=True)]


def _values(network: Network, x: Tensor, names: Sequence[str]) -> list[Tensor]:
    found = {}
    for name, value in network.running(x):
        if name in names:
            found[name] = value
        if name == names[-1]:
            return [found[each] for each in names]
    raise KeyError(names[-1])
