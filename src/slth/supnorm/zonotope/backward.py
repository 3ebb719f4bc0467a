"""Bounds of A · z_f + B · z_g over boxes by passing the two rows back through f and g together.

Source: CROWN (Zhang et al., NeurIPS 2018) with optimised lower lines (Xu et al., ICLR 2021); for
pairs, here: at a ReLU whose phase is open in f and in g, where the coefficients a of σ(z_f) and b
of σ(z_g) have opposite signs, a part c of either is split off,
    a σ(z_f) + b σ(z_g) = (a − c) σ(z_f) + (b + c) σ(z_g) + c (σ(z_f) − σ(z_g)),
    c = w sign(a) min(|a|, |b|), w in [0, 1],
and the last is bounded by lines in δ = z_f − z_g (`kinks.Gaps`). Any w and any slopes of lower
lines give a bound, so whatever the steps leave is exact data. Slack: `slth.supnorm.bounds.crown`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.bounds.differential import Triple
from slth.supnorm.dual.stage import adjoint
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range
from slth.supnorm.zonotope.affine import Joint
from slth.supnorm.zonotope.kinks import Gaps, Kinks, Side

_RATE = 0.5  # of the first step of slopes in [0, 1]
_DECAY = 0.75

Slopes = list[tuple[Tensor, Tensor, Tensor]]  # of lower lines of f and g, and w: (R, N) a layer


@dataclass(frozen=True)
class Rows:
    """Rows a · z_f + b · z_g of what layer ``top`` gives before its ReLU.

    a, b: (R, N). box: (R,), the box that each row is asked of.
    """

    top: int
    a: Tensor
    b: Tensor
    box: Tensor


@dataclass(frozen=True)
class Answer:
    """Upper bound of every row and the input of its box where its last lines are largest."""

    value: Tensor
    at: Tensor


@dataclass(frozen=True)
class Backward:
    """The layers below some place and the ranges of what their ReLUs read, over B boxes.

    ranges: before every ReLU, first layer first. box: (B, inputs).
    """

    layers: Sequence[Joint]
    ranges: Sequence[Triple]
    box: Range

    def bound(self, rows: Rows, steps: int) -> Answer:
        """The least bound of each row over ``steps`` steps of its slopes. Cost: a pass per step."""
        kinks = [
            Kinks.of(x).at(rows.box) if layer.f.relu else None
            for layer, x in zip(self.layers[: rows.top], self.ranges, strict=False)
        ]
        spreads = [part[rows.box] for part in self._spreads(rows.top)]
        box = Range(self.box.lo[rows.box], self.box.hi[rows.box])

        def line(flat: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
            slopes = [(flat[i], flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)]
            return self._pass(rows, kinks, slopes, box, spreads)

        start = [
            part for k in kinks if k is not None for part in (k.f.alpha, k.g.alpha, k.gap.worth)
        ]
        return descended(line, start, steps)

    def _spreads(self, top: int) -> list[Tensor]:
        """At least what one output of every layer rounds by, of f and of g: (B, N, 2)."""
        size = self.box.size
        sizes, found = (size, size), []
        for i, layer in enumerate(self.layers[: top + 1]):
            parts = layer.spreads((*sizes, torch.zeros_like(sizes[0])))[:2]
            found.append(torch.stack(parts, 2))
            if i < top:
                x = self.ranges[i]
                f, g = (x.f.relu(), x.g.relu()) if layer.f.relu else (x.f, x.g)
                sizes = (f.size, g.size)
        return found

    def _pass(
        self,
        rows: Rows,
        kinks: list[Kinks | None],
        slopes: Slopes,
        box: Range,
        spreads: list[Tensor],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Value and slack (R,) of the rows' lines, and the inputs where they are largest."""
        a, b, left = rows.a, rows.b, [*slopes]
        value = slack = a.new_zeros(len(a))
        for i in reversed(range(rows.top + 1)):
            layer = self.layers[i]
            value = value + a @ layer.shift[0] + b @ layer.shift[1]
            sizes = torch.stack([a.detach().abs(), b.detach().abs()], 2)
            terms = 2 + a.shape[1] / min(layer.f.terms, layer.g.terms)
            slack = slack + terms * (sizes * spreads[i]).sum((1, 2))
            slack = slack + rounding.gamma(8) * value.detach().abs()
            if i == 0:
                break
            a, b = back(layer.f, a), back(layer.g, b)
            here = kinks[i - 1]
            if here is not None:
                a, b, shift, more = _relu(a, b, here, left.pop())
                value, slack = value + shift, slack + more
        gain, at, size = _pair_front(self.layers[0], a, b, box)
        slack = slack + rounding.margin(box.lo.shape[1] + 8, size + value.detach().abs())
        return value + gain, slack, at


