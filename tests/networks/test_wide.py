"""Wide convolutions in the other order of summation are the same function, gradients included."""

import copy
import itertools

import pytest
import torch
from torch import nn

from slth.networks.wide import CHANNELS, WideConv2d, widened

OPTIONS = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": (2, 3), "stride": (2, 1), "bias": False},
    {"kernel_size": 3, "dilation": 2, "padding": "same"},
    {"kernel_size": 1, "stride": 2, "bias": False},
]


@pytest.mark.parametrize(("options", "c_out"), [*itertools.product(OPTIONS, (1, 3))])
def test_same_outputs_and_gradients(options: dict, c_out: int) -> None:
    torch.manual_seed(7)
    layer = nn.Conv2d(CHANNELS, c_out, **options).double()
    x = torch.randn(3, CHANNELS, 7, 6, dtype=torch.float64, requires_grad=True)
    wide = widened(layer)
    assert isinstance(wide, WideConv2d)
    there, back = layer(x), wide(x)
    assert torch.allclose(back, there, rtol=0, atol=1e-12)
    along = torch.randn_like(there)
    leaves = (x, *layer.parameters())
    slopes = (torch.autograd.grad(y, leaves, along) for y in (there, back))
    assert all(torch.allclose(a, b, rtol=0, atol=1e-11) for a, b in zip(*slopes, strict=True))


def test_only_wide_plain_convolutions_change_and_weights_are_shared() -> None:
    narrow, padded = nn.Conv2d(CHANNELS, CHANNELS, 3), nn.Conv2d(CHANNELS, 1, 3)
    padded.padding_mode = "circular"
    network = nn.Sequential(nn.Conv2d(1, CHANNELS, 1), nn.Sequential(nn.Conv2d(CHANNELS, 1, 3)))
    grouped = nn.Conv2d(2 * CHANNELS, 2, 3, groups=2)
    before = copy.deepcopy(network)
    twin = widened(network)
    assert all(widened(module) is module for module in (narrow, grouped, padded))
    kinds = [type(m) for m in twin.modules() if isinstance(m, nn.Conv2d)]
    assert kinds == [nn.Conv2d, WideConv2d]
    assert str(network) == str(before)
    assert all(a is b for a, b in zip(twin.parameters(), network.parameters(), strict=True))
