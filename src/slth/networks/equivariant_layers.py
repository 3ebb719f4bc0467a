"""Equivariant networks read back layer by layer, and written as plain ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from slth.networks import gate, probes, shapes
from slth.networks.architectures import convolution, linear
from slth.networks.equivariant import (
    QUARTERS,
    InvariantMean,
    QuarterTurnConv,
    ScalarConv,
    SetLinear,
)
from slth.networks.modules import ChannelScale
from slth.networks.plain import Part

EQUIVARIANT = (QuarterTurnConv, SetLinear, nn.ReLU, InvariantMean, nn.Linear)


@dataclass(frozen=True)
class EquivariantLayer:
    """One equivariant layer as the constructions read it; the words are those of `Layer`."""

    weight: Tensor
    padding: int
    adjacency: Tensor | None
    relu: bool
    flatten: bool = False
    dense: bool = False

    def module(self, weight: Tensor) -> nn.Module:
        """Make a module of this layer's kind with other coefficients."""
        if self.weight.ndim == 5:
            return QuarterTurnConv(weight, self.padding)
        return SetLinear(weight, self.adjacency)

    def expansion(self, hidden: int) -> tuple[int, ...]:
        """Shape of the coefficients that mix the input's fields into ``hidden`` of their kind."""
        basis = (*self.weight.shape[2:3], 1, 1) if self.weight.ndim == 5 else (2,)
        return (hidden, self.weight.shape[1], *basis)

    def expand(self, weight: Tensor) -> nn.Module:
        """Make the module of coefficients shaped by `expansion`."""
        return ScalarConv(weight) if weight.ndim == 5 else SetLinear(weight, self.adjacency)


def read_equivariant(network: nn.Module, name: str = "target") -> list[EquivariantLayer]:
    """Return the layers of a Sequential of QuarterTurnConv or SetLinear, ReLU, in order.

    A tail of InvariantMean, or InvariantMean and Linear, is left out. Raises TypeError/ValueError
    naming the module otherwise.

    >>> import torch
    >>> net = torch.nn.Sequential(slth.networks.SetLinear(torch.ones(2, 1, 2)), torch.nn.ReLU())
    >>> [layer.weight.shape for layer in slth.networks.read_equivariant(net)]
    [torch.Size([2, 1, 2])]
    """
    parts = gate.chain(name, network, EQUIVARIANT)
    assert isinstance(network, nn.Sequential)
    layers: list[EquivariantLayer] = []
    tail = invariant_tail(network)
    for part in parts[: len(parts) - len(tail)]:
        module = part.module
        if isinstance(module, nn.ReLU) and layers and not layers[-1].relu:
            last = layers[-1]
            layers[-1] = EquivariantLayer(last.weight, last.padding, last.adjacency, True)
        elif isinstance(module, QuarterTurnConv):
            layers.append(EquivariantLayer(_finite(part), module.padding, None, False))
        elif isinstance(module, SetLinear):
            layers.append(EquivariantLayer(_finite(part), 0, module.adjacency, False))
        else:
            raise ValueError(
                f"{part.at}: got {type(module).__name__}, takes QuarterTurnConv or SetLinear, each "
                "followed by at most one ReLU, and a tail of InvariantMean and Linear"
            )
    if not layers:
        raise ValueError(f"{name}: got no equivariant layer, takes at least one")
    shape = shapes.input_shape(parts)
    probes.reproduces(name, network, nn.Sequential(*_modules(layers), *tail), shape)
    return layers


def invariant_tail(network: nn.Sequential) -> list[nn.Module]:
    """Return float64 copies of InvariantMean and a bias-free Linear after it; [] without."""
    modules = list(network)
    for size in (1, 2):
        tail = modules[-size:]
        if isinstance(tail[0], InvariantMean) and len(tail) == size:
            if not all(isinstance(m, nn.Linear) and m.bias is None for m in tail[1:]):
                return []
            weights = [m.get_parameter("weight").detach() for m in tail[1:]]
            return [InvariantMean(), *(linear(w.to("cpu", torch.float64)) for w in weights)]
    return []


def _modules(layers: Sequence[EquivariantLayer]) -> list[nn.Module]:
    made: list[nn.Module] = []
    for layer in layers:
        made += [layer.module(layer.weight)] + ([nn.ReLU()] if layer.relu else [])
    return made


def _finite(part: Part) -> Tensor:
    weight = part.module.get_parameter("weight").detach().to("cpu", torch.float64).contiguous()
    if not torch.isfinite(weight).all():
        raise ValueError(f"{part.at}: got NaN or inf in its weight, takes finite weights")
    return weight


def as_plain(network: nn.Sequential, input_shape: Sequence[int]) -> nn.Sequential:
    """Return Conv2d, Linear, ChannelScale, ReLU and Flatten that compute the same, flattened.

    input_shape: (c, D, D) images or (c, m) sets; a set network then takes (c·m,) and gives (c'·m,),
    a field (c, 4, D, D) becomes 4c channels. Source: the definition of the layers.

    >>> import torch
    >>> net = torch.nn.Sequential(slth.networks.SetLinear(torch.tensor([[[1.0, 10.0]]])))
    >>> slth.networks.as_plain(net, input_shape=(1, 3))[-1].weight.shape
    torch.Size([3, 3])
    """
    gate.chain("network", network, (*EQUIVARIANT, ScalarConv, ChannelScale))
    x = torch.zeros(1, *input_shape, dtype=torch.float64)
    modules: list[nn.Module] = []
    for module in network:
        modules += _plain(module, x)
        x = module(x)
    return nn.Sequential(*modules)


def _plain(module: nn.Module, x: Tensor) -> list[nn.Module]:
    copies = x[0, 0].numel() if x.ndim == 3 else QUARTERS if x.ndim == 5 else 1
    if isinstance(module, QuarterTurnConv):
        return [convolution(module.expanded(), (1, 1), (module.padding, module.padding))]
    if isinstance(module, SetLinear):
        return [linear(module.expanded(copies))]
    if isinstance(module, ChannelScale):
        inside = torch.arange(copies).repeat(len(module.block))
        block = module.block.repeat_interleave(copies) * copies + inside
        return [ChannelScale(module.weight.detach().repeat_interleave(copies), block)]
    if isinstance(module, InvariantMean):
        count = x[0, 0].numel()
        mean = torch.full((1, count), 1 / count, dtype=torch.float64)
        return [nn.Flatten(), linear(torch.kron(torch.eye(x.shape[1], dtype=torch.float64), mean))]
    if isinstance(module, (nn.ReLU, nn.Linear)):
        return [module]
    raise ValueError(f"network: got {type(module).__name__}, takes equivariant layers and ReLU")
