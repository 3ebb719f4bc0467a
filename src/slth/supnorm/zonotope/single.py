"""One network over many boxes: ranges of what its ReLUs read, its outputs, rows passed back.

As `slth.supnorm.zonotope.pair` has it of f, g and f − g together, for what is asked of one network
alone: a third of the rows. Sources: zonotopes (Singh et al., NeurIPS 2018, DeepZ), CROWN (Zhang et
al., NeurIPS 2018) with optimised lower lines (Xu et al., ICLR 2021). Rounding as there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range
from slth.supnorm.rounding import up
from slth.supnorm.zonotope.affine import Joint
from slth.supnorm.zonotope.backward import back, descended, front, side_line
from slth.supnorm.zonotope.entry import Entry
from slth.supnorm.zonotope.forms import Form, difference
from slth.supnorm.zonotope.kinks import Side
from slth.supnorm.zonotope.ranges import around
from slth.supnorm.zonotope.relu import Chord, chosen, single


@dataclass(frozen=True)
class Reached:
    """What is known of the network over boxes (B, inputs).

    form: of the outputs. before: ranges (B, N) of what every layer gives before its ReLU.
    """

    box: Range
    form: Form
    before: list[Range]


@dataclass(frozen=True)
class Place:
    """The form of what a layer reads, a range of it, and at least the size of the form's terms."""

    form: Form
    range: Range
    size: Tensor


@dataclass(frozen=True)
class Single:
    """A network, layer by layer.

    active: (inputs,) flags, the inputs of which some box will have more than one value. most: rows
    that a form may have; beyond it a ReLU's new part goes to the error vectors.
    """

    network: Layers
    active: Tensor
    most: int

    @cached_property
    def layers(self) -> list[Joint]:
        """The layers, each its own twin."""
        return [Joint(layer, layer) for layer in self.network]

    @cached_property
    def entry(self) -> Entry:
        """The first layer."""
        return Entry(self.layers[0], torch.nonzero(self.active)[:, 0])

    def reached(self, box: Range) -> Reached:
        """Bound the network over boxes (B, inputs). Cost: a pass of every symbol per box."""
        x, known, before, behind = self.entry.alone(box), None, [], [box]
        for i, layer in enumerate(self.layers):
            radius = x.radius()
            inside = around(x, radius)
            inside = inside if known is None else inside.meet(known)
            before.append(inside)
            after = Place(x, inside, up(x.centre.abs() + radius))
            if layer.f.relu:
                after = activated(x, inside, radius, self.most)
            behind.append(after.range)
            if i + 1 < len(self.layers):
                x, known = passed(self.layers[i + 1], after, self.most)
                known = self._pooled(i + 1, behind, known)
        return Reached(box, after.form, before)

    def _pooled(self, i: int, behind: list[Range], known: Range | None) -> Range | None:
        """``known`` met with what max pooling that layer ``i`` ends says."""
        pool = self.network[i].pooled
        if pool is None:
            return known
        shape = self.network[i + 1 - pool.layers].geometry.in_shape
        x = behind[-pool.layers]
        top = Range(x.lo.view(-1, *shape), x.hi.view(-1, *shape)).largest(pool)
        top = Range(top.lo.flatten(1), top.hi.flatten(1))
        return top if known is None else top.meet(known)

    @property
    def linear(self) -> bool:
        """Whether rows can be passed back from outputs without a ReLU: no inner layer is signed."""
        return all(layer.plain for layer in self.layers[1:]) and not self.network[-1].relu

    def above(self, found: Reached, rows: Tensor, box: Tensor, steps: int) -> Tensor:
        """Upper bounds (R,) of rows (R, outputs) · the outputs, row r over box[r].

        Needs ``linear``. Cost: steps + 1 passes per row and their gradients.
        """
        sides = [
            Side.of(Range(x.lo[box], x.hi[box])) if layer.relu else None
            for layer, x in zip(self.network[:-1], found.before, strict=False)
        ]
        spreads = [part[box] for part in self._spreads(found)]
        ball = Range(found.box.lo[box], found.box.hi[box])

        def line(slopes: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
            return self._pass(rows, sides, slopes, ball, spreads)

        return descended(line, [side.alpha for side in sides if side is not None], steps).value

    def _spreads(self, found: Reached) -> list[Tensor]:
        """At least what one output of every layer rounds by, (B, N)."""
        size, spreads = found.box.size, []
        for layer, x in zip(self.layers, found.before, strict=True):
            spreads.append(layer.spread(0, size))
            size = (x.relu() if layer.f.relu else x).size
        return spreads

    def _pass(
        self, rows: Tensor, sides: Sequence[Side | None], slopes: list[Tensor], box: Range,
        spreads: list[Tensor],
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        """Value and slack (R,) of the rows' lines, and the inputs where they are largest."""
        a, left = rows, [*slopes]
        value = slack = a.new_zeros(len(a))
        for i in reversed(range(len(self.layers))):
            layer = self.network[i]
            value = value + a @ self.layers[i].shift[0]
            terms = 2 + a.shape[1] / layer.terms
            slack = slack + terms * (a.detach().abs() * spreads[i]).sum(1)
            slack = slack + rounding.gamma(8) * value.detach().abs()
            if i == 0:
                break
            a = back(layer, a)
            side = sides[i - 1]
            if side is not None:
                size = (a.detach().abs() * (side.size + side.rise)).sum(1)
                slack = slack + rounding.margin(3 * a.shape[1], 2 * size)
                a, rise = side_line(a, side, left.pop())
                value = value + rise.sum(1)
        plus = back(self.network[0], a)
        minus = plus if self.network[0].plain else back(self.network[0], a, minus=True)
        gain, at, size = front(plus, minus, box)
        slack = slack + rounding.margin(box.lo.shape[1] + 8, size + value.detach().abs())
        return value + gain, slack, at


def activated(x: Form, inside: Range, radius: Tensor, most: int) -> Place:
    """The form behind a ReLU that reads x, in ``inside``."""
    chord = Chord.of(inside)
    at = chosen(chord.half)
    if x.rows.shape[1] + at.shape[1] > most:
        at = at[:, :0]
    form, size = single(x, chord, radius, at)
    return Place(form, inside.relu(), size)


def passed(layer: Joint, x: Place, most: int) -> tuple[Form, Range | None]:
    """The form behind a layer, before its ReLU, and a range of the same by intervals, if found."""
    if layer.plain:
        form = layer.shifted(0, layer.own(layer.f, x.form, None), layer.spread(0, x.size))
        return form, layer.interval_of(0, x.range, layer.spread(0, x.range.size))
    radius = x.form.radius()
    inside = around(x.form, radius).meet(x.range)
    made = activated(x.form, inside, radius, most)
    counts = [x.form.rows.shape[1]], [made.form.rows.shape[1]]
    form = layer.own(layer.f, made.form, difference(made.form, x.form, *counts))
    return layer.shifted(0, form, layer.spread(0, 2 * made.size + x.size)), None
