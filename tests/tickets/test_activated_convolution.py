"""Whole filters under leaky ReLU and tanh: what the sign split and the expansion promise."""

import pytest
import torch
from torch import nn

from slth import tickets
from slth.networks import build_network, normalise
from slth.networks.activations import read_activated
from slth.seeding import generator
from slth.supnorm import bracket
from tests.tickets.test_constructions import activated

TARGET = normalise(build_network([1, 1], kernel=3, input_shape=(1, 4, 4), classes=2, seed=3))[0]
X = torch.from_numpy(generator(0, "x").uniform(-1, 1, (200, 1, 4, 4)))
LEAK = 0.3


def build(module, n=20, **options):
    target = activated(TARGET, module)
    return tickets.build(
        "activated_convolution", target, n=n, seed=1, threads=1, granularity="entry", **options
    )


def test_a_leak_of_zero_is_relu():
    """Same source, same problems, same ticket as `structured_convolution`."""
    ours = build(lambda: nn.LeakyReLU(0.0), n=8)
    plain = tickets.build(
        "structured_convolution", TARGET, n=8, seed=1, threads=1, granularity="entry"
    )
    assert (ours.solutions["error"] == plain.solutions["error"]).all()
    torch.testing.assert_close(ours.ticket(X), plain.ticket(X), rtol=0, atol=1e-14)


def test_errors_grow_by_the_leak_and_no_more():
    """One layer, readout aside: |f − g| ≤ 9·worst·(1 + α)."""
    ticket = build(lambda: nn.LeakyReLU(LEAK), n=6, readout="exact")
    first = ticket.solutions[ticket.solutions["layer"] == 0]
    f, g = nn.Sequential(*ticket.target[:2]), nn.Sequential(*ticket.ticket[:4])
    off = float((f(X) - g(X)).abs().max())
    assert 0 < off <= 9 * first["error"].max() * (1 + LEAK) + 1e-12


def test_leaky_tickets_are_bracketed():
    """The ReLU form is the network, and the bracket holds the errors of both."""
    small = normalise(build_network([1], input_shape=(1, 4, 4), classes=2, seed=3))[0]
    target = activated(small, lambda: nn.LeakyReLU(LEAK))
    ticket = tickets.build("activated_convolution", target, n=30, seed=1, threads=1)
    construction = tickets.get(ticket.construction, **ticket.options)
    f, g, shape = construction.comparable(ticket, (1, 4, 4))
    for network, plain in ((ticket.target, f), (ticket.ticket, g)):
        torch.testing.assert_close(plain(X), network(X), rtol=0, atol=1e-12)
    found = bracket(f, g, input_shape=shape, samples=32, restarts=1, steps=5)
    seen = tickets.data_error(target=ticket.target, ticket=ticket.ticket, images=X)
    assert seen <= found.upper
    assert found.lower <= construction.error_bound(ticket)


@pytest.mark.parametrize("last", [True, False])
def test_a_comparable_form_without_readout(last):
    """Features compared: the last activation is joined again; or there is none."""
    modules = list(activated(TARGET, lambda: nn.LeakyReLU(LEAK)))[: 4 if last else 3]
    ticket = tickets.build("activated_convolution", nn.Sequential(*modules), n=6, seed=1)
    construction = tickets.get(ticket.construction, **ticket.options)
    f, g, _ = construction.comparable(ticket, (1, 4, 4))
    torch.testing.assert_close(f(X), ticket.target(X), rtol=0, atol=1e-12)
    torch.testing.assert_close(g(X), ticket.ticket(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("module", [nn.ReLU(), nn.LeakyReLU(0.3)])
def test_layers_without_an_activation_between_are_bracketed(module, flat):
    torch.manual_seed(0)
    modules = [nn.Conv2d(1, 2, 1, bias=False)]
    if flat:
        modules += [nn.Flatten(), nn.Linear(18, 3, bias=False), module]
    else:
        modules += [nn.Conv2d(2, 2, 2, bias=False), module, nn.Flatten()]
    target = nn.Sequential(*modules, nn.Linear(3 if flat else 8, 2, bias=False)).double()
    ticket = tickets.build("activated_convolution", target, n=4, granularity="entry", threads=1)
    construction = tickets.get("activated_convolution", **ticket.options)
    f, g, shape = construction.comparable(ticket, (1, 3, 3))
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (64, 1, 3, 3)))
    with torch.no_grad():
        torch.testing.assert_close(f(x), ticket.target(x), rtol=0, atol=1e-12)
        torch.testing.assert_close(g(x), ticket.ticket(x), rtol=0, atol=1e-12)
        reached = float((ticket.target(x) - ticket.ticket(x)).abs().max())
    found = bracket(f, g, input_shape=shape, samples=8, restarts=1, steps=4)
    assert reached <= found.upper * (1 + 1e-9)
    assert found.upper <= construction.error_bound(ticket) * (1 + 1e-9)


def test_the_remainder_of_tanh_falls_with_the_square_of_the_scale():
    """Same draws, same subsets: what is left beside the problems' own error is cubic."""
    errors = []
    for scale in (0.08, 0.04):
        ticket = build(nn.Tanh, n=10, scale=scale, readout="ticket")
        layers = read_activated(ticket.target)
        small = build(nn.Tanh, n=10, scale=1e-5, readout="ticket")
        assert (small.solutions["kept"] == ticket.solutions["kept"]).all()
        assert len(layers) == 3
        errors.append(float((small.ticket(X) - ticket.ticket(X)).abs().max()))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_targets_are_refused():
    with pytest.raises(ValueError, match="ell_plus_one"):
        build(nn.Sigmoid)
    mixed = nn.Sequential(*[nn.Tanh() if i == 1 else m for i, m in enumerate(TARGET)])
    with pytest.raises(ValueError, match="relu, tanh"):
        tickets.build("activated_convolution", mixed, n=4)
    with pytest.raises(ValueError, match="scale"):
        build(nn.Tanh, scale=0.0)
