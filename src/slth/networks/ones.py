"""A channel of ones beside what a convolution reads, for constants that end at a border.

A pruned constant channel is 0 outside the image as any other, so under zero padding it is no bias.
It is a kernel on one channel more, which a 1×1 convolution with a bias of 1 makes.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from slth.networks.architectures import convolution
from slth.networks.modules import Projected, Residual
from slth.networks.shapes import window
from slth.networks.undrawn import undrawn

Layer = nn.Conv2d | nn.Linear


class Ones(nn.Conv2d):
    """x with a channel of ones behind the channels of every group of the layer that follows."""

    @classmethod
    def of(cls, inner: int, groups: int) -> "Ones":
        """For a layer of ``groups`` groups that read ``inner`` channels each."""
        weight, bias = ones(inner, groups)
        made = undrawn(cls, inner * groups, len(weight), 1, dtype=torch.float64)
        assert isinstance(made, cls)
        made.weight = nn.Parameter(weight, requires_grad=False)
        made.bias = nn.Parameter(bias, requires_grad=False)
        return made


def ones(inner: int, groups: int) -> tuple[Tensor, Tensor]:
    """Weight (groups · (inner + 1), groups · inner, 1, 1) and bias of `Ones`."""
    weight = torch.zeros(groups * (inner + 1), groups * inner, 1, 1, dtype=torch.float64)
    channels = torch.arange(groups * inner)
    weight[channels + channels // inner, channels] = 1.0
    bias = torch.zeros(len(weight), dtype=torch.float64)
    bias[inner :: inner + 1] = 1.0
    return weight, bias


def widened(weight: Tensor) -> Tensor:
    """A kernel (c_out, c_in / groups, k, k) that gives no weight to a channel of ones behind."""
    return torch.cat([weight, torch.zeros_like(weight[:, :1])], dim=1)


def matched(f: nn.Module, g: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Two networks of one architecture, each with a channel of ones wherever the other has one.

    The modules are shared with f and g where nothing changes. Networks of other lengths come back
    as they are.
    """
    first, second = ([*_layers(network)] for network in (f, g))
    if len(first) != len(second) or not any(held for _, held in (*first, *second)):
        return f, g
    wanted = [own or other for (_, own), (_, other) in zip(first, second, strict=True)]
    made = []
    for network, layers in ((f, first), (g, second)):
        missing = {
            id(layer): relu for (layer, held), relu in zip(layers, wanted, strict=True) if not held
        }
        made.append(_rebuilt(network, {key: relu for key, relu in missing.items() if relu}))
    return made[0], made[1]


def _layers(network: nn.Module) -> Iterator[tuple[Layer, str]]:
    """Every layer with weights in the order it runs, and "ones" or "ones, relu" that it reads."""
    held, before = "", None
    for module in _running(network):
        if isinstance(module, Ones):
            held = "ones"
        elif isinstance(module, nn.ReLU) and isinstance(before, Ones):
            held = "ones, relu"
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            yield module, held
            held = ""
        before = module


def _running(network: nn.Module) -> Iterator[nn.Module]:
    if isinstance(network, (nn.Sequential, Residual, Projected)):
        for child in network.children():
            yield from _running(child)
    else:
        yield network


def _rebuilt(network: nn.Module, wanted: dict[int, str]) -> nn.Module:
    """The containers anew, a layer of ``wanted`` with a channel of ones."""
    if isinstance(network, Residual):
        made: nn.Module = Residual()
        made.body = _rebuilt(network.body, wanted)
        return made
    if isinstance(network, Projected):
        body, skip = (_rebuilt(part, wanted) for part in (network.body, network.skip))
        assert isinstance(body, nn.Sequential)
        assert isinstance(skip, nn.Sequential)
        return Projected(body, skip)
    if not isinstance(network, nn.Sequential):
        return network
    made = nn.Sequential()
    for name, child in network.named_children():
        words = wanted.get(id(child), "")
        if words and isinstance(child, nn.Conv2d):
            own = Ones.of(child.weight.shape[1], child.groups)
            made._modules[f"{name}/ones"] = own.to(child.weight)
            if "relu" in words:
                made._modules[f"{name}/held"] = nn.ReLU()
            child = _reading_ones(child, name)
        made._modules[name] = _rebuilt(child, wanted)
    return made


def _reading_ones(conv: nn.Conv2d, name: str) -> nn.Conv2d:
    moves = window(conv, name)
    weight = widened(conv.weight.detach())
    made = convolution(weight, moves.stride, moves.padding)
    made.dilation, made.groups, made.in_channels = moves.dilation, conv.groups, conv.in_channels
    made.in_channels += conv.groups
    if conv.bias is not None:
        made.bias = nn.Parameter(conv.bias.detach(), requires_grad=False)
    return made
