"""A layer of f and its twin in g on forms and ranges of many boxes at once.

With D the form of δ, x_f − x_g, and E = K_f − K_g: K_f x_f − K_g x_g = K_f δ + E x_g. A signed
layer K⁺ x⁺ − K⁻ x⁻ reads two places, x⁺ and x⁻ = x⁺ − x. Convolutions are applied to the rows
as they are.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple, relu_pair
from slth.supnorm.dual.stage import adjoint
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import FLOOR
from slth.supnorm.zonotope.forms import Form, Forms


@dataclass(frozen=True)
class Joint:
    """A layer of f and the layer of g at the same place."""

    f: Layer
    g: Layer

    @property
    def plain(self) -> bool:
        """Whether neither tells the signs of its input apart."""
        return self.f.plain and self.g.plain

    @cached_property
    def gap(self) -> tuple[Tensor, Tensor]:
        """E⁺ and E⁻, each entry rounded once; one object where both layers are plain."""
        plus = self.f.plus - self.g.plus
        return (plus, plus) if self.plain else (plus, self.f.minus - self.g.minus)

    @cached_property
    def gap_size(self) -> Tensor:
        """At least |E⁺| and |E⁻|, but for one rounding."""
        plus, minus = self.gap
        return torch.maximum(plus.abs(), minus.abs())

    @cached_property
    def doubt(self) -> Tensor | None:
        """What the kernels of f and of g are off by together, None where nothing."""
        if self.f.doubt is None and self.g.doubt is None:
            return None
        return self.f.kernel_doubt + self.g.kernel_doubt

    @cached_property
    def slack(self) -> float:
        """Relative outward slack of one application of either layer."""
        return max(self.f.slack, self.g.slack)

    @cached_property
    def shift(self) -> tuple[Tensor, Tensor, Tensor]:
        """Biases of f, of g and their difference, flat over the output."""
        shape = self.f.geometry.out_shape
        f, g = (
            (torch.zeros(shape, dtype=torch.float64) + layer.shift()).flatten()
            for layer in (self.f, self.g)
        )
        return f, g, f - g

    def apply(self, kernel: Tensor, rows: Tensor) -> Tensor:
        """Kernel on rows (…, N), flat entries of inputs, → (…, outputs)."""
        geometry, batch = self.f.geometry, rows.shape[:-1]
        y = geometry.many(kernel, rows.reshape(math.prod(batch), *geometry.in_shape))
        return y.reshape(*batch, math.prod(geometry.out_shape))

    def spreads(self, sizes: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What the three forms behind the layer round off by.

        sizes: at least Σ|terms| of the forms of x_f, x_g and δ, (B, N). A dot product of m terms
        rounds by γ_m Σ|terms|, row by row, and rows add up to Σ_k |K| |rows_k| = |K| sizes.
        """
        f, g, delta = sizes
        carried = self.apply(self.f.magnitude, delta) + self.apply(self.gap_size, g)
        of_delta = self.slack * (carried + self.shift[2].abs()) + FLOOR
        if self.doubt is not None:
            doubt = self.apply(self.doubt, g) + self.apply(self.f.kernel_doubt, delta)
            of_delta = of_delta + (1 + self.slack) * doubt
        return self.spread(0, f), self.spread(1, g), of_delta

    def spread(self, network: int, size: Tensor) -> Tensor:
        """The same of f's form alone (``network`` 0), or of g's (1)."""
        layer, shift = (self.f, self.g)[network], self.shift[network]
        spread = rounding.margin(layer.terms, self.apply(layer.magnitude, size) + shift.abs())
        if layer.doubt is not None:
            spread = spread + (1 + layer.slack) * self.apply(layer.doubt, size)
        return spread

    def passed(
        self, plus: Forms, minus: Forms | None, sizes: tuple[Tensor, Tensor, Tensor]
    ) -> Forms:
        """Forms behind the layer, without its ReLU, of what it reads.

        minus: of x⁻, over the symbols of ``plus``, which are then of x⁺; None where both layers
        are plain. sizes: at least the sizes of all rows and errors together of x_f, x_g and δ.
        """
        f = self.own(self.f, plus.f, None if minus is None else minus.f)
        g = self.own(self.g, plus.g, None if minus is None else minus.g)
        delta = self._delta(plus, minus)
        spreads = self.spreads(sizes)
        f, g, delta = (self.shifted(i, part, spreads[i]) for i, part in enumerate((f, g, delta)))
        return Forms(f, g, delta, plus.symbols)

    def shifted(self, i: int, x: Form, spread: Tensor) -> Form:
        """With the bias of f, g or f − g (``i`` 0, 1, 2) and what the layer rounds off by."""
        x.rows[:, 0] += self.shift[i]
        return Form(x.rows, rounding.up(x.error * (1 + self.slack) + spread))

    def own(self, layer: Layer, plus: Form, minus: Form | None) -> Form:
        """K⁺ x⁺ − K⁻ x⁻ of one network's ``layer``, the bias and rounding left out."""
        rows, error = self.apply(layer.plus, plus.rows), plus.error
        if minus is not None:
            rows, error = rows - self.apply(layer.minus, minus.rows), error + minus.error
        return Form(rows, self.apply(layer.magnitude, error))

    def _delta(self, plus: Forms, minus: Forms | None) -> Form:
        rows, error = self._carried(self.f.plus, self.gap[0], plus), plus.delta.error
        of_g = plus.g.error
        if minus is not None:
            rows = rows - self._carried(self.f.minus, self.gap[1], minus)
            error, of_g = error + minus.delta.error, of_g + minus.g.error
        return Form(rows, self.apply(self.f.magnitude, error) + self.apply(self.gap_size, of_g))

    def _carried(self, kernel: Tensor, gap: Tensor, x: Forms) -> Tensor:
        """Rows of K δ + E x_g."""
        rows, more = self.apply(kernel, x.delta.rows), self.apply(gap, x.g.rows)
        shared = x.symbols.shared
        rows[:, :shared] += more[:, :shared]
        rows[:, x.symbols.own_g] += more[:, shared:]
        return rows

    def interval(self, x: Triple) -> Triple:
        """Ranges of what the layer gives, by intervals, for x ≥ 0 or plain layers, (B, N) each.

        δ' = K_f δ + E x_g = K_g δ + E x_f; the two ranges are met (as `differential.affine_pair`).
        """
        gap = self.gap[0]
        spreads = self.spreads((x.f.size, x.g.size, x.delta.size))
        other = self.apply(self.g.magnitude, x.delta.size) + self.apply(self.gap_size, x.f.size)
        other = self.slack * (other + self.shift[2].abs()) + FLOOR
        if self.doubt is not None:
            more = 1 + self.slack
            other = other + more * self.apply(self.doubt, x.f.size)
            other = other + more * self.apply(self.g.kernel_doubt, x.delta.size)
        f, g = (self.interval_of(i, part, spreads[i]) for i, part in enumerate((x.f, x.g)))
        first = self._range(self.f.plus, x.delta).plus(self._range(gap, x.g))
        second = self._range(self.g.plus, x.delta).plus(self._range(gap, x.f))
        delta = (
            _shifted(first, self.shift[2])
            .widen(spreads[2])
            .meet(_shifted(second, self.shift[2]).widen(other))
        )
        return Triple(f, g, delta)

    def interval_of(self, network: int, x: Range, spread: Tensor) -> Range:
        """The same of f (``network`` 0) or g (1) alone; spread: of `spread`."""
        layer = (self.f, self.g)[network]
        return _shifted(self._range(layer.plus, x), self.shift[network]).widen(spread)

    def _range(self, kernel: Tensor, x: Range) -> Range:
        above, below = kernel.clamp(min=0), kernel.clamp(max=0)
        ends = torch.stack([x.hi, x.lo])
        first, second = self.apply(above, ends), self.apply(below, ends)
        return Range(first[1] + second[0], first[0] + second[1])


def columns(layer: Layer, kernel: Tensor, at: Tensor) -> Tensor:
    """What one of the inputs ``at`` (flat) gives by the kernel alone: (len(at), outputs), exact.

    Cost: the kernel's passes of these inputs or of the outputs, whichever are fewer.
    """
    geometry = layer.geometry
    inputs, outputs = math.prod(geometry.in_shape), math.prod(geometry.out_shape)
    if not geometry.conv:
        return kernel.T[at].contiguous()
    if outputs < len(at):
        rows = adjoint(layer, kernel, torch.eye(outputs, dtype=kernel.dtype))
        return rows.T[at].contiguous()
    unit = torch.zeros(len(at), inputs, dtype=kernel.dtype)
    unit[torch.arange(len(at)), at] = 1.0
    return geometry.apply(kernel, unit.view(-1, *geometry.in_shape)).flatten(1)


def _shifted(x: Range, shift: Tensor) -> Range:
    return Range(x.lo + shift, x.hi + shift)


def positive(x: Triple) -> Triple:
    """Ranges of max(x_f, 0), max(x_g, 0) and their difference."""
    return Triple(x.f.relu(), x.g.relu(), relu_pair(x))
