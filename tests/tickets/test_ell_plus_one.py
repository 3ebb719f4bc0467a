"""ℓ+1 layers: what is special about copies and about other activations."""

import pytest
import torch
from torch import nn

from slth import tickets
from slth.networks import build_dense_network, linear, normalise
from slth.networks.activations import SIGMOID, TANH, read_activated
from slth.seeding import generator
from tests.tickets.test_constructions import activated

TARGET = normalise(build_dense_network([3, 3, 2, 2], seed=5))[0]


def build(target, **options):
    settings = {"n": 14, "eps": 0.01, "seed": 2, "threads": 1, "readout": "ticket"} | options
    return tickets.build("ell_plus_one", target, **settings)


def test_the_source_is_one_layer_deeper():
    ticket = build(TARGET)
    depth = sum(isinstance(m, nn.Linear) for m in ticket.target)
    assert sum(isinstance(m, nn.Linear) for m in ticket.source) == depth + 1
    widths = [len(m.weight) for m in ticket.source if isinstance(m, nn.Linear)]
    assert widths == [2 * 14 * 3, 14 * 3, 14 * 2, 2]


def test_every_copy_carries_its_unit():
    """Copies of the first layer's units are as near them as the rows of their problems say."""
    ticket = build(TARGET, n=16)
    x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (200, 3)))
    unit = nn.Sequential(*ticket.target[:3])(x)
    at = [i for i, m in enumerate(ticket.source) if isinstance(m, nn.ReLU)][1]
    copies = nn.Sequential(*ticket.masked()[: at + 1])(x).reshape(len(x), 3, 16)
    alive = copies.any(dim=0)
    assert alive.any(dim=1).all()
    off = (copies - unit[:, :, None]).abs().amax(dim=0)[alive]
    rows = ticket.solutions[ticket.solutions["layer"] == 0]
    assert rows["error"].median() < 0.01
    assert float(off.max()) <= 3 * rows["error"].max()  # of an input x⁺ or x⁻ is zero


@pytest.mark.parametrize("activation", [nn.Tanh, nn.Sigmoid, lambda: nn.LeakyReLU(0.2)])
def test_smaller_tolerance_smaller_error(activation):
    target = activated(nn.Sequential(*TARGET[1:3]), activation)
    errors = []
    for n, eps, scale in [(8, 0.3, 0.2), (16, 0.001, 0.02)]:
        ticket = build(target, n=n, eps=eps, scale=scale)
        x = torch.from_numpy(generator(0, "x").uniform(-1, 1, (200, 3)))
        errors.append(tickets.data_error(target=target, ticket=ticket.ticket, images=x))
    assert errors[1] < 0.05 * errors[0]
    assert errors[1] < 0.01


@pytest.mark.parametrize(("known", "module"), [(TANH, nn.Tanh()), (SIGMOID, nn.Sigmoid())])
def test_expansions_near_zero(known, module):
    u = torch.linspace(-3, 3, 6001, dtype=torch.float64)
    remainder = (module(u) - known.value - known.slope * u).abs()
    assert (remainder <= known.cubic * u.abs() ** 3 + 1e-16).all()
    assert float((module(u).diff().abs() / u.diff()).max()) <= known.lipschitz + 1e-12
    assert float(module(u).abs().max()) <= known.bound


def test_readers_refuse():
    weight = torch.ones(1, 1, dtype=torch.float64)
    with pytest.raises(ValueError, match="slope in"):
        read_activated(nn.Sequential(linear(weight), nn.LeakyReLU(2.0)))
    with pytest.raises(ValueError, match="ELU"):
        read_activated(nn.Sequential(linear(weight), nn.ELU()))
    with pytest.raises(TypeError, match="takes a torch"):
        read_activated(nn.ReLU())


def test_another_source_is_refused():
    ticket = build(TARGET, n=4)
    other = tickets.sample_source(TARGET, 4, construction="rss_dense")
    with pytest.raises(ValueError, match="source: got weights"):
        tickets.assemble(
            ticket.target, other, ticket.solutions, construction="ell_plus_one", readout="ticket"
        )
