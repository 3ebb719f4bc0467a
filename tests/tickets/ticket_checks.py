"""One generic checker: whatever the construction, these things hold of a ticket."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks import Layer, read_layers
from slth.networks.residual import Residual
from slth.problem import Instance
from slth.supnorm import bracket
from slth.tickets import Construction, Ticket, data_error, effective_kernels, get, subset_problems
from slth.tickets.problems import KEY
from tests.learned.mask_checks import (
    ROUNDING,
    check_counts,
    check_masks,
    check_metric_sees,
    check_same_function,
)


def check_ticket(ticket: Ticket, inputs: Tensor, n: int, seed: int) -> None:
    """Check a ticket built with this n and seed on inputs (m, …) of any sign."""
    check_masks(ticket)
    check_source(ticket, n, seed)
    check_same_function(ticket.masked(), ticket.ticket, inputs)
    check_counts(ticket)
    check_sizes(ticket)
    check_subsets(ticket)
    if made(ticket).effective(ticket) is not None:
        check_effective_kernels(ticket, inputs)
        check_rows(ticket)
    check_bound(ticket, inputs)
    check_metric_sees(ticket.target, ticket.ticket, inputs)


def made(ticket: Ticket) -> Construction:
    return get(ticket.construction, **ticket.options)


def check_source(ticket: Ticket, n: int, seed: int) -> None:
    construction = made(ticket)
    fresh = construction.sample_source(ticket.target, n, seed)
    other = construction.sample_source(ticket.target, n, seed + 1)
    moved = []
    for name, weight in ticket.source.named_parameters():
        assert torch.equal(weight, fresh.get_parameter(name))
        moved.append(not torch.equal(weight, other.get_parameter(name)))
        if name in ticket.keep and len(weight.abs().unique()) > 1:
            assert moved[-1]
    assert any(moved)


def check_sizes(ticket: Ticket) -> None:
    count = ticket.parameters
    exact = [p.numel() for name, p in ticket.source.named_parameters() if name not in ticket.keep]
    stored = sum(p.numel() for p in ticket.ticket.parameters())
    assert count["ticket"] == stored - sum(exact)
    assert count["target"] == sum(p.numel() for p in ticket.target.parameters()) - sum(exact)
    assert count["ticket"] <= count["source"]


def imitated(ticket: Ticket) -> list[Layer]:
    """Layers of the target that the ticket imitates, an exact readout excluded."""
    return read_layers(ticket.target)[: len(effective_kernels(ticket))]


def check_effective_kernels(ticket: Ticket, inputs: Tensor) -> None:
    layers, tail = made(ticket).split(ticket.target)  # type: ignore[attr-defined]
    kernels = iter(list(zip(layers, effective_kernels(ticket), strict=True)))
    equivariant = ticket.construction == "equivariant"
    body = list(layers) if equivariant else list(ticket.target)[: len(ticket.target) - len(tail)]
    x = nn.Sequential(*tail)(with_kernels(body, kernels, inputs))
    assert next(kernels, None) is None
    torch.testing.assert_close(x, ticket.ticket(inputs), rtol=0, atol=ROUNDING)


def with_kernels(
    body: Iterable[Any], kernels: Iterator[tuple[Any, tuple[Tensor, Tensor]]], x: Tensor
) -> Tensor:
    """The target's modules on x, each layer with the next effective kernels in its place."""
    for module in body:
        if isinstance(module, Residual):
            x = x + with_kernels(module.body, kernels, x)
        elif isinstance(module, (nn.ReLU, nn.Flatten, nn.AvgPool2d)):
            x = module(x)
        else:
            layer, (plus, minus) = next(kernels)
            assert plus.shape == minus.shape == layer.weight.shape
            x = layer.module(plus)(x.clamp(min=0)) + layer.module(minus)((-x).clamp(min=0))
            x = x.clamp(min=0) if module is layer and layer.relu else x
    return x


def check_subsets(ticket: Ticket) -> None:
    """Every row's error is that of its subset of its problem, and its status agrees."""
    problems = subset_problems(
        ticket.target, ticket.source, construction=ticket.construction, **ticket.options
    )
    by_key = {(*p.key(), g): (p, g) for p in problems for g in range(len(p.Z))}
    assert [*ticket.solutions[KEY].itertuples(index=False, name=None)] == [*by_key]
    rows = ticket.solutions.to_dict("records")
    for row, (p, group) in zip(rows, by_key.values(), strict=True):
        keep = np.isin(p.hidden, row["subset"])
        error = Instance(p.X[group], p.Z[group]).error(keep)
        assert abs(error - row["error"]) < ROUNDING
        assert row["kept"] == len(row["subset"]) == keep.sum() <= row["candidates"]
        assert p.size is None or row["kept"] == min(p.size, len(p.hidden))
        if not np.isnan(row["eps"]):
            assert (row["status"] == "HIT") == (row["error"] <= row["eps"])


def check_rows(ticket: Ticket) -> None:
    """Every row's error is that of the effective kernel it stands for."""
    kernels = effective_kernels(ticket)
    layers, _ = made(ticket).split(ticket.target)  # type: ignore[attr-defined]
    for row in ticket.solutions.to_dict("records"):
        weight = layers[row["layer"]].weight
        plus, minus = kernels[row["layer"]]
        miss = plus - weight if row["sign"] == "+" else minus + weight
        entries = miss[:, row["channel"]].reshape(-1, row["d"])[row["group"]]
        assert abs(float(entries.abs().max()) - row["error"]) < ROUNDING


def check_bound(ticket: Ticket, inputs: Tensor) -> None:
    """Measured error ≤ the closed bound of the rows ≤, where all hit, the theorem's of eps."""
    construction = made(ticket)
    x = inputs.clamp(min=0) if ticket.options.get("nonnegative_input") else inputs
    error = data_error(target=ticket.target, ticket=ticket.ticket, images=x)
    bound = construction.error_bound(ticket)
    assert error <= bound + ROUNDING
    if (ticket.solutions["status"] == "HIT").all():
        assert bound <= construction.error_bound(ticket, ticket.solutions["eps"].max()) + ROUNDING


def check_bracket(ticket: Ticket, inputs: Tensor) -> None:
    """`bracket` takes the comparable pair, which are the two networks, and holds the error."""
    pair = made(ticket).comparable(ticket, inputs.shape[1:])
    assert pair is not None
    f, g, shape = pair
    x = inputs.clamp(min=0) if ticket.options.get("nonnegative_input") else inputs
    low = 0.0 if ticket.options.get("nonnegative_input") else -1.0
    for network, plain in ((ticket.target, f), (ticket.ticket, g)):
        outputs = plain(x.reshape(-1, *shape)).flatten(1)
        torch.testing.assert_close(outputs, network(x).flatten(1), rtol=0, atol=ROUNDING)
    found = bracket(f, g, (low, 1.0), shape, samples=8, restarts=1, steps=2)
    error = data_error(target=ticket.target, ticket=ticket.ticket, images=x)
    assert error <= found.upper + ROUNDING
    assert found.lower <= found.upper <= made(ticket).error_bound(ticket) * (1 + 1e-9) + 1e-9


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
