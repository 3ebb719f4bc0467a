"""Equivariant targets and the action of their groups."""

import copy

import torch
from torch import Tensor, nn

from slth.networks import InvariantMean, QuarterTurnConv, SetLinear, linear
from slth.seeding import generator


def coefficients(*shape: int, seed: int = 0) -> Tensor:
    values = generator(seed, "coefficients", *shape).uniform(-1, 1, shape)
    return torch.from_numpy(values / abs(values).reshape(shape[0], -1).sum(axis=1).max())


def turning(padding: int = 1) -> nn.Sequential:
    return nn.Sequential(
        QuarterTurnConv(coefficients(2, 1, 1, 3, 3), padding),
        nn.ReLU(),
        QuarterTurnConv(coefficients(1, 2, 4, 3, 3), padding),
    )


def turning_classifier() -> nn.Sequential:
    head = [QuarterTurnConv(coefficients(2, 1, 1, 2, 2)), nn.ReLU(), InvariantMean()]
    return nn.Sequential(*head, linear(coefficients(3, 2)))


def points(adjacency: Tensor | None = None) -> nn.Sequential:
    return nn.Sequential(
        SetLinear(coefficients(3, 2, 2), adjacency),
        nn.ReLU(),
        SetLinear(coefficients(2, 3, 2), adjacency),
    )


def graph() -> Tensor:
    """A 5-cycle with one chord, rows divided by the degrees."""
    A = torch.zeros(5, 5, dtype=torch.float64)
    for i, j in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 2)]:
        A[i, j] = A[j, i] = 1.0
    return A / A.sum(dim=1, keepdim=True)


def turned(x: Tensor, quarters: int) -> Tensor:
    """A quarter turn moves the pixels and, of a regular field, the rotation axis."""
    moved = torch.rot90(x, quarters, dims=(-2, -1))
    return torch.roll(moved, quarters, dims=2) if x.ndim == 5 else moved


def relabelled(network: nn.Sequential, order: Tensor) -> nn.Sequential:
    """The network on points listed in another order: every adjacency is permuted."""
    twin = copy.deepcopy(network)
    for module in twin:
        if isinstance(module, SetLinear) and module.adjacency is not None:
            module.adjacency.copy_(module.adjacency[order][:, order])
    return twin
