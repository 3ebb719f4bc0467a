"""The random network with masks in torch's form: random weights, masks, the ticket's outputs."""

import pytest
import torch
from torch.nn.utils import prune

from slth.checks import TooLargeError
from slth.tickets import WholeTicket
from slth.tickets.whole import source
from tests.tickets.exporting_cases import TICKETS, gap, inputs


def _weights(ticket, network):
    """Name of the ticket's mask → (random weight of the source, path of it in the network)."""
    if not isinstance(ticket, WholeTicket):
        return {key: (ticket.source.get_parameter(key), key) for key in ticket.keep}
    at = {step.name: f"steps.{i}" for i, step in enumerate(ticket.target.steps)}
    found = {}
    for key in ticket.keep:
        name, _, part = key.rpartition(".")
        found[key] = getattr(ticket.source.layer(name), part), f"{at[name]}.{part}"
    return found


@pytest.mark.parametrize("name", TICKETS)
def test_masks_and_random_weights_in_the_form_of_torch(name):
    make, shape = TICKETS[name]
    ticket = make()
    network, x = ticket.pruned(), inputs(shape)
    assert prune.is_pruned(network)
    wanted = ticket(x)
    assert gap(network(x), wanted) < 1e-12
    state = network.state_dict()
    for key, (weight, path) in _weights(ticket, network).items():
        mask = ticket.keep[key]
        assert torch.equal(state[f"{path}_orig"], weight.detach())
        assert torch.equal(state[f"{path}_mask"], mask.to(weight.dtype))
        assert 0 < int(mask.sum()) < mask.numel()
        owner, _, part = path.rpartition(".")
        prune.remove(network.get_submodule(owner), part)
        assert torch.equal(network.get_parameter(path), torch.where(mask, weight, 0.0))
    assert not prune.is_pruned(network)
    assert gap(network(x), wanted) < 1e-12


@pytest.mark.parametrize("name", ["filters, pooled", "a chain, weights"])
def test_removed_weights_say_nothing_and_kept_ones_do(name):
    make, shape = TICKETS[name]
    ticket = make()
    x = inputs(shape)
    wanted = ticket(x)
    for part in (True, False):
        network = ticket.pruned()
        for key, tensor in network.named_parameters():
            if key.endswith("_orig"):
                mask = network.get_buffer(key.removesuffix("_orig") + "_mask").bool()
                tensor.add_(torch.where(mask == part, 0.1, 0.0))
        assert (gap(network(x), wanted) > 1e-3) == part


@pytest.mark.parametrize("name", ["blocks of a bottleneck", "a chain, kernels"])
def test_a_state_fills_another_random_network(name):
    make, shape = TICKETS[name]
    ticket = make()
    one, two, x = ticket.pruned(), ticket.pruned(), inputs(shape)
    for tensor in two.parameters():
        tensor.mul_(0.0)
    two.load_state_dict(one.state_dict())
    assert torch.equal(two(x), one(x))


def test_what_is_too_large_says_so(monkeypatch):
    ticket = TICKETS["filters, pooled"][0]()
    monkeypatch.setattr(source, "LARGEST", 1000)
    with pytest.raises(TooLargeError, match="source: the whole source has"):
        ticket.pruned()
