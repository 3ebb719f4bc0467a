"""Signed constants: every weight of a layer ±the layer's standard deviation."""

import copy

import torch
from torch import nn

from slth.learned.units import units_of


def signed_constant(network: nn.Module) -> nn.Module:
    """Return a copy whose Conv2d and Linear weights are sign(w) · √(mean w²), layer by layer.

    The weights that Zhou et al. (2019) and Ramanujan et al. (2020) found best for masks: all that
    is left of the random draw is its signs. A weight of exactly zero becomes positive. Raises what
    `units_of` raises.

    >>> import torch
    >>> net = torch.nn.Sequential(slth.networks.linear(torch.tensor([[3.0, -1.0, 1.0, 5.0]])))
    >>> slth.learned.signed_constant(net)[0].weight.tolist()  # sqrt(36 / 4)
    [[3.0, -3.0, 3.0, 3.0]]
    """
    names = units_of(network).shapes
    made = copy.deepcopy(network)
    with torch.no_grad():
        for name in names:
            weight = made.get_parameter(name)
            size = weight.square().mean().sqrt()
            weight.copy_(torch.where(weight < 0, -size, size))
    return made
