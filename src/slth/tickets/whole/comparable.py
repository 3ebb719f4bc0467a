"""Target and ticket as networks that `slth.supnorm.bracket` compares layer by layer."""

from collections.abc import Mapping, Set
from dataclasses import replace

import torch
from torch import Tensor, nn

from slth.networks.graph import (
    INPUT,
    Activation,
    AvgPool,
    Convolution,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Step,
)
from slth.networks.modules import ChannelScale, Projected, Residual
from slth.networks.network import Network
from slth.networks.ones import Ones, ones, widened
from slth.tickets.whole.effective import EffectiveLayer


def comparable(
    target: Network, layers: Mapping[str, EffectiveLayer]
) -> tuple[nn.Sequential, nn.Sequential]:
    """(target, ticket) as Sequentials that compute the same as both, float64.

    A layer of signed inputs is [x⁺, x⁻] by a ChannelScale and a ReLU, then a convolution. One whose
    constants end at the border of a padded image reads one more channel of ones, by a convolution
    before it, in the target too. Raises ValueError naming the layer, or what joins branches, where
    there is no such form: signed inputs of grouped layers or of a skip connection.
    """
    bordered = {name for name, layer in layers.items() if _has_border(layer)}
    held = {
        name: _with_ones(layer) if name in bordered else layer for name, layer in layers.items()
    }
    own: list[Step] = []
    other: list[Step] = []
    for step in target.steps:
        if step.name not in layers:
            own.append(step)
            other.append(step)
            continue
        assert isinstance(step, (Convolution, Dense))
        before = _ones(target, step) if step.name in bordered else []
        inputs = (before[-1].name,) if before else step.inputs
        own += [*before, _widened(step, inputs) if before else step]
        other += [*before, _plain(replace(step, inputs=inputs), held[step.name])]
    marks = {f"{name}.ones".replace(".", "/") for name in bordered}
    plain, ticket = (
        _marked(
            Network(tuple(steps), target.input_shape).to_sequential("ticket", projections=True),
            marks,
        )
        for steps in (own, other)
    )
    signed = {k.replace(".", "/"): v for k, v in held.items() if v.minus is not None}
    paired = _paired(ticket, signed)
    if signed:
        inside = next(iter(signed)).replace("/", ".")
        raise ValueError(
            f"ticket: module {inside} has inputs of both signs in a skip connection, which bracket "
            "takes as a layer of a chain or of a block's body only"
        )
    return plain, paired


def _paired(modules: nn.Sequential, signed: dict[str, EffectiveLayer]) -> nn.Sequential:
    """The modules with `_pair` for those of ``signed``, which are taken out of it."""
    made: list[nn.Module] = []
    for name, module in modules.named_children():
        if isinstance(module, (Residual, Projected)):
            module.body = _paired(module.body, signed)
        layer = signed.pop(name, None)
        made += [module] if layer is None else _pair(layer, module)
    return nn.Sequential(*made)


def _marked(modules: nn.Sequential, names: Set[str]) -> nn.Sequential:
    """Channels of ones as `Ones`, so that another network can get them too."""
    for name, module in modules.named_children():
        if name in names and isinstance(module, nn.Conv2d):
            groups = module.out_channels - module.in_channels
            modules._modules[name] = Ones.of(module.in_channels // groups, groups)
        elif isinstance(module, (Residual, Projected)):
            _marked(module.body, names)
    return modules


def _has_border(layer: EffectiveLayer) -> bool:
    """Whether some outputs of a layer see fewer of its constants than others."""
    if layer.constant is None or not any(layer.padding):
        return False
    return int((layer.constant.flatten(1) != 0).any(0).sum()) > 1


def _with_ones(layer: EffectiveLayer) -> EffectiveLayer:
    """The constants as kernels of one more channel of every group, the last."""
    assert layer.constant is not None
    plus, minus = (
        None if kernel is None else torch.cat([kernel, layer.constant], dim=1)
        for kernel in (layer.plus, layer.minus)
    )
    assert plus is not None
    return replace(layer, plus=plus, minus=minus, constant=None)


def _widened(step: Layer, inputs: tuple[str, ...]) -> Layer:
    """The target's layer, which has no weight on the ones."""
    return replace(step, inputs=inputs, weight=widened(step.weight))


def _ones(target: Network, step: Layer) -> list[Step]:
    """What a layer reads with a channel of ones behind those of every group.

    With a ReLU where that changes nothing: inside a residual block layers have one between them.
    """
    assert isinstance(step, Convolution)
    weight, bias = ones(step.weight.shape[1], step.groups)
    made: list[Step] = [
        Convolution(name=f"{step.name}.ones", inputs=step.inputs, weight=weight, bias=bias)
    ]
    if _above(target, step.inputs[0]):
        made.append(Activation(name=f"{step.name}.held", inputs=(made[0].name,)))
    return made


def _above(target: Network, name: str) -> bool:
    """Whether a value is never negative, as far as its activation says."""
    if name == INPUT:
        return False
    step = target.step(name)
    if isinstance(step, (MaxPool, AvgPool, Flatten)):
        return _above(target, step.inputs[0])
    return isinstance(step, Activation) and step.kind == "relu"


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
    """(c_out,) Σ of the taps, all of which see the constants."""
    assert layer.constant is not None
    return layer.constant.flatten(1).sum(1)


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
