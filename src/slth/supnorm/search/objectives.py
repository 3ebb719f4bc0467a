"""What the search from below aims at: outputs by their bounds, and what their first layer reads."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range


def targets(delta: Range, count: int) -> tuple[Tensor, Tensor]:
    """Flat output indices and signs worth aiming at, by the bound on ±(f − g) there.

    Each channel gives its best position for either sign first; the rest follow by bound.
    """
    bound = torch.stack([delta.hi.flatten(1) if delta.hi.ndim > 1 else delta.hi[:, None]])
    other = -delta.lo.reshape(bound.shape[1:])
    both = torch.cat([bound, other[None]])
    leader = torch.zeros_like(both).scatter_(2, both.argmax(2, keepdim=True), 1.0)
    keys = (-both.flatten().cpu().numpy(), -leader.flatten().cpu().numpy())
    chosen = torch.from_numpy(np.lexsort(keys)[:count].copy()).to(both.device)
    size = other.numel()
    return chosen % size, 1.0 - 2.0 * (chosen >= size).double()


def rows(first: Layer, second: Layer, units: Tensor, shape: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Rows of E⁺ and E⁻ at the given output units, in the shape of the input: (units, *shape)."""
    plus = _adjoint(first, first.plus - second.plus, units, shape)
    if first.plain and second.plain:
        return plus, plus
    return plus, _adjoint(first, first.minus - second.minus, units, shape)


def _adjoint(layer: Layer, kernel: Tensor, units: Tensor, shape: Sequence[int]) -> Tensor:
    x = kernel.new_zeros(len(units), *shape).requires_grad_()
    y = layer.geometry.apply(kernel, x).flatten(1)
    return torch.autograd.grad(y.gather(1, units[:, None]).sum(), x)[0]
