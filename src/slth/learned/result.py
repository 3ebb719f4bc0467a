"""LearnedMask: the source as it was, what is kept of it, and the network that remains."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from slth.learned.units import Tensors, Units
from slth.tickets.measure import accuracy, data_error
from slth.values import Printed, Value


@dataclass(frozen=True, eq=False, repr=False)
class LearnedMask(Printed, Value):
    """A network and `keep` masks that a method learned, or a null control of one.

    method, options, training: how it was made. control: "" or the kind of null control. source:
    the network as given, never changed. keep: parameter name → bool tensor of its shape;
    parameters without a mask stay as they are. chosen: the same by units (filters: (c_out,)).
    scale: positive factor a layer. start: weights under which the last training began, by name.
    network: the masked network, same shapes as the source. work: images whose gradient was taken.
    early: accuracy on the watched images in the course of the last training; NaN without.

    >>> import torch
    >>> net = slth.networks.build_dense_network([2, 4, 2])
    >>> x, y = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), torch.tensor([0, 1])
    >>> slth.learned.learn("edge_popup", net, x, y, kept_fraction=0.5, epochs=1)
    LearnedMask by edge_popup: 8 of 16 weights kept
      units: edge
      1.weight: 4 of 8 kept
      3.weight: 4 of 8 kept
    """

    method: str
    options: Mapping[str, Any]
    training: Mapping[str, Any]
    control: str
    source: nn.Module
    units: Units
    chosen: Tensors
    keep: Tensors
    scale: dict[str, float]
    start: Tensors
    network: nn.Module
    work: int
    early: float = math.nan

    def __post_init__(self) -> None:
        """Refuse masks that are not boolean or not of the parameter's shape."""
        for name, mask in self.keep.items():
            if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
                got = getattr(mask, "dtype", type(mask).__name__)
                raise TypeError(f"keep[{name!r}]: got {got}, takes a boolean tensor")
            wanted = tuple(self.source.get_parameter(name).shape)
            if tuple(mask.shape) != wanted:
                raise ValueError(f"keep[{name!r}]: got shape {tuple(mask.shape)}, takes {wanted}")

    @property
    def parameters(self) -> dict[str, int]:
        """Numbers of weights under the mask: {source, kept}."""
        kept = sum(int(mask.sum()) for mask in self.keep.values())
        return {"source": self.units.weights, "kept": kept}

    @property
    def kept_fraction(self) -> float:
        """Kept weights over the weights under the mask."""
        return self.parameters["kept"] / self.parameters["source"]

    def _facts(self) -> tuple[str, Mapping[str, object]]:
        made = f"{self.control} control of {self.method}" if self.control else self.method
        count = self.parameters
        title = f"LearnedMask by {made}: {count['kept']:,} of {count['source']:,} weights kept"
        layers = {
            name: f"{int(mask.sum()):,} of {mask.numel():,} kept"
            for name, mask in self.keep.items()
        }
        return title, {"units": self.units.granularity, **layers}

    def masked(self) -> nn.Module:
        """Return a copy of the source in which removed weights are zero and no other changes."""
        network = copy.deepcopy(self.source)
        with torch.no_grad():
            for name, mask in self.keep.items():
                weight = network.get_parameter(name)
                weight.masked_fill_(~mask.to(weight.device), 0.0)
        return network

    def accuracy(self, images: Tensor, labels: Tensor) -> float:
        """Share of images (m, …) that the masked network classifies as labelled."""
        return accuracy(network=self.network, images=images, labels=labels)

    def data_error(self, target: nn.Module, images: Tensor) -> float:
        """Largest ‖target(x) − network(x)‖_∞ over the images."""
        return data_error(target=target, ticket=self.network, images=images)
