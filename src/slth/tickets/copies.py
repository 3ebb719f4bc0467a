"""Networks whose units come in copies: which copy carries what, what is kept, what remains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from slth.networks.modules import ChannelScale
from slth.networks.residual import Order, nested, order


@dataclass(frozen=True, eq=False)
class Copies:
    """One layer of the source beside the target layer that its units are copies of.

    name, weight: the parameter V (outputs, inputs, …). target: the target's weight with each row
    repeated, (outputs, c_in, …). carries: (inputs,) the target input that a source input carries.
    spread: how many inputs one unit of the layer before feeds (pixels, across a Flatten).
    """

    name: str
    weight: Tensor
    target: Tensor
    carries: Tensor
    spread: int

    @property
    def members(self) -> list[np.ndarray]:
        """For each target input, the source inputs that carry it."""
        carries = self.carries.numpy()
        return [np.flatnonzero(carries == j) for j in range(self.target.shape[1])]

    def taps(self) -> Tensor:
        """Return V as (outputs, inputs, k²), k² = 1 if dense."""
        return self.weight.reshape(*self.weight.shape[:2], -1)

    def chosen(self, rows: pd.DataFrame) -> Tensor:
        """Mask of V that the rows of this layer choose; a group is an output and a tap."""
        outputs, inputs, taps = self.taps().shape
        kept = np.zeros((outputs * taps, inputs), dtype=bool)
        for subset, group in zip(rows["subset"], rows["group"], strict=True):
            kept[int(group), np.asarray(subset, dtype=np.int64)] = True
        by_tap = torch.from_numpy(kept).reshape(outputs, taps, inputs)
        return by_tap.transpose(1, 2).reshape(self.weight.shape).contiguous()

    def split(self, kept: Tensor, first: Tensor) -> Tensor:
        """Target weights on source inputs: Σ over an input's copies is the target's, near V·kept.

        w − Σ_S V is spread evenly over S; where S is empty the copy in ``first`` takes w.
        """
        mask = kept.reshape(self.taps().shape)
        V = self.taps() * mask
        target = self.target.reshape(*self.target.shape[:2], -1)
        total = torch.zeros_like(target).index_add(1, self.carries, V)
        count = torch.zeros_like(target).index_add(1, self.carries, mask.to(V.dtype))
        gap, size = (target - total)[:, self.carries], count[:, self.carries]
        alone = (size == 0) & first[None, :, None]
        return (V + mask * gap / size.clamp(min=1) + alone * gap).reshape(self.weight.shape)


def spread(layers: Sequence[Any], i: int) -> int:
    """Return the inputs of layer i + 1 that one output channel of layer i feeds."""
    return layers[i + 1].weight.shape[1] // len(layers[i].weight) if i + 1 < len(layers) else 1


def copies_of(
    layers: Sequence[Any], source: nn.Sequential
) -> tuple[tuple[str, Tensor], list[Copies]]:
    """Return (name, U) of the extra layer and the copies of each target layer.

    Raises ValueError when ``source`` has other shapes.
    """
    weights = [(name, p.detach()) for name, p in source.named_parameters()][: len(layers) + 1]
    U, c_in = weights[0][1], layers[0].weight.shape[1]
    n = len(U) // (2 * c_in)
    carries, before, parts, wanted = torch.arange(c_in).repeat_interleave(2 * n), 1, [], []
    for i, layer in enumerate(layers):
        copies = 1 if i == len(layers) - 1 else n
        target = layer.weight.repeat_interleave(copies, dim=0)
        wanted.append((len(target), len(carries), *target.shape[2:]))
        if i + 1 < len(weights):
            parts.append(Copies(*weights[i + 1], target, carries, before))
        before = spread(layers, i)
        channel = torch.arange(len(layer.weight)).repeat_interleave(copies)
        carries = (channel[:, None] * before + torch.arange(before)).flatten()
    shapes = [tuple(part.weight.shape) for part in parts]
    if n < 1 or U.shape[:2] != (2 * n * c_in, c_in) or shapes != wanted:
        raise ValueError(f"source: got weights {shapes}, takes {wanted} after the extra layer")
    return weights[0], parts


def used_units(kept: Sequence[Tensor], copies: Sequence[Copies]) -> list[Tensor]:
    """Which units feed each layer, (units,) bool, whose kept edges the layer after needs."""
    return [
        mask.transpose(0, 1).flatten(1).any(dim=1).reshape(-1, part.spread).any(dim=1)
        for mask, part in zip(kept, copies, strict=True)
    ]


def needed_units(kept: Sequence[Tensor], copies: Sequence[Copies], arranged: Order) -> list[Tensor]:
    """`used_units`, and what a skip connection carries to units needed behind its block."""
    needed = used_units(kept, copies)
    for first, last in reversed(blocks(arranged)):
        needed[first] = needed[first] | needed[last + 1]
    return needed


def remove_unused(kept: Sequence[Tensor], copies: Sequence[Copies], arranged: Order) -> None:
    """Clear, in place and from the last layer back, the rows of units that nothing needs."""
    for i in range(len(kept) - 1, 0, -1):
        kept[i - 1][~needed_units(kept, copies, arranged)[i]] = False


def tied(units: Sequence[Tensor], arranged: Order) -> list[Tensor]:
    """Units before and behind each residual block made the same: those of either."""
    found = list(units)
    for _ in blocks(arranged):  # a chain of blocks passes its units on once a round
        for first, last in blocks(arranged):
            found[first] = found[last + 1] = found[first] | found[last + 1]
    return found


def blocks(arranged: Order) -> list[tuple[int, int]]:
    """(first, last) layer of each residual body."""
    return [(item[0], item[-1]) for item in arranged if isinstance(item, list) and item]


def narrow(
    network: nn.Sequential,
    layers: Sequence[Any],
    U: Tensor,
    copies: Sequence[Copies],
    weights: Sequence[Tensor],
    units: Sequence[Tensor],
) -> nn.Sequential:
    """Return the network of these weights on these units: ChannelScale, σ, layer 1, σ, ….

    network: the target, whose residual blocks and pooling it has. U: (hidden, c_in). units: bool,
    what feeds each layer, `tied`; where it is nothing the first stays.
    """
    inputs = [_indices(used) for used in units]
    scale = ChannelScale(U[inputs[0], copies[0].carries[inputs[0]]], copies[0].carries[inputs[0]])
    first = next((layer.after() for layer in layers if layer.activation), [nn.ReLU()])
    head = [nn.Flatten()] if layers[0].flatten else []
    stack = nn.Sequential(*_stack(layers, copies, weights, inputs, inputs[0]))
    return nn.Sequential(*head, scale, *first, *nested(network, stack, 1))


def _stack(
    layers: Sequence[Any],
    copies: Sequence[Copies],
    weights: Sequence[Tensor],
    inputs: Sequence[Tensor],
    first: Tensor,
) -> list[nn.Module]:
    """Modules of the layers on the units ``inputs`` of each; ``first``: columns of layer 0."""
    modules: list[nn.Module] = []
    for i, (layer, part) in enumerate(zip(layers, copies, strict=True)):
        pixels = torch.arange(part.spread)
        columns = (inputs[i][:, None] * part.spread + pixels).flatten() if i else first
        rows = inputs[i + 1] if i + 1 < len(inputs) else torch.arange(len(part.weight))
        modules += [nn.Flatten()] if layer.flatten and i else []
        modules += [layer.module(weights[i][rows][:, columns]), *layer.after()]
    return modules


def repeated(
    network: nn.Sequential,
    layers: Sequence[Any],
    U: Tensor,
    copies: Sequence[Copies],
    chosen: Sequence[Tensor],
) -> tuple[nn.Sequential, nn.Sequential]:
    """Return (target, ticket) with the same units: the copies used, and the first of each unit."""
    kept, arranged = [mask.clone() for mask in chosen], order(network, len(layers))
    remove_unused(kept, copies, arranged)
    firsts = [_first_copies(part) for part in copies]
    used = used_units(kept, copies)
    units = [used[0]] + [
        u | first.reshape(-1, part.spread).any(dim=1)
        for u, first, part in zip(used[1:], firsts[1:], copies[1:], strict=True)
    ]
    units = tied(units, arranged)
    both = list(zip(copies, chosen, firsts, strict=True))[1:]
    split = [copies[0].target, *[part.split(mask, first) for part, mask, first in both]]
    inputs, whole = [_indices(used) for used in units], torch.arange(layers[0].weight.shape[1])
    head = [nn.Flatten()] if layers[0].flatten else []
    stack = nn.Sequential(*_stack(layers, copies, split, inputs, whole))
    target = nn.Sequential(*head, *nested(network, stack, 1))
    weights = [part.weight * mask for part, mask in zip(copies, kept, strict=True)]
    return target, narrow(network, layers, U, copies, weights, units)


def _first_copies(part: Copies) -> Tensor:
    """(inputs,) bool: the first input that carries each target input."""
    first = torch.zeros(len(part.carries), dtype=torch.bool)
    first[[int(members[0]) for members in part.members]] = True
    return first


def _indices(used: Tensor) -> Tensor:
    return torch.nonzero(used).flatten() if used.any() else torch.tensor([0])


def blocked(U: Tensor, part: Copies, used: Tensor) -> Tensor:
    """Mask of the extra layer's parameter: its used hidden channels, each on its own input."""
    keep = torch.zeros(*U.shape[:2], U[0, 0].numel(), dtype=torch.bool)
    keep[torch.arange(len(U)), part.carries, 0] = used
    return keep.reshape(U.shape)
