"""Closed-form sup-norm bounds from what the subset problems of each layer miss."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from slth import checks
from slth.networks.residual import Order
from slth.tickets.ticket import Ticket


def misses(ticket: Ticket, depth: int, eps: float | None) -> list[float]:
    """Return what the problems of each layer miss at most: eps, or the largest error of its rows.

    A layer without rows misses nothing.
    """
    if eps is not None:
        return [checks.positive("eps", eps)] * depth
    worst = ticket.solutions.groupby("layer")["error"].max()
    return [float(worst.get(i, 0.0)) for i in range(depth)]


def closed_form(
    layers: Sequence[Any],
    miss: Sequence[float],
    tail: Sequence[nn.Module],
    order: Order | None = None,
) -> float:
    """e_i ≤ κ_i e_{i−1} + η_i (‖f_{i−1}‖ + e_{i−1}), η_i = (fan-in)·miss_i, then the tail's norms.

    order: which layers are a chain and which the body of a residual block, whose error and norm
    add to those of its input (`slth.networks.residual.order`); None = one chain.

    κ_i is the largest l1 norm of an output channel. For layers that sum their weights times maps
    of sup norm ≤ 1 (shifts, rotations, averages) followed by 1-Lipschitz activations with
    σ(0) = 0, on inputs ‖x‖_∞ ≤ 1.
    """
    bound = _through(list(range(len(layers))) if order is None else order, layers, miss, (0.0, 1.0))
    return bound[0] * tail_norm(tail)


def _through(
    order: Order, layers: Sequence[Any], miss: Sequence[float], bound: tuple[float, float]
) -> tuple[float, float]:
    """(error, norm) behind the layers of ``order``, from those before them."""
    for item in order:
        error, size = bound
        if isinstance(item, list):
            inside = _through([*item], layers, miss, bound)
            bound = error + inside[0], size + inside[1]
            continue
        kappa = float(layers[item].weight.abs().flatten(1).sum(dim=1).max())
        eta = layers[item].weight[0].numel() * miss[item]
        bound = kappa * error + eta * (size + error), kappa * size
    return bound


def tail_norm(tail: Sequence[nn.Module]) -> float:
    """Return how much an exactly copied tail of Linear, Flatten and averages grows an error."""
    norm = 1.0
    for module in tail:
        if isinstance(module, nn.Linear):
            norm *= float(module.weight.abs().sum(dim=1).max())
    return norm
