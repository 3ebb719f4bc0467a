"""Equivariant tickets commute with their group, however few problems were hit."""

import pytest
import torch
from torch import nn

from slth import networks, tickets
from slth.networks import InvariantMean, QuarterTurnConv, SetLinear
from slth.seeding import generator
from tests.networks import equivariant_cases as cases

EXACT = {"rtol": 0, "atol": 1e-12}


def ticket_of(target, n, seed=0):
    return tickets.build("equivariant", target, n=n, eps=0.01, seed=seed, threads=1)


def inputs(*shape):
    return torch.from_numpy(generator(1, "inputs", *shape).uniform(-1, 1, (8, *shape)))


@pytest.mark.parametrize("n", [2, 12])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_turning_the_image_turns_the_ticket(padding, n):
    t = ticket_of(cases.turning(padding), n)
    x = inputs(1, 6, 6)
    for network in (t.target, t.source, t.masked(), t.ticket):
        for quarters in (1, 2, 3):
            torch.testing.assert_close(
                network(cases.turned(x, quarters)), cases.turned(network(x), quarters), **EXACT
            )
    assert not torch.allclose(t.ticket(cases.turned(x, 1)), t.ticket(x))


def test_a_turn_changes_no_class_score():
    t = ticket_of(cases.turning_classifier(), 10)
    x = inputs(1, 5, 5)
    torch.testing.assert_close(t.ticket(cases.turned(x, 1)), t.ticket(x), **EXACT)


@pytest.mark.parametrize("adjacency", [None, cases.graph()], ids=["set", "graph"])
@pytest.mark.parametrize("n", [2, 12])
def test_relabelling_the_points_relabels_the_ticket(n, adjacency):
    t = ticket_of(cases.points(adjacency), n)
    x = inputs(2, 5)
    for draw in range(5):
        order = torch.from_numpy(generator(draw, "order").permutation(5))
        for network in (t.target, t.masked(), t.ticket):
            moved = cases.relabelled(network, order)
            torch.testing.assert_close(moved(x[:, :, order]), network(x)[:, :, order], **EXACT)


def test_a_plain_mask_would_break_it():
    """The check sees a ticket that is not equivariant: one entry of an expanded kernel removed."""
    target, x = cases.turning(1), inputs(1, 6, 6)
    plain = networks.as_plain(target, (1, 6, 6))
    plain[0].weight[0, 0, 0, 0] = 0.0
    fields = lambda images: plain(images).unflatten(1, (1, 4))  # noqa: E731
    assert not torch.allclose(fields(cases.turned(x, 1)), cases.turned(fields(x), 1))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (nn.Sequential(nn.ReLU()), "got ReLU"),
        (nn.Sequential(InvariantMean()), "no equivariant layer"),
        (nn.Sequential(nn.Conv2d(1, 1, 3)), "got Conv2d"),
        (nn.Sequential(SetLinear(torch.full((1, 1, 2), torch.nan))), "NaN or inf"),
    ],
)
def test_other_targets_are_refused(target, words):
    with pytest.raises(ValueError, match=words):
        ticket_of(target, 2)


def test_bad_modules_are_refused():
    with pytest.raises(ValueError, match="1 or 4"):
        QuarterTurnConv(torch.zeros(1, 1, 2, 3, 3))
    with pytest.raises(ValueError, match="square"):
        QuarterTurnConv(torch.zeros(1, 1, 1, 3, 2))
    with pytest.raises(ValueError, match="row of absolute sum"):
        SetLinear(torch.zeros(1, 1, 2), torch.ones(2, 2))
    with pytest.raises(ValueError, match=r"takes \(c_out, c_in, 2\)"):
        SetLinear(torch.zeros(1, 1, 3))
    with pytest.raises(ValueError, match="'exact' only"):
        tickets.get("equivariant", readout="ticket")