def descended(
    line: Callable[[list[Tensor]], tuple[Tensor, Tensor, Tensor]],
    slopes: list[Tensor],
    steps: int,
) -> Answer:
    """The least bound of every row over ``steps`` sign steps of its slopes, all in [0, 1].

    line: of slopes, the value and slack (R,) of the rows' bounds and where their lines are largest.
    """
    best: Tensor | None = None
    for step in range(steps + 1):
        learning = step < steps and bool(slopes)
        slopes = [part.detach().requires_grad_(learning) for part in slopes]
        with torch.set_grad_enabled(learning):
            value, slack, at = line(slopes)
        found = torch.nan_to_num(rounding.up(value.detach() + slack), nan=torch.inf)
        best = found if best is None else torch.minimum(best, found)
        if not learning or not value.requires_grad:
            break
        with torch.enable_grad():
            grads = torch.autograd.grad(value.sum(), slopes, allow_unused=True)
        slopes = [
            part.detach() if grad is None
            else _clamped(part.detach() - _RATE * _DECAY**step * grad.sign())
            for part, grad in zip(slopes, grads, strict=True)
        ]  # fmt: skip
    assert best is not None
    return Answer(best, at)


def _clamped(slope: Tensor) -> Tensor:
    return slope.clamp(0, 1)


def back(layer: Layer, c: Tensor, minus: bool = False) -> Tensor:
    """Kᵀ c for c (R, outputs): (R, inputs)."""
    kernel = layer.minus if minus else layer.plus
    return adjoint(layer, kernel, c) if layer.geometry.conv else c @ kernel


def _relu(
    a: Tensor, b: Tensor, k: Kinks, slopes: tuple[Tensor, Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Coefficients of z_f and z_g of an upper bound of a σ(z_f) + b σ(z_g), its shift and slack."""
    size = (
        (a.detach().abs() * (k.f.size + k.f.rise)).sum(1)
        + (b.detach().abs() * (k.g.size + k.g.rise)).sum(1)
    )  # fmt: skip
    both = k.f.open & k.g.open & (a * b < 0)
    c = torch.where(both, a.sign() * torch.minimum(a.abs(), b.abs()) * slopes[2], 0.0)
    apart = c.detach().abs() * (k.gap.over.abs() + k.gap.under.abs())
    first, rise_f = side_line(a - c, k.f, slopes[0])
    second, rise_g = side_line(b + c, k.g, slopes[1])
    of_gap, rise = _gap(c, k.gap)
    shift = (rise_f + rise_g + rise).sum(1)
    slack = rounding.margin(3 * a.shape[1], 2 * size + apart.sum(1))
    return first + of_gap, second - of_gap, shift, slack


def side_line(c: Tensor, side: Side, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and rise of an upper line of c σ(z)."""
    below = torch.where(side.open, alpha, side.slope)
    return c * torch.where(c > 0, side.slope, below), c.clamp(min=0) * side.rise


def _gap(c: Tensor, gap: Gaps) -> tuple[Tensor, Tensor]:
    """Slope in δ and rise of an upper line of c (σ(z_f) − σ(z_g))."""
    up_ = c > 0
    return c * torch.where(up_, gap.above, gap.below), c * torch.where(up_, gap.over, gap.under)


def _pair_front(layer: Joint, a: Tensor, b: Tensor, box: Range) -> tuple[Tensor, Tensor, Tensor]:
    """Largest a · (K_f x) + b · (K_g x) over the boxes (R, inputs), where, and Σ|terms|."""
    plus = minus = back(layer.f, a) + back(layer.g, b)
    if not layer.plain:
        minus = back(layer.f, a, minus=True) + back(layer.g, b, minus=True)
    return front(plus, minus, box)


def front(plus: Tensor, minus: Tensor, box: Range) -> tuple[Tensor, Tensor, Tensor]:
    """Largest plus · x⁺ − minus · x⁻ over the boxes (R, inputs), where, and Σ|terms|.

    Linear on either side of 0, entry by entry: largest at an end or at 0.
    """
    lo, hi = box.lo, box.hi
    ends = [plus * end.clamp(min=0) + minus * end.clamp(max=0) for end in (lo, hi)]
    best, at = torch.maximum(*ends), torch.where(ends[1] >= ends[0], hi, lo)
    if minus is not plus:
        inside = (lo < 0) & (hi > 0) & (best.detach() < 0)
        best, at = torch.where(inside, 0.0, best), torch.where(inside, 0.0, at)
    size = torch.maximum(plus.detach().abs(), minus.detach().abs()) * box.size
    return best.sum(1), at, 4 * size.sum(1)
