"""A whole ticket is the random network with parts removed: rebuilt from source and masks."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from slth import tickets
from slth.checks import TooLargeError
from slth.networks.graph import Dense
from slth.tickets.whole import keep, source
from tests.tickets.whole_cases import NETWORKS, SHAPE, inputs

GRANULARITIES = [
    {"granularity": "filter"},
    {"granularity": "block", "block": 2},
    {"granularity": "block", "largest_d": 12},
    {"granularity": "kernel"},
    {"granularity": "entry"},
]


def build(name, n=60, **options):
    options = {"gain": 2.0, "seed": 7, "threads": 1, "example": SHAPE} | options
    return tickets.build("structured_convolution", NETWORKS[name](), n=n, **options)


def masked(ticket, step, x):
    """A layer of the random network with its removed parts set to zero, as one reads it."""
    layer, kept, name = ticket.source.layer(step.name), ticket.keep, step.name
    dense = isinstance(step, Dense)
    u = x[:, :, None, None] if dense else x
    groups = 1 if dense else step.groups
    batch, _, *size = u.shape
    hidden = F.relu((layer.U * kept[f"{name}.U"])[None, :, :, None, None] * u[:, :, None])
    parts = hidden.reshape(batch, groups, -1, *size)
    if layer.constants is not None:
        alive = F.relu(layer.constants * kept[f"{name}.constants"])
        ones = alive[None, :, :, None, None].expand(batch, -1, -1, *size)
        parts = torch.cat([parts, ones], dim=2)
    V = layer.V * kept[f"{name}.V"]
    geometry = () if dense else (step.stride, step.padding, step.dilation)
    y = F.conv2d(parts.flatten(1, 2), V, None, *(geometry or (1, 0, 1)), groups)
    return y[:, :, 0, 0] if dense else y


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("options", GRANULARITIES, ids=str)
def test_masked_source_small_network_and_kernels_compute_the_same(name, options):
    ticket = build(name, **options)
    x = inputs(6)
    values = ticket.network.values(x)
    for step in ticket.target.layers:
        before, after = values[step.inputs[0]], values[step.name]
        assert float((masked(ticket, step, before) - after).abs().max()) < 1e-12
    small = ticket.ticket(x)
    assert float((small - ticket(x)).abs().max()) < 1e-12
    assert float((small - ticket.target(x)).abs().max()) > 0


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_of_the_small_network_are_those_of_the_source(name):
    ticket = build(name, granularity="block", block=2)
    for i, step in enumerate(ticket.target.steps):
        if step.name not in ticket.layers:
            continue
        layer, module = ticket.source.layer(step.name), ticket.ticket.steps[i]
        V = layer.V * ticket.keep[f"{step.name}.V"]
        outputs = len(V) // len(module.V)
        for q, (a, small) in enumerate(zip(module.U, module.V, strict=True)):
            whole = V[q * outputs : (q + 1) * outputs]
            rows = {tuple(row) for row in whole.transpose(0, 1).flatten(1).tolist()}
            assert {tuple(row) for row in small.transpose(0, 1).flatten(1).tolist()} <= rows
            known = {*layer.U.flatten().tolist()}
            known |= set() if layer.constants is None else {*layer.constants.flatten().tolist()}
            assert {*a.tolist()} <= known


def test_masks_remove_what_the_granularity_says():
    for options, dims in ((GRANULARITIES[0], (0, 2, 3)), (GRANULARITIES[3], (2, 3))):
        mask = build("pooled", **options).keep["3.V"]
        assert bool((mask.amax(dims) == mask.amin(dims)).all())
        assert 0 < float(mask.double().mean()) < 1


def test_counts_are_those_of_the_masks():
    for name in NETWORKS:
        ticket = build(name, granularity="block", block=3)
        counts = {key: int(mask.sum()) for key, mask in ticket.keep.items()}
        assert ticket.parameters["kept"] == sum(counts.values())
        assert ticket.parameters["source"] == sum(m.numel() for m in ticket.keep.values())
        assert ticket.parameters["target"] == ticket.target.parameters
        assert ticket.kept_fraction == sum(counts.values()) / ticket.parameters["source"]
        stored = sum(p.numel() for p in ticket.ticket.parameters())
        assert ticket.parameters["ticket"] == stored


def test_inputs_that_are_never_negative_have_no_hidden_channels_of_sign_minus():
    ticket = build("pooled", nonnegative_input=True, granularity="kernel")
    assert set(ticket.solutions["sign"]) == {"+"}
    assert bool((ticket.source.layer("0").U[~ticket.keep["0.U"]] < 0).any())
    assert not bool((ticket.keep["0.U"] & (ticket.source.layer("0").U < 0)).any())
    signed = build("pooled", granularity="kernel")
    assert set(signed.solutions.query("layer == '0'")["sign"]) == {"+", "-"}


def test_source_says_its_size_where_it_is_too_large(monkeypatch):
    ticket = build("pooled", n=30)
    assert set(ticket.source.whole()) == {"0", "3", "6", "8"}
    for module in (source, keep):
        monkeypatch.setattr(module, "LARGEST", 2000)
    with pytest.raises(TooLargeError, match=r"source: layer '6' has 8,820 weights, .* GB"):
        ticket.source.layer("6")
    with pytest.raises(TooLargeError, match=r"source: the whole source has [\d,]+ weights"):
        ticket.source.whole()
    with pytest.raises(TooLargeError, match=r"keep: the mask of 6\.V has 7,560 entries"):
        ticket.keep["6.V"]
    assert len(repr(ticket).splitlines()) <= 10
