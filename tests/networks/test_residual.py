"""Residual blocks: the sum, its plain form, its bracket, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

from slth import tickets
from slth.networks import convolution
from slth.networks.residual import Residual, leaves, order, read_blocks
from slth.networks.unrolled import unrolled
from slth.seeding import generator
from slth.supnorm import bracket
from tests.networks.residual_cases import conv, residual_target, unit
from tests.supnorm import supnorm_cases
from tests.sweeps import swept_rows

STAGES = [(stages, signed) for stages in (1, 2, 3) for signed in (False, True)]


def built(target, n=10, **options):
    return tickets.build("structured_convolution", target, n=n, seed=1, threads=1, **options)


@pytest.mark.parametrize(("stages", "signed"), STAGES)
def test_plain_form_computes_the_same(stages, signed):
    """Of target and ticket, on inputs of both signs, to rounding."""
    ticket = built(residual_target(stages, signed), granularity="entry", n=6)
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (64, 1, 5, 5)))
    for network in (ticket.target, ticket.ticket):
        plain = nn.Sequential(*unrolled("f", list(network)))
        assert not any(isinstance(m, Residual) for m in plain)
        torch.testing.assert_close(plain(x), network(x), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("stages", "signed"), swept_rows(STAGES, 3))
def test_no_probe_leaves_the_bracket(stages, signed):
    ticket = built(residual_target(stages, signed))
    found = bracket(
        ticket.target, ticket.ticket, input_shape=(1, 5, 5), samples=16, restarts=1, steps=3
    )
    case = supnorm_cases.Case(ticket.target, ticket.ticket, (1, 5, 5), (-1.0, 1.0))
    supnorm_cases.check_bracket(case, found, np.random.default_rng(0))
    construction = tickets.get("structured_convolution", **ticket.options)
    assert found.upper <= construction.error_bound(ticket) * (1 + 1e-9)


def biased(target: nn.Sequential, seed: int) -> nn.Sequential:
    """The same with a bias in every convolution, as folded batch norms leave it, of this seed."""
    for i, module in enumerate(target.modules()):
        if isinstance(module, nn.Conv2d):
            values = generator(seed, "bias", i).uniform(-0.5, 0.5, module.out_channels)
            module.bias = nn.Parameter(torch.from_numpy(values), requires_grad=False)
    return target


@pytest.mark.parametrize(("stages", "signed"), STAGES)
def test_blocks_with_biases_have_a_plain_form_and_a_bracket(stages, signed):
    f, g = (biased(residual_target(stages, signed), seed) for seed in (0, 1))
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (64, 1, 5, 5)))
    for network in (f, g):
        plain = nn.Sequential(*unrolled("f", list(network)))
        torch.testing.assert_close(plain(x), network(x), rtol=0, atol=1e-13)
    found = bracket(f, g, input_shape=(1, 5, 5), samples=16, restarts=1, steps=3)
    case = supnorm_cases.Case(f, g, (1, 5, 5), (-1.0, 1.0))
    supnorm_cases.check_bracket(case, found, np.random.default_rng(0))


def test_the_bracket_of_a_biased_block_meets_the_exact_value():
    """x + σ(x + b) + c, b = ½, c = ¼ against b = ¼, c = 0 differ by ½ where x ≥ −¼."""

    def block(b: float, c: float) -> nn.Sequential:
        made = [convolution(torch.ones(1, 1, 1, 1, dtype=torch.float64)) for _ in range(2)]
        for layer, value in zip(made, (b, c), strict=True):
            layer.bias = nn.Parameter(torch.tensor([value], dtype=torch.float64))
        return nn.Sequential(Residual(made[0], nn.ReLU(), made[1]))

    found = bracket(block(0.5, 0.25), block(0.25, 0.0), input_shape=(1, 1, 1), input_splits=64)
    assert found.lower == pytest.approx(0.5, abs=1e-12)
    assert found.upper == pytest.approx(0.5, abs=1e-9)
    assert found.upper >= 0.5


def test_the_bound_of_a_linear_block_is_exact():
    """x + K ∗ x against x + K' ∗ x: the skip cancels, and sup|(K − K') ∗ x| = ‖K − K'‖₁."""
    kernel, other = unit(1, 1, 3, 3), unit(1, 1, 3, 3).flip(3)
    f, g = (nn.Sequential(Residual(convolution(K, (1, 1), (1, 1)))) for K in (kernel, other))
    found = bracket(f, g, input_shape=(1, 4, 4), samples=4, restarts=2, steps=10)
    assert found.upper == pytest.approx(float((kernel - other).abs().sum()), rel=1e-12)
    assert found.lower == pytest.approx(found.upper, rel=1e-12)


def test_only_the_branch_is_pruned():
    ticket = built(residual_target())
    blocks = [m for m in ticket.ticket if isinstance(m, Residual)]
    assert len(blocks) == 1
    empty = ticket.solutions.copy()
    empty["subset"] = [np.array([], dtype=np.int64)] * len(empty)
    nothing = tickets.assemble(ticket.target, ticket.source, empty)
    x = torch.from_numpy(generator(0, "x").uniform(0, 1, (4, 1, 5, 5)))
    (block,) = (m for m in nothing.ticket if isinstance(m, Residual))
    assert torch.equal(block(x), x)


def test_layers_and_order():
    network = residual_target(3)
    assert len(read_blocks(network)) == 5
    assert order(network, 4) == [0, [1, 2, 3]]
    assert order(nn.Sequential(conv(1, 1), conv(1, 1)), 2) == [0, 1]
    assert len(list(leaves(network))) == 10


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([conv(2, 1)], "channels in"),
        ([conv(1, 1), nn.ReLU()], "takes Conv2d"),
        ([conv(1, 1), conv(1, 1)], "takes Conv2d"),
        ([convolution(unit(1, 1, 3, 3))], "stride 1"),
        ([convolution(unit(1, 1, 3, 3), (2, 2), (1, 1))], "stride 1"),
        ([nn.Linear(2, 2)], "takes Conv2d"),
        ([], "takes Conv2d"),
    ],
)
def test_other_bodies_are_refused(body, words):
    with pytest.raises(ValueError, match=words):
        read_blocks(nn.Sequential(conv(1, 1), Residual(*body)))


def test_a_sum_that_broadcasts_is_refused():
    with pytest.raises(ValueError, match="keeps the shape"):
        Residual(conv(3, 1))(torch.zeros(1, 1, 4, 4, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"f: got a block of ReLU\(\)"):
        bracket(*[nn.Sequential(Residual(nn.ReLU()))] * 2, input_shape=(1, 4, 4))
    with pytest.raises(ValueError, match="AvgPool2d"):
        read_blocks(nn.Sequential(conv(1, 1), nn.AvgPool2d(2, ceil_mode=True)))
