"""One generic checker: whatever the construction, these things hold of a ticket."""

import copy

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks import Layer, has_readout, read_layers
from slth.tickets import Ticket, data_error, effective_kernels, get

ROUNDING = 1e-12


def check_ticket(ticket: Ticket, inputs: Tensor, n: int, seed: int) -> None:
    """Check a ticket built with this n and seed on inputs (m, …) of any sign."""
    check_masks(ticket)
    check_source(ticket, n, seed)
    check_masked_is_shrunk(ticket, inputs)
    check_counts(ticket)
    check_effective_kernels(ticket, inputs)
    check_rows(ticket)
    check_metric_sees_the_ticket(ticket, inputs)


def check_masks(ticket: Ticket) -> None:
    shapes = {name: p.shape for name, p in ticket.source.named_parameters()}
    for name, mask in ticket.keep.items():
        assert mask.dtype == torch.bool
        assert mask.shape == shapes[name]


def check_source(ticket: Ticket, n: int, seed: int) -> None:
    construction = get(ticket.construction, **ticket.options)
    fresh = construction.sample_source(ticket.target, n, seed)
    other = construction.sample_source(ticket.target, n, seed + 1)
    for name, weight in ticket.source.named_parameters():
        assert torch.equal(weight, fresh.get_parameter(name))
        if name in ticket.keep:
            assert not torch.equal(weight, other.get_parameter(name))


def check_masked_is_shrunk(ticket: Ticket, inputs: Tensor) -> None:
    masked = ticket.masked()
    for name, weight in masked.named_parameters():
        kept = ticket.keep.get(name, torch.ones_like(weight, dtype=torch.bool))
        assert torch.equal(weight[kept], ticket.source.get_parameter(name)[kept])
        assert not weight[~kept].any()
    torch.testing.assert_close(masked(inputs), ticket.ticket(inputs), rtol=0, atol=ROUNDING)


def check_counts(ticket: Ticket) -> None:
    count = ticket.parameters
    assert count["source"] == sum(mask.numel() for mask in ticket.keep.values())
    assert count["kept"] == sum(int(mask.sum()) for mask in ticket.keep.values())
    assert ticket.kept_fraction == count["kept"] / count["source"]
    exact = [p.numel() for name, p in ticket.source.named_parameters() if name not in ticket.keep]
    stored = sum(p.numel() for p in ticket.ticket.parameters())
    assert count["ticket"] == stored - sum(exact)
    assert count["target"] == sum(p.numel() for p in ticket.target.parameters()) - sum(exact)
    assert count["ticket"] <= count["source"]


def imitated(ticket: Ticket) -> list[Layer]:
    """Layers of the target that the ticket imitates, an exact readout excluded."""
    return read_layers(ticket.target)[: len(effective_kernels(ticket))]


def check_effective_kernels(ticket: Ticket, inputs: Tensor) -> None:
    x = inputs
    layers = imitated(ticket)
    for layer, (plus, minus) in zip(layers, effective_kernels(ticket), strict=True):
        assert plus.shape == minus.shape == layer.weight.shape
        x = x.flatten(1) if layer.flatten else x
        x = layer.module(plus)(x.clamp(min=0)) + layer.module(minus)((-x).clamp(min=0))
        x = x.clamp(min=0) if layer.relu else x
    rest = read_layers(ticket.target)[len(layers) :]
    for layer in rest:
        assert has_readout(rest)
        x = (x.flatten(1) if layer.flatten else x) @ layer.weight.T
    torch.testing.assert_close(x, ticket.ticket(inputs), rtol=0, atol=ROUNDING)


def check_rows(ticket: Ticket) -> None:
    """Every row's error is that of the effective kernel it stands for, and its status agrees."""
    kernels = effective_kernels(ticket)
    for row in ticket.solutions.to_dict("records"):
        layer, channel = read_layers(ticket.target)[row["layer"]], row["channel"]
        plus, minus = kernels[row["layer"]]
        miss = plus - layer.weight if row["sign"] == "+" else minus + layer.weight
        entries = miss[:, channel].reshape(-1, row["d"])[row["group"]]
        assert abs(float(entries.abs().max()) - row["error"]) < ROUNDING
        assert row["kept"] == len(row["subset"]) <= row["candidates"]
        if not np.isnan(row["eps"]):
            assert (row["status"] == "HIT") == (row["error"] <= row["eps"])


def check_metric_sees_the_ticket(ticket: Ticket, inputs: Tensor) -> None:
    before = data_error(target=ticket.target, ticket=ticket.ticket, images=inputs)
    moved = shifted(ticket.ticket)
    assert data_error(target=ticket.target, ticket=moved, images=inputs) != before
    assert data_error(target=ticket.target, ticket=ticket.target, images=inputs) == 0.0


def shifted(network: nn.Sequential, by: float = 100.0) -> nn.Sequential:
    """Return a copy with every weight moved; all become positive, so that no ReLU hides it."""
    moved = copy.deepcopy(network)
    with torch.no_grad():
        for weight in moved.parameters():
            weight.add_(by)
    return moved


def closed_bound(ticket: Ticket) -> float:
    """Sup-norm error bound on [-1, 1] inputs: e_i ≤ κ_i e_{i−1} + η_i (‖f_{i−1}‖ + e_{i−1})."""
    error, size = 0.0, 1.0
    layers = imitated(ticket)
    for layer, (plus, minus) in zip(layers, effective_kernels(ticket), strict=True):
        # the input is ≥ 0 when no S⁻ was needed, and then K⁻ is zero and no error of it counts
        signed = bool(minus.any())
        miss = (plus - layer.weight).abs()
        miss = torch.maximum(miss, (minus + layer.weight).abs()) if signed else miss
        kappa = float(layer.weight.abs().flatten(1).sum(dim=1).max())
        eta = float(miss.flatten(1).sum(dim=1).max())
        error, size = kappa * error + eta * (size + error), kappa * size
    for layer in read_layers(ticket.target)[len(layers) :]:
        error *= float(layer.weight.abs().sum(dim=1).max())
    return error
