"""Boxes of inputs as forms behind the first layer, which f and g read alike: δ = 0 there.

Box b is x = m + diag(r) ε, one symbol per input of positive width, with m a float64 number in
[lo, hi] and r at least hi − m and m − lo, rounded up: no input is left out by an ulp. A signed
first layer reads x⁺ = λ x + μ + μ ε' and x⁻ = x⁺ − x; the symbol ε' of an input's sign is shared
by f and g.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.affine import Joint, columns
from slth.supnorm.zonotope.forms import Form, Forms, Symbols
from slth.supnorm.zonotope.relu import Chord


@dataclass(frozen=True)
class Entry:
    """The first layer of the pair, and which inputs (flat) vary in any box that will be asked."""

    layer: Joint
    active: Tensor

    @cached_property
    def kernels(self) -> list[tuple[Tensor, Tensor]]:
        """K⁺ and K⁻ of f, of g and E⁺, E⁻ at the active inputs: (active, outputs) each, exact."""
        found = []
        for plus, minus in self._pairs:
            above = columns(self.layer.f, plus, self.active)
            below = above if minus is plus else columns(self.layer.f, minus, self.active)
            found.append((above, below))
        return found

    def forms(self, box: Range) -> tuple[Forms, Tensor]:
        """Behind the layer, before its ReLU, for boxes (B, inputs), equal where not active.

        And of every symbol the place in ``active`` of the input that it is of.
        """
        middle = centre(box)
        zero = torch.zeros_like(middle)
        size = self._size(box)
        spreads = self.layer.spreads((size, size, zero))
        rows, signs = self._rows(box, 3)
        for part, shift in zip(rows, self.layer.shift, strict=True):
            part[:, 0] += shift
        f, g, delta = (Form(part, up(spread)) for part, spread in zip(rows, spreads, strict=True))
        owners = torch.cat([torch.arange(len(self.active)), signs])
        return Forms(f, g, delta, Symbols(len(owners))), owners

    def alone(self, box: Range) -> Form:
        """The form of f alone."""
        (rows,), _ = self._rows(box, 1)
        rows[:, 0] += self.layer.shift[0]
        return Form(rows, up(self.layer.spread(0, self._size(box))))

    def _size(self, box: Range) -> Tensor:
        """At least Σ|terms| of what is read."""
        middle = centre(box)
        return (middle.abs() + radii(box, middle)) * (1.0 if self.layer.plain else 4.0)

    def _rows(self, box: Range, first: int) -> tuple[list[Tensor], Tensor]:
        """Rows of the ``first`` of f, g and f − g, and the inputs that a sign has a symbol of."""
        middle = centre(box)
        radius = radii(box, middle)[:, self.active]
        if not self.layer.plain:
            return self._signed(box, middle, radius, first)
        rows = [
            torch.cat([self.layer.apply(kernel, middle)[:, None], radius[:, :, None] * columns], 1)
            for (kernel, _), (columns, _) in zip(self._pairs[:first], self.kernels, strict=False)
        ]
        return rows, radius.new_zeros(0, dtype=torch.int64)

    @property
    def _pairs(self) -> list[tuple[Tensor, Tensor]]:
        """K⁺ and K⁻ of f, of g and E⁺, E⁻."""
        f, g = self.layer.f, self.layer.g
        return [(f.plus, f.minus), (g.plus, g.minus), self.layer.gap]

    def _signed(
        self, box: Range, middle: Tensor, radius: Tensor, count: int
    ) -> tuple[list[Tensor], Tensor]:
        """Rows: the constant, (λ K⁺ + (1 − λ) K⁻) r an input, (K⁺ − K⁻) μ a sign that is open."""
        strip = Chord.of(box)
        above = strip.slope * middle + strip.half
        below = (strip.slope - 1) * middle + strip.half
        slope, half = strip.slope[:, self.active, None], strip.half[:, self.active, None]
        open_ = torch.nonzero((half[:, :, 0] > 0).any(0))[:, 0]
        layer = self.layer
        found = []
        pairs = zip(self._pairs[:count], self.kernels, strict=False)
        for (plus, minus), (column, other) in pairs:
            first = layer.apply(plus, above) - layer.apply(minus, below)
            inputs = radius[:, :, None] * (slope * column + (1 - slope) * other)
            signs = half[:, open_] * (column - other)[open_]
            found.append(torch.cat([first[:, None], inputs, signs], 1))
        return found, open_


def centre(box: Range) -> Tensor:
    """A float64 number in [lo, hi], entry by entry, near the middle."""
    return (box.lo / 2 + box.hi / 2).clamp(box.lo, box.hi)


def radii(box: Range, middle: Tensor) -> Tensor:
    """At least hi − middle and middle − lo; 0 where lo = hi."""
    wide = torch.maximum(box.hi - middle, middle - box.lo)
    return torch.where(wide > 0, up(wide), 0.0)
