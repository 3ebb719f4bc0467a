"""Positive scaling of a network to the norms the theorems assume."""

import torch
from torch import nn

from slth.networks.architectures import Layer, has_readout, read_layers
from slth.networks.converted import plain_form
from slth.networks.network import Network


def normalise(network: nn.Module | Network, readout: bool = True) -> tuple[nn.Sequential, float]:
    """Return (g, scale) with network(x) = scale · g(x), scale > 0, and unit kernel norms.

    In g every layer's ‖K⁽ⁱ⁾‖₁, the sum over the whole kernel tensor, is 1, and the largest l1 norm
    of a row of the readout (a last dense layer without ReLU) is 1; ``readout=False`` leaves the
    readout as it is. Zero kernels stay zero. ReLU commutes with positive scaling, so every class
    decision is that of ``network``. Source: the assumption ‖K⁽ⁱ⁾‖₁ ≤ 1 of da Cunha, d'Amore,
    Natale (NeurIPS 2023). network: what `read_layers` takes, or what `slth.networks.from_torch`
    reads as such. Raises what either raises.

    >>> import torch
    >>> layer = slth.networks.linear(torch.tensor([[3.0, -1.0]]))
    >>> net = torch.nn.Sequential(layer, torch.nn.ReLU())
    >>> unit, scale = slth.networks.normalise(net)
    >>> scale, unit[0].weight.tolist()
    (4.0, [[0.75, -0.25]])
    """
    layers = read_layers(plain_form("network", network))
    scale = 1.0
    modules: list[nn.Module] = []
    for i, layer in enumerate(layers):
        last = i == len(layers) - 1 and has_readout(layers)
        norm = _norm(layer, last) if readout or not last else 1.0
        scale *= norm
        modules += [nn.Flatten()] if layer.flatten else []
        modules += [layer.module(layer.weight / norm)]
        modules += [nn.ReLU()] if layer.relu else []
    return nn.Sequential(*modules), scale


def _norm(layer: Layer, readout: bool) -> float:
    absolute = layer.weight.abs()
    norm = float(absolute.sum(dim=1).max() if readout else torch.sum(absolute))
    return norm if norm > 0 else 1.0
