"""Wide tickets, whose hidden layers cancel: evaluation of their modules, and attacks on them."""

import itertools
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding, supnorm
from slth.networks.modules import ChannelScale
from slth.supnorm import _attack
from slth.supnorm.bounds.upper import of_modules
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range, propagate
from slth.supnorm.signed import canonical

WIDTHS = (3, 4, 3)  # channels of one pixel: input, hidden, output


def step(rng: np.random.Generator, kernel: np.ndarray, copies: int, size: float) -> list[nn.Module]:
    """A ChannelScale, its ReLU and a convolution that merge to about ``kernel`` (out, in).

    Of every channel and sign, ``copies`` hidden channels have random weights of ``size`` that
    cancel, and one is the kernel's.
    """
    block, scale, columns = [], [], []
    for t in range(kernel.shape[1]):
        for sign in (1.0, -1.0):
            heavy = size * rng.standard_normal((len(kernel), copies))
            block += [t] * (2 * copies + 1)
            scale += [sign] * (2 * copies + 1)
            columns.append(np.concatenate([heavy, -heavy, sign * kernel[:, [t]]], 1))
    inner = ChannelScale(torch.tensor(scale, dtype=torch.float64), torch.tensor(block))
    outer = nn.Conv2d(len(block), len(kernel), 1, bias=False).double()
    outer.weight.data = torch.from_numpy(np.concatenate(columns, 1))[:, :, None, None].clone()
    return [inner, nn.ReLU(), outer]


def pair(index: int, size: float) -> tuple[nn.Sequential, nn.Sequential]:
    """A target of two layers of 1×1 kernels, and a wide ticket of it."""
    rng = seeding.generator(index, "wide ticket")
    target: list[nn.Module] = []
    ticket: list[nn.Module] = []
    for c_in, c_out in itertools.pairwise(WIDTHS):
        kernel = rng.standard_normal((c_out, c_in))
        plain = nn.Conv2d(c_in, c_out, 1, bias=False).double()
        plain.weight.data = torch.from_numpy(kernel)[:, :, None, None].clone()
        target += [plain, nn.ReLU()]
        ticket += [*step(rng, kernel, 40, size), nn.ReLU()]
    f, g = (nn.Sequential(*layers[:-1], nn.Flatten()) for layers in (target, ticket))
    return f.requires_grad_(False), g.requires_grad_(False)


def exactly(network: Iterable[nn.Module], x: list[float]) -> list[Fraction]:
    y = [Fraction(v) for v in x]
    for module in network:
        if isinstance(module, nn.ReLU):
            y = [max(v, Fraction(0)) for v in y]
        elif isinstance(module, ChannelScale):
            pairs = zip(module.weight.tolist(), module.block.tolist(), strict=True)
            y = [Fraction(w) * y[t] for w, t in pairs]
        elif isinstance(module, nn.Conv2d):
            rows = module.weight[:, :, 0, 0].tolist()
            zero = Fraction(0)
            y = [sum((Fraction(w) * v for w, v in zip(row, y, strict=True)), zero) for row in rows]
    return y


def through_all(layers: Layers, box: Range) -> torch.Tensor:
    """The error carried on by all that the modules add up, as if nothing there cancelled."""
    error = torch.zeros_like(box.lo)
    for layer, x in zip(layers, propagate(layers, box), strict=False):
        carried = layer.geometry.apply(layer.modules().magnitude, error[None])[0]
        error = carried + layer.modules().spread(x.size + error)
    return error


def test_evaluation_of_wide_tickets_is_bounded_and_not_carried_on_by_what_cancels() -> None:
    box = Range(-torch.ones(3, 1, 1).double(), torch.ones(3, 1, 1).double())
    for index in range(3):
        _, g = pair(index, 1e4)
        layers = canonical("g", g, (3, 1, 1), False, False)
        bound = of_modules(layers, box).flatten()
        rng = seeding.generator(index, "inputs")
        seen = 0.0
        for x in rng.uniform(-1, 1, (20, 3)):
            got = g(torch.from_numpy(x)[None, :, None, None])[0].tolist()
            for value, wanted, most in zip(got, exactly(g, x.tolist()), bound, strict=True):
                assert abs(Fraction(value) - wanted) <= Fraction(float(most))
                seen = max(seen, float(abs(Fraction(value) - wanted)))
        assert seen > 1e-13  # far above what rounding does to the merged kernels
        assert bound.max() < 1e-4 * through_all(layers, box).max()


def test_a_ticket_with_a_large_evaluation_error_does_not_spoil_the_target_s_margins() -> None:
    f, g = pair(0, 1e4)
    points = seeding.generator(0, "points").uniform(-1, 1, (30, 3, 1, 1))
    found = supnorm.agreement(f, g, points, 0.01, steps=None)
    own = supnorm.agreement(f, f, points, 0.01, steps=None)
    np.testing.assert_allclose(found.margins[:, 0], own.margins[:, 0], rtol=1e-9, atol=1e-9)
    assert (found.margins[:, 1] <= own.margins[:, 1] + 1e-6).all()
    assert found.certified.sum() > 15


def test_attacks_ascend_on_merged_layers_and_are_judged_by_the_modules() -> None:
    f, g = pair(1, 1.0)
    points = torch.from_numpy(seeding.generator(1, "points").uniform(-1, 1, (60, 3, 1, 1)))
    found = supnorm.agreement(f, g, points, 0.3, steps=None)
    assert found.refuted.sum() > 5
    for i in np.flatnonzero(found.refuted):
        x = torch.from_numpy(found.witness[i])
        assert (x - points[i]).abs().max() <= 0.3
        decided = {int(network(x[None]).argmax()) for network in (f, g)}
        assert decided != {int(found.decisions[i])}


def test_layers_that_decide_otherwise_than_their_modules_give_no_witness() -> None:
    f, _ = pair(2, 1.0)
    x = torch.from_numpy(seeding.generator(2, "points").uniform(-1, 1, (8, 1, 3, 1, 1)))
    decided = f(x[:, 0]).argmax(1)
    ball = Range(x[:, 0], x[:, 0])
    liar = _attack.Network(f, lambda inputs: -f(inputs))
    assert torch.isnan(liar.ascended(x, ball, decided)).all()
    other = _attack.Network(f, f).ascended(x, ball, (decided + 1) % 3)
    assert torch.equal(other, x[:, 0])


def test_layers_far_apart_are_judged_without_the_module_and_near_ones_by_it() -> None:
    f, _ = pair(2, 1.0)
    x = torch.from_numpy(seeding.generator(2, "points").uniform(-1, 1, (8, 1, 3, 1, 1)))
    decided = (f(x[:, 0]).argmax(1) + 1) % 3
    ball = Range(x[:, 0], x[:, 0])
    y = f(x[:, 0])
    lost = (y.amax(1) - y.gather(1, decided[:, None])[:, 0]).sort().values

    class Silent(torch.nn.Module):
        """A module that must not be asked."""

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            raise AssertionError("asked")

    far = _attack.Network(Silent(), f, float(lost[0]) / 2)
    assert torch.equal(far.ascended(x, ball, decided), x[:, 0])
    with pytest.raises(AssertionError, match="asked"):
        _attack.Network(Silent(), f, float(lost[-1])).ascended(x, ball, decided)
