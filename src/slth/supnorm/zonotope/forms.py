"""Linear forms over symbols in [−1, 1] of what f, g and their difference read at one place.

Source: zonotopes of networks (Singh et al., NeurIPS 2018, DeepZ), of a pair over shared symbols
(Teuber et al., TACAS 2025, VeryDiff). Here every form carries an error vector beside it.

Invariant. For every input X of box b there is one ε ∈ [−1, 1]^S such that, entry by entry and for
all three forms together, |x − rows[b, 0] − Σ_k rows[b, k] ε_k| ≤ error[b], in real arithmetic, the
float64 numbers rows and error taken as they are.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.zonotope import kernels


@dataclass(frozen=True)
class Form:
    """Rows (B, 1 + S, N), the constant first, and error (B, N): B boxes, N entries of a place."""

    rows: Tensor
    error: Tensor

    @property
    def centre(self) -> Tensor:
        """The constants, (B, N)."""
        return self.rows[:, 0]

    def radius(self) -> Tensor:
        """At least Σ_k |rows_k| + error, (B, N)."""
        return total(norm(self.rows, 1) + self.error, self.rows.shape[1] + 1)


@dataclass(frozen=True)
class Symbols:
    """How many symbols there are of each kind.

    inputs: of the box, shared by f and g. f, g: of ReLUs of one network. delta: of pairs of ReLUs.
    Rows of f: constant, inputs, f. Of g: constant, inputs, g. Of δ: constant, inputs, f, g, delta.
    """

    inputs: int
    f: int = 0
    g: int = 0
    delta: int = 0

    @property
    def shared(self) -> int:
        """Rows that all three forms have first: the constant and the inputs."""
        return 1 + self.inputs

    @property
    def own_g(self) -> slice:
        """Rows of δ of g's own symbols."""
        return slice(self.shared + self.f, self.shared + self.f + self.g)


@dataclass(frozen=True)
class Forms:
    """Forms of x_f, x_g and δ = x_f − x_g at one place."""

    f: Form
    g: Form
    delta: Form
    symbols: Symbols


def norm(rows: Tensor, first: int = 0, end: int | None = None) -> Tensor:
    """Σ_k |rows_k| over axis 1, of the rows from ``first`` to before ``end``, up to rounding."""
    last = rows.shape[1] if end is None else end
    return torch.from_numpy(kernels.column_sizes(rows.numpy(), first, last))


def total(value: Tensor, terms: int) -> Tensor:
    """At least the exact sum of ``terms`` numbers ≥ 0 whose computed sum is ``value``."""
    return rounding.up(value * (1 + rounding.slack(terms)))


def difference(above: Form, x: Form, old: list[int], new: list[int]) -> Form:
    """x⁺ − x, block of symbols by block; each coefficient rounds once, relative to itself."""
    blocks = []
    for a, b in zip(above.rows.split(new, 1), x.rows.split(old, 1), strict=True):
        block = a.clone()
        block[:, : b.shape[1]] -= b
        blocks.append(block)
    rows = torch.cat(blocks, 1)
    rounded = rounding.margin(rows.shape[1], rows.abs().sum(1))
    return Form(rows, rounding.up(rounding.up(above.error + x.error) + rounded))
