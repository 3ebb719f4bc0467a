"""A ticket stands where a network stands: in brackets and agreements, and as a `slth.Ticket`."""

import numpy as np
import pytest
import torch
from torch import nn

import slth
from slth.supnorm import agreement, bracket
from slth.tickets import WholeTicket, build


def dense() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)).double()


def convolutions() -> nn.Sequential:
    torch.manual_seed(2)
    layers = [nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Conv2d(2, 1, 3, bias=False)]
    return nn.Sequential(*layers).double()


CASES = [(dense, (2,), "entry"), (convolutions, (1, 6, 6), "kernel")]


@pytest.mark.parametrize(("network", "shape", "granularity"), CASES)
def test_bracket_takes_tickets_on_either_side(network, shape, granularity) -> None:
    f = network()
    ticket = build("structured_convolution", f, n=40, granularity=granularity)
    assert isinstance(ticket, slth.Ticket)
    own = ticket.bracket((-1.0, 1.0), shape)
    for one, other in ((f, ticket), (ticket, f)):
        found = bracket(one, other, input_shape=shape)
        assert found.upper == pytest.approx(own.upper, rel=0.01)  # steps of a descent
        x = torch.from_numpy(np.asarray(found.lower_at))[None]
        gap = float((ticket(x) - f(x).detach()).abs().max())  # outside of every bound
        assert found.lower == pytest.approx(gap, rel=1e-9)
    assert bracket(ticket, ticket, input_shape=shape).upper < 1e-12


def test_agreement_takes_tickets() -> None:
    f = dense()
    ticket = build("structured_convolution", f, n=60, granularity="entry")
    points = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    found = agreement(f, ticket, points, 0.0)
    x = torch.from_numpy(points)
    alike = (f(x).argmax(1) == ticket(x).argmax(1)).numpy()
    assert found.certified[alike].mean() > 0.9
    assert not found.certified[~alike].any()


def test_what_a_ticket_has_no_layers_for_names_the_argument() -> None:
    f = convolutions()
    ticket = build("structured_convolution", f, n=10, granularity="kernel")
    with pytest.raises(ValueError, match=r"^g: input_shape: got None"):
        bracket(f, ticket)
    assert isinstance(build("structured_convolution", dense(), n=9), WholeTicket)
