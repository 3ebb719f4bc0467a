"""A pair of networks over boxes: ranges of what every ReLU reads, and the forms of the outputs."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.affine import Joint, positive
from slth.supnorm.zonotope.entry import Entry
from slth.supnorm.zonotope.forms import Form, Forms
from slth.supnorm.zonotope.ranges import Radii, met
from slth.supnorm.zonotope.relu import activated
from slth.supnorm.zonotope.shares import Shares

_ENTRIES = 2**24  # float64 numbers of the form of δ that may be held, all boxes together


@dataclass(frozen=True)
class Outputs:
    """What is known of the outputs of f and g over B boxes.

    forms, ranges: of f, g and f − g, (B, outputs) each.
    shares: how much each symbol depends on each input, where that was asked for.
    """

    forms: Forms
    ranges: Triple
    shares: Shares | None

    def bound(self) -> tuple[Tensor, Tensor]:
        """Upper bound of ‖f − g‖_max, (B,), and the output where it is met."""
        size = self.ranges.delta.size
        return size.amax(1), size.argmax(1)


@dataclass(frozen=True)
class Pair:
    """Two networks of one architecture, layer by layer.

    active: (inputs,) flags, the inputs of which some box will have more than one value. known: of
    every layer, ranges of what it gives before its ReLU that hold all over the boxes, flat; or ().
    """

    f: Layers
    g: Layers
    active: Tensor
    known: tuple[Triple, ...] = ()

    @cached_property
    def layers(self) -> list[Joint]:
        """The layers of both."""
        return [Joint(*both) for both in zip(self.f, self.g, strict=True)]

    @cached_property
    def entry(self) -> Entry:
        """The first layer."""
        return Entry(self.layers[0], torch.nonzero(self.active)[:, 0])

    @cached_property
    def widest(self) -> int:
        """Most entries of any place behind the first layer."""
        return max(math.prod(layer.geometry.out_shape) for layer in self.f)

    def outputs(self, box: Range, sharing: bool = False) -> Outputs:
        """Bound f, g and f − g over boxes (B, inputs). Cost: a pass of every symbol a box.

        sharing: also find the shares of the inputs.
        """
        x, owners = self.entry.forms(box)
        shares = Shares.start(len(box.lo), owners) if sharing else None
        most = max(1, _ENTRIES // (len(box.lo) * self.widest))
        known: list[Triple] = [*self.known[:1]]
        for i, layer in enumerate(self.layers):
            ranges, radii = met(x, known)
            after = Place(x, ranges, sizes(x, radii))
            if layer.f.relu:
                made = activated(x, ranges, radii, most)
                shares = shares.grown(x, made.added) if shares else None
                after = Place(made.forms, positive(ranges), made.sizes)
            if i + 1 == len(self.layers):
                break
            x, inside = passed(self.layers[i + 1], after, most)
            known = [*self.known[i + 1 : i + 2], *inside]
        last = met(after.forms, [after.ranges])[0] if layer.f.relu else after.ranges
        return Outputs(after.forms, last, shares)


@dataclass(frozen=True)
class Place:
    """Forms of what a layer reads, ranges of it, and at least the sizes of the forms' terms."""

    forms: Forms
    ranges: Triple
    sizes: tuple[Tensor, Tensor, Tensor]


def sizes(x: Forms, radii: Radii) -> tuple[Tensor, Tensor, Tensor]:
    """At least |constant| + Σ|coefficients| + error of every form, (B, N) each."""
    pairs = ((x.f, radii.f), (x.g, radii.g), (x.delta, radii.delta))
    f, g, delta = (up(form.centre.abs() + radius) for form, radius in pairs)
    return f, g, delta


def passed(layer: Joint, x: Place, most: int) -> tuple[Forms, list[Triple]]:
    """Forms behind a layer, before its ReLU, and ranges of the same by intervals."""
    if layer.plain:
        return layer.passed(x.forms, None, x.sizes), [layer.interval(x.ranges)]
    ranges, radii = met(x.forms, [x.ranges])
    made = activated(x.forms, ranges, radii, most)
    minus = less(made.forms, x.forms)
    both = tuple(2 * a + b for a, b in zip(made.sizes, x.sizes, strict=True))
    return layer.passed(made.forms, minus, both), []


def less(above: Forms, x: Forms) -> Forms:
    """Forms of x⁻ = x⁺ − x over the symbols of ``above``, those of x⁺."""
    old, new = x.symbols, above.symbols
    parts = [
        (above.f, x.f, [old.shared, old.f], [new.shared, new.f]),
        (above.g, x.g, [old.shared, old.g], [new.shared, new.g]),
        (
            above.delta,
            x.delta,
            [old.shared + old.f, old.g, old.delta],
            [new.shared + new.f, new.g, new.delta],
        ),
    ]
    return Forms(*(_difference(*part) for part in parts), new)


def _difference(above: Form, x: Form, old: list[int], new: list[int]) -> Form:
    """x⁺ − x, block of symbols by block; each coefficient rounds once, relative to itself."""
    blocks = []
    for a, b in zip(above.rows.split(new, 1), x.rows.split(old, 1), strict=True):
        block = a.clone()
        block[:, : b.shape[1]] -= b
        blocks.append(block)
    rows = torch.cat(blocks, 1)
    rounded = rounding.margin(rows.shape[1], rows.abs().sum(1))
    return Form(rows, up(up(above.error + x.error) + rounded))
