"""How much every symbol of a ReLU depends on every input: which input to halve."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.zonotope.forms import Forms, Symbols
from slth.supnorm.zonotope.relu import Added

_LEAST = 1e-300


@dataclass(frozen=True)
class Shares:
    """Rows (B, symbols, inputs), each ≥ 0 and of sum about 1: of f's, g's and the pairs' symbols.

    A symbol of a neuron gets the sizes of the coefficients of what the neuron reads, those of
    symbols passed on by their own shares. A pair's symbol is as large as δ, and no halving moves
    the constant of δ: that part of it gets what opens the ReLUs of f and g, half and half. A guide
    only: no bound depends on it.

    owners: the input that each of the shared symbols is of.
    """

    f: Tensor
    g: Tensor
    delta: Tensor
    owners: Tensor

    @classmethod
    def start(cls, boxes: int, owners: Tensor) -> "Shares":
        """No symbol but the shared ones."""
        none = torch.zeros(boxes, 0, len(owners), dtype=torch.float64)
        return cls(none, none, none, owners)

    def grown(self, x: Forms, added: Added) -> "Shares":
        """With those of the symbols that ReLUs reading ``x`` added."""
        s = x.symbols
        kinds = [
            (self.f, x.f.rows, [self.f], added.f),
            (self.g, x.g.rows, [self.g], added.g),
            (self.delta, x.delta.rows, [self.f, self.g, self.delta], added.delta),
        ]
        own = [_of(rows, parts, at, s) for _, rows, parts, at in kinds]
        half = 0.5 * x.delta.centre.abs().gather(1, added.delta)[:, :, None]
        for _, rows, parts, _ in kinds[:2]:
            own[2] = own[2] + half * _unit(_of(rows, parts, added.delta, s))
        f, g, delta = (
            torch.cat([each[0], _unit(part)], 1) for each, part in zip(kinds, own, strict=True)
        )
        return Shares(f, g, delta, self.owners)

    def scores(self, x: Forms, output: Tensor) -> Tensor:
        """How much δ of an output (B,) depends on each input, by all its symbols: (B, active)."""
        parts = [self.f, self.g, self.delta]
        found = _of(x.delta.rows, parts, output[:, None], x.symbols)[:, 0]
        inputs = found.new_zeros(len(found), int(self.owners.max()) + 1)
        return inputs.index_add_(1, self.owners, found)


def _of(rows: Tensor, parts: list[Tensor], at: Tensor, symbols: Symbols) -> Tensor:
    """Σ_k |rows[b, k, at]| · share of k: (B, k', inputs)."""
    index = at[:, None].expand(-1, rows.shape[1], -1)
    size = rows.gather(2, index).abs()
    found = size[:, 1 : symbols.shared].mT
    shares = torch.cat(parts, 1)
    return found + size[:, symbols.shared :].mT @ shares


def _unit(rows: Tensor) -> Tensor:
    return rows / rows.sum(2, keepdim=True).clamp(min=_LEAST)
