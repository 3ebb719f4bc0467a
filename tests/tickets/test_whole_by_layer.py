"""Layers are built one by one, in any job; what a ticket warns of is told from its pools alone."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from slth import tickets
from slth.networks import Network, from_torch
from slth.networks.graph import INPUT
from slth.tickets.empty import EmptySubsetWarning, warning_of
from slth.tickets.whole.geometry import nonnegative_values
from tests.tickets.whole_cases import NETWORKS, SHAPE


def build(network, **options):
    asked = {"n": 30, "seed": 5, "gain": 2.0, "threads": 1} | options
    return tickets.build("structured_convolution", network, **asked)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("options", [{"granularity": "kernel"}, {"granularity": "block"}], ids=str)
def test_a_layer_by_itself_is_that_of_the_whole_network(name, options):
    network = from_torch(NETWORKS[name](), SHAPE)
    whole = build(network, **options)
    nonnegative = nonnegative_values(network, False)
    for step, record in zip(network.layers, whole.records, strict=True):
        (source,) = step.inputs
        alone = Network((replace(step, inputs=(INPUT,)),), network.shapes[source])
        part = build(alone, nonnegative_input=nonnegative[source], **options)
        for kernel in ("plus", "minus", "constant"):
            one, two = (getattr(t.layers[step.name], kernel) for t in (part, whole))
            assert (one is None) == (two is None)
            assert one is None or torch.equal(one, two)
        (own,) = part.records
        assert all(np.array_equal(a, b) for a, b in zip(own.bits, record.bits, strict=True))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("eps", [None, 0.2])
def test_the_warning_is_that_of_all_problems(name, eps):
    network = from_torch(NETWORKS[name](), SHAPE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ticket = build(network, n=4, granularity="filter", eps=eps)
    wanted = warning_of(ticket.solutions)
    found = [str(w.message) for w in caught if w.category is EmptySubsetWarning]
    assert wanted is not None
    assert found == [wanted]
