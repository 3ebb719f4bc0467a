"""The parts of two networks that some outputs read, one beside the other as one dense network.

A kind is a set of outputs of the last layer; kinds share no input, even where the receptive fields
of their outputs overlap. So one pass over the union serves them all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.dual.blocks import Blocks, share
from slth.supnorm.layers import Geometry, Layer

Fields = tuple[Tensor, Tensor]  # of `blocks.fields`


@dataclass(frozen=True)
class Rows:
    """Rows of one layer in the union, and the columns (inputs) they read.

    outputs, inputs: (R,) and (M,), indices in the network. of_output, of_input: their kinds.
    columns, entries: (R, q), the input in the union (M outside the border) and the flat kernel
    entry (−1 there) of each term.
    """

    outputs: Tensor
    of_output: Tensor
    inputs: Tensor
    of_input: Tensor
    columns: Tensor
    entries: Tensor

    def dense(self, layer: Layer) -> Layer:
        """The rows of ``layer`` as a dense layer on the inputs of the union."""
        minus = plus = self._matrix(layer.plus)
        if not layer.plain:
            minus = self._matrix(layer.minus)
        bias = None
        if layer.bias is not None:
            bias = layer.bias[self.outputs // math.prod(layer.geometry.out_shape[1:])]
        return Layer(
            Geometry((len(self.inputs),), (len(self.outputs),), conv=False),
            plus,
            minus,
            bias,
            self._matrix(layer.magnitude),
            layer.terms,
            None if layer.doubt is None else self._matrix(layer.doubt),
            relu=layer.relu,
        )

    def blocks(self, most: int) -> tuple[Blocks, Tensor]:
        """Rows in blocks of at most ``most``, each of one kind, and the kind of every block."""
        count, width = len(self.outputs), len(self.inputs)
        rank = torch.arange(count) - torch.searchsorted(self.of_output, self.of_output)
        _, block = torch.unique(
            torch.stack([self.of_output, rank // most]), dim=1, return_inverse=True
        )
        tiles = torch.full((int(block.max()) + 1, most), count)
        tiles[block, rank % most] = torch.arange(count)
        flat = torch.arange(count)[:, None] * width + self.columns
        flat = flat.masked_fill(self.columns == width, -1)
        columns, flat = (
            torch.cat([part, part.new_full((1, part.shape[1]), end)])
            for part, end in ((self.columns, width), (flat, -1))
        )
        return share(tiles, columns[tiles], flat[tiles], width), self.of_output[tiles[:, 0]]

    def _matrix(self, kernel: Tensor) -> Tensor:
        flat = torch.cat([kernel.flatten(), kernel.new_zeros(1)])
        out = kernel.new_zeros(len(self.outputs), len(self.inputs) + 1)
        return out.scatter_(1, self.columns, flat[self.entries])[:, :-1].contiguous()


def union(layers: Sequence[Layer], tables: Sequence[Fields], kinds: Tensor) -> list[Rows]:
    """Rows of every layer that the ``kinds`` (K, m) of outputs of the last one read, first first.

    tables: `blocks.fields` of every layer. Rows of a kind are ordered by position, then channel.
    """
    chain: list[Rows] = []
    outputs, of_output = kinds.flatten(), torch.arange(len(kinds)).repeat_interleave(kinds.shape[1])
    for layer, (read, entries) in zip(reversed(layers), reversed(tables), strict=True):
        shape = layer.geometry.in_shape
        absent, places = math.prod(shape), math.prod(shape[1:])
        term = read[outputs]
        ranked = torch.where(term == absent, absent, term % places * shape[0] + term // places)
        keys = of_output[:, None] * (absent + 1) + ranked
        inside = term < absent
        found, inverse = torch.unique(keys[inside], return_inverse=True)
        columns = torch.full_like(term, len(found)).masked_scatter_(inside, inverse)
        rank, of_input = found % (absent + 1), found // (absent + 1)
        inputs = rank % shape[0] * places + rank // shape[0]
        chain.insert(0, Rows(outputs, of_output, inputs, of_input, columns, entries[outputs]))
        outputs, of_output = inputs, of_input
    return chain
