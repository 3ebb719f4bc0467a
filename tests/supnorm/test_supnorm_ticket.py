"""Merging ChannelScale → ReLU → Conv2d reproduces outputs, borders included."""

import pytest
import torch
from torch import nn

from slth import seeding
from slth.networks.modules import ChannelScale
from slth.supnorm import bracket
from slth.supnorm.layers import forward
from slth.supnorm.signed import aligned, canonical
from tests.supnorm import supnorm_cases as cases


def target(rng) -> nn.Sequential:
    return nn.Sequential(
        cases.conv(rng, 2, 3, 3, padding=1),
        nn.ReLU(),
        cases.conv(rng, 3, 2, 3, stride=2, padding=2, bias=True),
        nn.ReLU(),
        nn.Flatten(),
        cases.linear(rng, 2 * 4 * 4, 5),
    )


@pytest.mark.parametrize("nonnegative", [False, True])
def test_merged_form_reproduces_the_ticket(nonnegative):
    rng = seeding.generator(0, "ticket")
    ticket = cases.as_ticket(rng, target(rng))
    x = torch.from_numpy(rng.uniform(0.0 if nonnegative else -1.0, 1.0, (50, 2, 6, 6)))
    layers = canonical("f", ticket, (2, 6, 6), nonnegative, False)
    assert len(layers) == 3
    assert torch.allclose(forward(layers, x), ticket(x), rtol=1e-12, atol=1e-12)


def test_ticket_and_target_are_comparable():
    rng = seeding.generator(1, "ticket")
    f = target(rng)
    g = cases.as_ticket(rng, f, eps=1e-3)
    case = cases.Case(f, g, (2, 6, 6), (-1.0, 1.0))
    b = cases.solve(case)
    assert b.method == "lagrangian"
    cases.check_bracket(case, b, rng)


def test_masked_pointwise_convolution_merges_like_channel_scale():
    rng = seeding.generator(2, "ticket")
    f = nn.Sequential(cases.conv(rng, 2, 3, 3, padding=1))
    g = cases.as_ticket(rng, f, eps=1e-3)
    scale = g[0]
    assert isinstance(scale, ChannelScale)
    wide = nn.Conv2d(2, len(scale.weight), 1, bias=False, dtype=torch.float64)
    wide.weight.data.zero_()
    wide.weight.data[torch.arange(len(scale.weight)), scale.block, 0, 0] = scale.weight.data
    masked = nn.Sequential(wide, *g[1:])
    assert bracket(f, g, input_shape=(2, 5, 5)).bounds == pytest.approx(
        bracket(f, masked, input_shape=(2, 5, 5)).bounds, rel=1e-9
    )


def test_a_pointwise_target_layer_is_not_merged():
    rng = seeding.generator(3, "ticket")
    f = nn.Sequential(
        cases.conv(rng, 1, 2, 1), nn.ReLU(), cases.conv(rng, 2, 2, 3, padding=1), nn.ReLU()
    )
    g = cases.as_ticket(rng, f, eps=1e-3)
    first, second = aligned(f, g, (1, 5, 5), False)
    assert len(first) == len(second) == 2


def test_readout_across_flatten():
    rng = seeding.generator(4, "ticket")
    f = nn.Sequential(nn.Flatten(), cases.linear(rng, 8, 3))
    scale = torch.tensor([1.0, -1.0, 0.5, -2.0], dtype=torch.float64)
    block = torch.tensor([0, 0, 1, 1])
    wide = cases.linear(rng, 16, 3)
    halves = f[1].weight.data.view(3, 2, 1, 4) / scale.view(1, 2, 2, 1)
    wide.weight.data = halves.flatten(1).contiguous()
    g = nn.Sequential(ChannelScale(scale, block), nn.ReLU(), nn.Flatten(), wide)
    x = torch.from_numpy(rng.uniform(-1, 1, (20, 2, 2, 2)))
    assert torch.allclose(f(x), g(x))
    b = bracket(f, g, input_shape=(2, 2, 2))
    assert b.upper < 1e-12


def test_input_of_known_sign_ignores_the_other_half():
    rng = seeding.generator(5, "ticket")
    f = nn.Sequential(cases.conv(rng, 1, 2, 3, padding=1))
    halves = cases.half_layers(rng, f[0], 3, 0.0)
    scale, _, wide = halves
    keep = scale.weight > 0
    narrow = nn.Conv2d(int(keep.sum()), 2, 3, padding=1, bias=False, dtype=torch.float64)
    narrow.weight.data = wide.weight.data[:, keep].clone()
    g = nn.Sequential(ChannelScale(scale.weight[keep], scale.block[keep]), nn.ReLU(), narrow)
    assert bracket(f, g, (0.0, 1.0), (1, 4, 4)).upper < 1e-12
    assert bracket(f, g, (-1.0, 1.0), (1, 4, 4)).lower > 0.1


def test_a_trailing_flatten_changes_nothing():
    rng = seeding.generator(6, "ticket")
    f = nn.Sequential(cases.conv(rng, 1, 2, 3))
    g = cases.perturbed(rng, f, 0.1)
    flat = nn.Sequential(*g, nn.Flatten())
    assert (
        bracket(f, flat, input_shape=(1, 5, 5)).lower == bracket(f, g, input_shape=(1, 5, 5)).lower
    )
