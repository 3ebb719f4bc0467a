"""Random members: as many of the same candidates as in the ticket, and nothing but the choice."""

from typing import Any

import numpy as np
import pytest

from slth import tickets
from slth.tickets.whole.control import random_members
from slth.tickets.whole.effective import EffectiveLayer
from tests.tickets.whole_cases import NETWORKS, inputs


def _ticket(name: str, **options: Any) -> tickets.WholeTicket:
    found = tickets.build(
        "structured_convolution", NETWORKS[name](), n=7, seed=2, example=inputs(1), **options
    )
    assert isinstance(found, tickets.WholeTicket)
    return found


@pytest.mark.filterwarnings("ignore::slth.tickets.EmptySubsetWarning")
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("granularity", ["entry", "kernel", "filter"])
def test_every_problem_has_a_sum_of_as_many_candidates(name: str, granularity: str) -> None:
    """Oracle: all sums of subsets of that size, of the candidates that the source draws."""
    ticket = _ticket(name, granularity=granularity, gain=1.0)
    network = random_members(ticket, seed=5)
    for record in ticket.records:
        g, layer = record.geometry, network.step(record.geometry.name)
        assert isinstance(layer, EffectiveLayer)
        for i, feature in enumerate(record.features):
            held = layer.constant if feature.bias else layer.plus
            held = layer.minus if not feature.bias and feature.sign != "+" else held
            assert held is not None
            column = 0 if feature.bias else feature.channel - feature.group * g.inputs
            kernel = held[g.rows(feature.group), column]
            found = np.concatenate(g.split(kernel.numpy().reshape(g.outputs, g.taps)))
            m, sizes = record.looked_at[i], record.kept(i).sum(axis=1)
            a = ticket.source.pool(g.name, feature)[1][:m]
            V = ticket.source.directions(g, feature, m)
            X = np.concatenate(g.split(a[:, None, None] * V)) / g.scale
            subsets = (np.arange(2**m)[:, None] >> np.arange(m) & 1).astype(float)
            for values, candidates, size in zip(found, X, sizes, strict=True):
                sums = subsets[subsets.sum(axis=1) == size] @ candidates
                assert np.abs(sums - values).max(axis=1).min() < 1e-12


def test_members_depend_on_the_seed_alone() -> None:
    ticket = _ticket("pooled", granularity="kernel", gain=1.0)
    x = inputs(5)
    first, same, other = (random_members(ticket, seed)(x) for seed in (1, 1, 2))
    assert np.array_equal(first.numpy(), same.numpy())
    assert not np.array_equal(first.numpy(), other.numpy())
    assert not np.array_equal(first.numpy(), ticket(x).numpy())
