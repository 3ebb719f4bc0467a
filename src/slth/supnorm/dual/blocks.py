"""Blocks of ReLU pairs that share inputs, as padded index tables."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from slth.supnorm.layers import Layer

_BLOCK = 4  # ReLU pairs a block: 2⁴ phase patterns


@dataclass(frozen=True)
class Blocks:
    """A partition of a layer's outputs into G blocks of at most m, and what each block reads.

    outputs: (G, m) flat output indices, N where a block is short. inputs: (G, p) flat input
    indices, M where a block reads less than p. slots, weights: (G, m, q), for the q entries of an
    output's receptive field the column of ``inputs`` and the flat kernel entry (−1 outside).
    """

    outputs: Tensor
    inputs: Tensor
    slots: Tensor
    weights: Tensor

    def coefficients(self, kernel: Tensor) -> Tensor:
        """Rows of the layer's matrix, restricted to what each block reads: (G, m, p)."""
        flat = torch.cat([kernel.flatten(), kernel.new_zeros(1)])
        values = flat[self.weights]
        shape = (*self.outputs.shape, self.inputs.shape[1])
        return kernel.new_zeros(shape).scatter_add(2, self.slots, values)


def blocks(layer: Layer, most: int = _BLOCK) -> Blocks:
    """Tile the outputs of ``layer``: all channels of neighbouring positions, at most ``most``.

    Cost: sorts of N times the fan-in.
    """
    read, entries = fields(layer)
    outputs = _tiles(layer, most)
    absent = math.prod(layer.geometry.in_shape)
    read = torch.cat([read, read.new_full((1, read.shape[1]), absent)])
    entries = torch.cat([entries, entries.new_full((1, entries.shape[1]), -1)])
    return share(outputs, read[outputs], entries[outputs], absent)


def single(outputs: Tensor, reads: Tensor, entries: Tensor, absent: int) -> Blocks:
    """One block of the given outputs (m,); reads, entries: what `fields` returned.

    The inputs that lie outside the border are left out.
    """
    return share(outputs[None], reads[outputs][None], entries[outputs][None], absent)


def fields(layer: Layer) -> tuple[Tensor, Tensor]:
    """Input index and flat kernel entry of each term of each output: (N, q) twice.

    Outside the border they are the number of inputs and −1.
    """
    geometry, rows = layer.geometry, len(layer.plus)
    absent = math.prod(geometry.in_shape)
    if geometry.conv:
        index = torch.arange(1, absent + 1, dtype=torch.float64).reshape(geometry.in_shape)
        index = geometry.patches(layer.plus, index).T.long() - 1
    else:
        index = torch.arange(absent)[None]
    q = index.shape[1]
    entries = torch.arange(rows * q).view(rows, 1, q).expand(-1, len(index), -1)
    index = index.expand(rows, -1, -1)
    outside = index < 0
    return (
        index.masked_fill(outside, absent).reshape(-1, q),
        entries.masked_fill(outside, -1).reshape(-1, q),
    )


def _tiles(layer: Layer, most: int) -> Tensor:
    """Output indices block by block: (G, m), N where a block is short."""
    shape = layer.geometry.out_shape
    size = math.prod(shape)
    if not layer.geometry.conv:
        index = torch.arange(size).view(-1, 1, 1)
        height = width = 1
    else:
        index = torch.arange(size).view(shape)
        width = min(shape[2], 2 if 2 * shape[0] <= most else 1)
        height = min(shape[1], 2 if 4 * shape[0] <= most else 1)
    depth = min(len(index), max(1, most // (width * height)))
    pad = [(-side) % step for side, step in zip(index.shape, (depth, height, width), strict=True)]
    index = F.pad(index, (0, pad[2], 0, pad[1], 0, pad[0]), value=size)
    c, h, w = index.shape
    tiled = index.view(c // depth, depth, h // height, height, w // width, width)
    return tiled.permute(0, 2, 4, 1, 3, 5).reshape(-1, depth * height * width)


def share(outputs: Tensor, fields: Tensor, entries: Tensor, absent: int) -> Blocks:
    """Blocks of outputs (G, m) that read ``fields`` and ``entries``, (G, m, q) each."""
    count, m, q = fields.shape
    ordered, order = fields.reshape(count, -1).sort(dim=1, stable=True)
    first = torch.ones_like(ordered, dtype=torch.bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    rank = first.long().cumsum(1) - 1
    inputs = torch.full((count, int(rank.max()) + 1), absent).scatter_(1, rank, ordered)
    slots = torch.empty_like(rank).scatter_(1, order, rank).view(count, m, q)
    if bool((inputs[:, -1] == absent).all()) and inputs.shape[1] > 1:
        inputs = inputs[:, :-1]  # the absent input comes last in every block
        slots = slots.clamp(max=inputs.shape[1] - 1)
    return Blocks(outputs, inputs, slots, entries)
