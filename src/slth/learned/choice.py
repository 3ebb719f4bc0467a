"""From scores to boolean choices, and the gradient that passes through them."""

from collections.abc import Mapping

import torch
from torch import Tensor

from slth import checks
from slth.learned.units import Tensors

SCOPES = ("layer", "network")


def top(scores: Tensor, count: int) -> Tensor:
    """Mark the ``count`` largest scores; bool, of their shape."""
    best = scores.flatten().topk(count, sorted=False).indices
    return (
        torch.zeros_like(scores, dtype=torch.bool).flatten().scatter(0, best, True).view_as(scores)
    )


def choose(
    scores: Mapping[str, Tensor], counts: Mapping[str, int], scope: str = "layer"
) -> Tensors:
    """Mark the best units: so many of each layer, or as many in all over the whole network.

    scope "network" moves units between layers; each layer keeps its best one in any case.
    """
    if checks.choice("scope", scope, SCOPES) == "layer":
        return {name: top(s.detach(), counts[name]) for name, s in scores.items()}
    flat = torch.cat([_best_first(s.detach().flatten()) for s in scores.values()])
    marked = top(flat, sum(counts.values()))
    parts = marked.split([s.numel() for s in scores.values()])
    return {name: part.view_as(s) for (name, s), part in zip(scores.items(), parts, strict=True)}


def straight_through(mask: Tensor, soft: Tensor) -> Tensor:
    """Value of ``mask``, gradient of ``soft``. Source: Bengio, Léonard, Courville (2013)."""
    return soft + (mask.to(soft.dtype) - soft).detach()


def _best_first(scores: Tensor) -> Tensor:
    """Put the layer's best score above every other layer's."""
    lifted = scores.clone()
    lifted[scores.argmax()] = torch.inf
    return lifted
