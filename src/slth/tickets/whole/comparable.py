"""Target and ticket as networks that `slth.supnorm.bracket` compares layer by layer."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from slth.networks.graph import Convolution, Dense, Layer, Step
from slth.networks.modules import ChannelScale
from slth.networks.network import Network
from slth.tickets.whole.effective import EffectiveLayer


def comparable(
    target: Network, layers: Mapping[str, EffectiveLayer]
) -> tuple[nn.Sequential, nn.Sequential]:
    """(target, ticket) as Sequentials that compute the same as both, float64.

    A layer of signed inputs is [x⁺, x⁻] by a ChannelScale and a ReLU, then a convolution. Raises
    ValueError naming the layer, or what joins branches, where there is no such form: constants that
    have a border under zero padding, signed inputs of grouped layers or inside a residual block.
    """
    plain = target.to_sequential("ticket", projections=True)
    steps = {name: _plain(target.step(name), layer) for name, layer in layers.items()}
    ticket = target.replaced(steps).to_sequential("ticket", projections=True)
    modules: list[nn.Module] = []
    signed = {k.replace(".", "/"): v for k, v in layers.items() if v.minus is not None}
    for name, module in ticket.named_children():
        layer = signed.pop(name, None)
        modules += [module] if layer is None else _pair(layer, module)
    if signed:
        inside = next(iter(signed)).replace("/", ".")
        raise ValueError(
            f"ticket: module {inside} has inputs of both signs inside a residual block, which "
            "bracket takes as a layer of a chain only"
        )
    return plain, nn.Sequential(*modules)


def _plain(step: Step, layer: EffectiveLayer) -> Layer:
    """K⁺ and the constants as a layer of the graph."""
    bias = None
    if layer.constant is not None:
        bias = _bias(layer)
    if isinstance(step, Dense):
        return Dense(
            name=step.name, inputs=step.inputs, weight=layer.plus[:, :, 0, 0].clone(), bias=bias
        )
    return Convolution(
        name=step.name,
        inputs=step.inputs,
        weight=layer.plus,
        bias=bias,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
    )


def _bias(layer: EffectiveLayer) -> Tensor:
    """(c_out,) Σ of the taps, all of which see the constants where there is no border."""
    assert layer.constant is not None
    taps = layer.constant.flatten(1)
    if any(layer.padding) and int((taps != 0).any(0).sum()) > 1:
        raise ValueError(
            f"ticket: module {layer.name} has constants that end at the border of a padded image, "
            "which bracket does not know; takes layers without padding, or granularity='entry', "
            "whose constants lie on one tap; error_bound() takes every ticket"
        )
    return taps.sum(1)


def _pair(layer: EffectiveLayer, module: nn.Module) -> list[nn.Module]:
    """[x⁺, x⁻], channel by channel, then ``module`` with K⁺ and K⁻ in turn."""
    if layer.groups != 1:
        raise ValueError(
            f"ticket: module {layer.name} has groups and inputs of both signs, which bracket does "
            "not take; with nonnegative_input=True where inputs are >= 0 it has one sign"
        )
    assert layer.minus is not None
    c_in = layer.plus.shape[1]
    block = torch.arange(c_in).repeat_interleave(2)
    signs = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(c_in)
    weight = torch.stack([layer.plus, layer.minus], dim=2).flatten(1, 2)
    held = module.get_parameter("weight")
    shape = weight.shape[:2] if layer.dense else weight.shape
    module.weight = nn.Parameter(weight.reshape(shape).to(held), requires_grad=False)
    if isinstance(module, nn.Linear):
        module.in_features = 2 * c_in
    elif isinstance(module, nn.Conv2d):
        module.in_channels = 2 * c_in
    return [ChannelScale(signs, block), nn.ReLU(), module]
