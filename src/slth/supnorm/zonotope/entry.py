"""Boxes of inputs as forms behind the first layer, which f and g read alike: δ = 0 there.

Box b is x = m + diag(r) ε, one symbol an input of positive width, with m a float64 number in
[lo, hi] and r at least hi − m and m − lo, rounded up: no input is left out by an ulp. A signed
first layer reads x⁺ = λ x + μ + μ ε' and x⁻ = x⁺ − x; the symbol ε' of an input's sign is shared
by f and g.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.affine import Joint
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
        unit = torch.zeros(
            len(self.active), math.prod(self.layer.f.geometry.in_shape), dtype=torch.float64
        )
        unit[torch.arange(len(self.active)), self.active] = 1.0
        pairs = ((self.layer.f.plus, self.layer.f.minus), (self.layer.g.plus, self.layer.g.minus))
        found = []
        for plus, minus in (*pairs, self.layer.gap):
            above = self.layer.apply(plus, unit)
            found.append((above, above if minus is plus else self.layer.apply(minus, unit)))
        return found

    def forms(self, box: Range) -> tuple[Forms, Tensor]:
        """Behind the layer, before its ReLU, for boxes (B, inputs), equal where not active.

        And of every symbol the place in ``active`` of the input that it is of.
        """
        middle = centre(box)
        radius = radii(box, middle)[:, self.active]
        zero = torch.zeros_like(middle)
        of_size = (middle.abs() + radii(box, middle)) * (1.0 if self.layer.plain else 4.0)
        spreads = self.layer.spreads((of_size, of_size, zero))
        rows, signs = self._plain(middle, radius), radius.new_zeros(0, dtype=torch.int64)
        if not self.layer.plain:
            rows, signs = self._signed(box, middle, radius)
        for part, shift in zip(rows, self.layer.shift, strict=True):
            part[:, 0] += shift
        f, g, delta = (Form(part, up(spread)) for part, spread in zip(rows, spreads, strict=True))
        owners = torch.cat([torch.arange(len(self.active)), signs])
        return Forms(f, g, delta, Symbols(len(owners))), owners

    def _plain(self, middle: Tensor, radius: Tensor) -> list[Tensor]:
        kernels = (self.layer.f.plus, self.layer.g.plus, self.layer.gap[0])
        return [
            torch.cat([self.layer.apply(kernel, middle)[:, None], radius[:, :, None] * columns], 1)
            for kernel, (columns, _) in zip(kernels, self.kernels, strict=True)
        ]

    def _signed(self, box: Range, middle: Tensor, radius: Tensor) -> tuple[list[Tensor], Tensor]:
        """Rows: the constant, (λ K⁺ + (1 − λ) K⁻) r an input, (K⁺ − K⁻) μ a sign that is open."""
        strip = Chord.of(box)
        above = strip.slope * middle + strip.half
        below = (strip.slope - 1) * middle + strip.half
        slope, half = strip.slope[:, self.active, None], strip.half[:, self.active, None]
        open_ = torch.nonzero((half[:, :, 0] > 0).any(0))[:, 0]
        layer = self.layer
        pairs = ((layer.f.plus, layer.f.minus), (layer.g.plus, layer.g.minus), layer.gap)
        found = []
        for (plus, minus), (column, other) in zip(pairs, self.kernels, strict=True):
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
