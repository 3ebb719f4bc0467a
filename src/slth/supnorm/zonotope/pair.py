"""A pair of networks over boxes: ranges of what every ReLU reads, and the forms of the outputs."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from slth.supnorm.bounds.differential import Triple
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.affine import Joint, positive
from slth.supnorm.zonotope.backward import Backward, Rows
from slth.supnorm.zonotope.dense.network import Dense
from slth.supnorm.zonotope.entry import Entry
from slth.supnorm.zonotope.forms import Forms, difference
from slth.supnorm.zonotope.ranges import Radii, consistent, met
from slth.supnorm.zonotope.relu import Added, activated
from slth.supnorm.zonotope.shares import Shares
from slth.supnorm.zonotope.tighten import narrowed

_ROWS = 2**21  # float64 numbers of a batch of rows at the widest place
_ENTRIES = 2**24  # float64 numbers of the form of δ that may be held, all boxes together
_PRODUCTS = 2**36  # multiplications of one pass of the rows of all boxes


@dataclass(frozen=True)
class Outputs:
    """What is known of f and g over B boxes.

    box: (B, inputs). forms: of the outputs. before: ranges of what every layer gives before its
    ReLU. delta: range of f − g, (B, outputs). shares: how much each symbol depends on each input,
    where that was asked for. at: inputs (R, inputs) where lines of some rows are largest, and the
    box of each.
    """

    box: Range
    forms: Forms
    before: list[Triple]
    delta: Range
    shares: Shares | None
    at: tuple[Tensor, Tensor] | None = None

    def bound(self) -> tuple[Tensor, Tensor]:
        """Upper bound of ‖f − g‖_max, (B,), and the output where it is met."""
        size = self.delta.size
        return size.amax(1), size.argmax(1)


@dataclass(frozen=True)
class Pair:
    """Two networks of one architecture, layer by layer.

    active: (inputs,) flags, the inputs of which some box will have more than one value. known: of
    every layer, ranges of what it gives before its ReLU that hold all over the boxes, flat; or ().
    fixed: (inputs,), the values in every box of inputs that are not active; None: of any value.
    """

    f: Layers
    g: Layers
    active: Tensor
    known: tuple[Triple, ...] = ()
    fixed: Tensor | None = None

    @cached_property
    def layers(self) -> list[Joint]:
        """The layers of both."""
        return [Joint(*both) for both in zip(self.f, self.g, strict=True)]

    @cached_property
    def entry(self) -> Entry:
        """The first layer."""
        return Entry(self.layers[0], torch.nonzero(self.active)[:, 0])

    @cached_property
    def dense(self) -> Dense | None:
        """The pair in compiled code, where it has the form for that."""
        return Dense.of(self.layers, self.entry.active, self.known, self.fixed)

    @cached_property
    def widest(self) -> int:
        """Most entries of any place behind the first layer."""
        return max(math.prod(layer.geometry.out_shape) for layer in self.f)

    @property
    def entries(self) -> int:
        """Entries of all places behind the first layer."""
        return sum(math.prod(layer.geometry.out_shape) for layer in self.f)

    def most(self, boxes: int) -> int:
        """Rows that the form of δ may have, for ``boxes`` boxes side by side."""
        products = max(sum(layer.products for layer in h) for h in (self.f, self.g))
        return min(_ENTRIES // (boxes * self.widest), _PRODUCTS // (boxes * products))

    @property
    def fits(self) -> bool:
        """Whether the inputs' symbols alone are few enough for one box."""
        signs = 1 if self.layers[0].plain else 2
        return signs * int(self.active.sum()) + 1 <= self.most(1)

    def outputs(self, box: Range, sharing: bool = False) -> Outputs:
        """Bound f, g and f − g over boxes (B, inputs). Cost: a pass of every symbol per box.

        sharing: also find the shares of the inputs.
        """
        x, owners = self.entry.forms(box)
        shares = Shares.start(len(box.lo), owners) if sharing else None
        most = self.most(len(box.lo))
        known, before = [*self.known[:1]], []
        behind = [Triple(box, box, Range(torch.zeros_like(box.lo), torch.zeros_like(box.lo)))]
        for i, layer in enumerate(self.layers):
            ranges, radii = met(x, known)
            before.append(ranges)
            after = Place(x, ranges, sizes(x, radii))
            if layer.f.relu:
                made = activated(x, ranges, radii, most)
                shares = shares.grown(x, made.added) if shares else None
                after = Place(made.forms, positive(ranges), made.sizes)
            if i + 1 == len(self.layers):
                break
            behind.append(after.ranges)
            x, inside, added = passed(self.layers[i + 1], after, most)
            if shares and added is not None:
                shares = shares.grown(after.forms, added)
            known = [*self.known[i + 1 : i + 2], *inside, *self.largest(i + 1, behind)]
        last = met(after.forms, [after.ranges])[0] if layer.f.relu else after.ranges
        return Outputs(box, after.forms, before, last.delta, shares)

    def largest(self, i: int, behind: list[Triple]) -> list[Triple]:
        """What max pooling that layer ``i`` ends says; behind: ranges of all that is before it."""
        pool = self.f[i].pooled
        if pool is None:
            return []
        shape = self.f[i + 1 - pool.layers].geometry.in_shape
        x = behind[-pool.layers]
        f, g, delta = (
            Range(r.lo.view(-1, *shape), r.hi.view(-1, *shape)) for r in (x.f, x.g, x.delta)
        )
        found = f.largest(pool), g.largest(pool), delta.between(pool)
        return [Triple(*(Range(r.lo.flatten(1), r.hi.flatten(1)) for r in found))]

    @property
    def linear(self) -> bool:
        """Whether rows can be passed back: no layer but the first tells signs apart."""
        return all(layer.plain for layer in self.layers[1:])

    def sharper(self, found: Outputs, level: float, steps: int) -> Outputs:
        """The same with rows of δ passed back wherever an output may be above ``level``.

        Cost: steps + 1 passes per row, a row per output and sign.
        """
        last = found.before[-1]
        ends = torch.stack([last.delta.hi, -last.delta.lo], 2)
        box, output, side = torch.nonzero(ends > level, as_tuple=True)
        if not self.linear or not len(box):
            return found
        below = Backward(self.layers, found.before, found.box)
        unit = torch.zeros(len(box), ends.shape[1], dtype=torch.float64)
        unit[torch.arange(len(box)), output] = 1.0 - 2.0 * side.double()
        parts = [
            below.bound(Rows(len(self.layers) - 1, rows, -rows, of), steps)
            for rows, of in zip(
                *(part.split(max(1, _ROWS // self.widest)) for part in (unit, box)), strict=True
            )
        ]
        ends[box, output, side] = torch.minimum(
            ends[box, output, side], torch.cat([part.value for part in parts])
        )
        last = Triple(last.f, last.g, Range(-ends[:, :, 1], ends[:, :, 0]))
        delta = positive(last).delta if self.f[-1].relu else last.delta
        return replace(
            found,
            before=[*found.before[:-1], last],
            delta=found.delta.meet(delta),
            at=(torch.cat([part.at for part in parts]), box),
        )

    def evaluation(self, found: Outputs) -> Tensor:
        """Bound |fl f − f| + |fl g − g| per output of every box, (B, outputs)."""
        f, g = self.evaluations(found)
        return up(f + g)

    def evaluations(self, found: Outputs) -> list[Tensor]:
        """Bound |fl f − f| and |fl g − g| per output of every box, (B, outputs) each.

        As `slth.supnorm.ranges.evaluation_error`, with the ranges found; where a ReLU reads at most
        0, and so does its evaluation, nothing is carried on.
        """
        sizes = [found.box.size, found.box.size]
        errors = [torch.zeros_like(size) for size in sizes]
        for layer, x in zip(self.layers, found.before, strict=True):
            before = [size + error for size, error in zip(sizes, errors, strict=True)]
            spreads = layer.spreads((before[0], before[1], torch.zeros_like(before[0])))
            for i, (own, z) in enumerate(((layer.f, x.f), (layer.g, x.g))):
                error = layer.apply(own.magnitude, errors[i]) * (1 + layer.slack) + spreads[i]
                sizes[i] = (z.relu() if own.relu else z).size
                errors[i] = error
                if own.relu:
                    errors[i] = torch.where(up(z.hi + error) <= 0, 0.0, error)
        return errors

    def tightened(self, box: Range, steps: int) -> "Pair":
        """The pair with ranges of every place over one box, narrowed by backward bounds.

        Cost: six rows per entry of every place, steps + 1 passes each; in compiled code only where
        a phase is open.
        """
        if self.dense is not None:
            return replace(self, known=tuple(self.dense.tightened(box, steps)))
        found = self.outputs(box)
        if not self.linear:
            return replace(self, known=tuple(found.before))
        known: list[Triple] = [found.before[0]]
        for top in range(1, len(self.layers)):
            below = Backward(self.layers, known, box)
            known.append(consistent(narrowed(below, top, found.before[top], steps, self.widest)))
        return replace(self, known=tuple(known))


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


def passed(layer: Joint, x: Place, most: int) -> tuple[Forms, list[Triple], Added | None]:
    """Forms behind a layer, before its ReLU, and ranges of the same by intervals.

    And the symbols that the signs of what a signed layer reads added, if it is one.
    """
    if layer.plain:
        return layer.passed(x.forms, None, x.sizes), [layer.interval(x.ranges)], None
    ranges, radii = met(x.forms, [x.ranges])
    made = activated(x.forms, ranges, radii, most)
    minus = less(made.forms, x.forms)
    f, g, delta = (2 * a + b for a, b in zip(made.sizes, x.sizes, strict=True))
    return layer.passed(made.forms, minus, (f, g, delta)), [], made.added


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
    f, g, delta = (difference(*part) for part in parts)
    return Forms(f, g, delta, new)
