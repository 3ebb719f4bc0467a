"""What is kept or removed as one: single weights, or filters with the slices that read them."""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from slth import checks
from slth.networks.architectures import read_layers
from slth.networks.gate import check_plain
from slth.networks.modules import ChannelScale
from slth.networks.plain import Part
from slth.networks.ties import check_untied, places

GRANULARITIES = ("edge", "filter")

# modules whose parameters scale and shift single entries, and stay as they are like a bias
SCALING = (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.modules.batchnorm._NormBase)

Tensors = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a network: where its masks live and how many of them a fraction keeps.

    shapes: parameter name → shape of the weights under the mask, in the network's order.
    readers: filter granularity only; name of a layer whose filters may go → name of the layer
    that reads them. The last layer's filters are the outputs and always stay.

    >>> units = slth.learned.units_of(slth.networks.build_dense_network([2, 4, 2]), "filter")
    >>> units.weights, units.counts(kept_fraction=0.5)
    (16, {'1.weight': 2})
    """

    granularity: str
    shapes: dict[str, torch.Size]
    readers: dict[str, str]

    @property
    def sizes(self) -> dict[str, torch.Size]:
        """Shape of the scores of each layer that has units: (c_out, …), or (c_out,) for filters."""
        if self.granularity == "edge":
            return self.shapes
        return {name: self.shapes[name][:1] for name in self.readers}

    @property
    def weights(self) -> int:
        """Number of weights under the mask."""
        return sum(shape.numel() for shape in self.shapes.values())

    def counts(self, kept_fraction: float) -> dict[str, int]:
        """How many units of each layer to keep, at least one.

        kept_fraction: kept weights over all weights, whatever the unit. Edges: the rounded share
        of every layer. Filters: the largest common share of every layer's filters with which the
        weights that remain, slices of removed filters gone, are within the fraction.
        """
        if self.granularity == "edge":
            return {
                name: max(1, round(kept_fraction * shape.numel()))
                for name, shape in self.shapes.items()
            }
        widths = {name: self.shapes[name][0] for name in self.readers}
        steps = max(widths.values(), default=1)
        for step in range(steps, 0, -1):
            counts = {name: max(1, round(step / steps * c)) for name, c in widths.items()}
            if self._remaining(counts) <= kept_fraction * self.weights:
                break
        return counts

    def spread(self, values: Mapping[str, Tensor]) -> Tensors:
        """Unit values (0 or 1, or what has their gradient) as factors of the weights."""
        if self.granularity == "edge":
            return dict(values)
        return {
            name: v.view(-1, *(1,) * (len(self.shapes[name]) - 1)) for name, v in values.items()
        }

    def masks(self, chosen: Mapping[str, Tensor]) -> Tensors:
        """Chosen units, bool, as `keep` masks of the weights' shapes, read-out slices included."""
        keep = {name: torch.ones(shape, dtype=torch.bool) for name, shape in self.shapes.items()}
        for name, factor in self.spread(chosen).items():
            keep[name] &= factor.cpu()
        for name, reader in self.readers.items():
            slices = chosen[name].cpu().repeat_interleave(self._repeat(name, reader))
            keep[reader] &= slices.view(1, -1, *(1,) * (keep[reader].ndim - 2))
        return keep

    def _remaining(self, counts: Mapping[str, int]) -> int:
        total = 0
        for name, shape in self.shapes.items():
            c_out = counts.get(name, shape[0])
            c_in = shape[1]
            for before, reader in self.readers.items():
                if reader == name:
                    c_in = counts[before] * self._repeat(before, name)
            total += c_out * c_in * math.prod(shape[2:])
        return total

    def _repeat(self, name: str, reader: str) -> int:
        """Inputs of ``reader`` that one filter of ``name`` fills: 1, or the pixels of an image."""
        return self.shapes[reader][1] // self.shapes[name][0]


def units_of(
    network: nn.Module, granularity: str = "edge", names: Iterable[str] | None = None
) -> Units:
    """Return the units of a network's Conv2d and Linear weights.

    names: parameters under the mask, all of them by default; the others stay as they are. Edges
    take any module; a weight that several modules share is one, under its first name. Filters
    take what `check_chain` takes (a removed filter must send zero to its readers, hence no biases),
    and go only where the layer that reads them is under the mask too.
    Raises ValueError/TypeError naming the argument and the module: what `slth.networks.gate`
    refuses, and without ``names`` modules whose weights no mask would cover.

    >>> units = slth.learned.units_of(slth.networks.build_dense_network([2, 4, 2]))
    >>> units.counts(kept_fraction=0.25)
    {'1.weight': 2, '3.weight': 2}
    """
    check_plain("network", network)
    check_untied("network", network, "a mask", same=False)
    kind = checks.choice("granularity", granularity, GRANULARITIES)
    known = _weights(network)
    if names is None:
        _check_covered(network)
    wanted = list(known)
    if names is not None:
        wanted = [checks.choice("names", n, known) for n in checks.items("names", names, str)]
    shapes = {name: known[name].shape for name in known if name in wanted}
    if not shapes:
        raise ValueError("network: got no Conv2d or Linear weight to mask, takes at least one")
    readers: dict[str, str] = {}
    if kind == "filter":
        check_chain(network)
        order = list(known)
        pairs = itertools.pairwise(order)
        readers = {a: b for a, b in pairs if a in shapes and b in shapes}
        if not readers:
            raise ValueError("granularity: got 'filter', takes two masked layers in a row at least")
    return Units(kind, shapes, readers)


def check_chain(network: nn.Module) -> None:
    """Raise unless a network is what `read_layers` takes, each layer with weights of its own."""
    read_layers(network)
    check_untied("network", network, "a chain of masked layers")


def _weights(network: nn.Module) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, module in places(network):
        if isinstance(module, (nn.Conv2d, nn.Linear)) and id(module.weight) not in seen:
            seen.add(id(module.weight))
            found[f"{name}.weight" if name else "weight"] = module.weight
    return found


def _check_covered(network: nn.Module) -> None:
    """Refuse weights that are no Conv2d's or Linear's: nothing would be said of them."""
    for name, module in places(network):
        if isinstance(module, (nn.Conv2d, nn.Linear, *SCALING)):
            continue
        for key, weight in module._parameters.items():
            if weight is not None and (weight.ndim > 1 or isinstance(module, ChannelScale)):
                raise ValueError(
                    f"{Part('network', name, module).at}: got weights ({key}) that no mask covers, "
                    "takes Conv2d and Linear, or names= of the parameters to mask"
                )
