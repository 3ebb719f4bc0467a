"""CROWN on f − g: f and g relaxed apart, their linear bounds added before the box is taken.

Source: CROWN (Zhang et al., NeurIPS 2018), with DeepPoly's choice of the lower line (Singh et al.,
POPL 2019), then optimised (α-CROWN, Xu et al., ICLR 2021). Flat in ‖f − g‖; of use when the two
networks are far apart.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.dual.coordinates import Coordinates, signed_box
from slth.supnorm.dual.stage import adjoint
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range, output

_TOGETHER = 2**22  # float64 entries of one batch of rows
_INSIDE = 2**20  # the same for the ranges of one layer inside
_STEPS = 12  # gradient steps of the lower lines
_RATE = 0.4  # the first, of slopes in [0, 1]

Pairs = list[tuple[Range, Range]]  # input and pre-activation of every layer


@dataclass(frozen=True)
class Line:
    """Linear form of (x⁺, −x⁻), (T, M, 2), a constant (T,), and its rounding slack (T,)."""

    form: Tensor
    constant: Tensor
    slack: Tensor


@dataclass(frozen=True)
class Kink:
    """Range of what a ReLU reads and, objective by objective, the slope of its lower line."""

    range: Range
    slope: Tensor


@dataclass(frozen=True)
class Lower:
    """Slopes of the lower lines that one network's objectives use, in [0, 1]: (T, N) a ReLU.

    values: by (layer, place), place 0 for a layer's own ReLU and 1 for the signs of its input.
    """

    values: dict[tuple[int, int], Tensor]


def crown(f: Layers, g: Layers, box: Range, steps: int = _STEPS) -> Tensor:
    """Upper bound of |f − g| per output, flat.

    Ranges of the activations are themselves CROWN bounds, where the layer is not too large. The
    lower lines start at DeepPoly's choice and take ``steps`` gradient steps, objective by objective
    (α-CROWN). Every slack is γ times Σ|terms|, layer by layer. Cost: steps + 1 backward passes an
    output, sign and network, and one a neuron.
    """
    front = signed_box(box)
    first, second = tightened(f, box), tightened(g, box)
    outputs = math.prod(f[-1].geometry.out_shape)
    widest = max(math.prod(layer.geometry.out_shape) for layer in f) + 2 * len(front.lo)
    unit = torch.eye(outputs, dtype=torch.float64)
    best = [
        _least(f, g, front, rows, first, second, steps if len(unit) * widest <= _TOGETHER else 0)
        for rows in torch.cat([unit, -unit]).split(max(1, _TOGETHER // widest))
    ]
    return torch.maximum(*torch.cat(best).chunk(2))


def objectives(f: Layers, box: Range, rows: Tensor, steps: int = _STEPS) -> Tensor:
    """Upper bounds over the box of rows · f, rows (T, outputs): (T,). As `crown`, of f alone."""
    front, ranges = signed_box(box), tightened(f, box)
    lower = start(f, rows, ranges)
    best = rows.new_full((len(rows),), torch.inf)
    for step in range(steps + 1):
        flat = list(lower.values.values())
        learning = step < steps and bool(flat)
        for part in flat:
            part.requires_grad_(learning)
        line = back(f, rows, ranges, lower)
        none = Line(0 * line.form, 0 * line.constant, 0 * line.slack)
        value = front.support(line.form) + line.constant
        best = torch.minimum(best, _safe(front, line, none, value))
        if not learning or not value.requires_grad:
            break
        _descend(flat, value, step)
    return best


def _descend(flat: list[Tensor], value: Tensor, step: int) -> None:
    """One step of the lower lines' slopes, in place."""
    slopes = torch.autograd.grad(value.sum(), flat, allow_unused=True)
    for part, slope in zip(flat, slopes, strict=True):
        part.requires_grad_(False)
        if slope is not None:
            part.add_(slope.sign(), alpha=-_RATE * 0.8**step).clamp_(0, 1)


def _least(
    f: Layers,
    g: Layers,
    front: Coordinates,
    rows: Tensor,
    first: Pairs,
    second: Pairs,
    steps: int,
) -> Tensor:
    """Least bound of rows · (f − g) over the steps: (T,)."""
    lower = [start(f, rows, first), start(g, -rows, second)]
    best = rows.new_full((len(rows),), torch.inf)
    for step in range(steps + 1):
        flat = [part for each in lower for part in each.values.values()]
        learning = step < steps and bool(flat)
        for part in flat:
            part.requires_grad_(learning)
        above, below = back(f, rows, first, lower[0]), back(g, -rows, second, lower[1])
        value = front.support(above.form + below.form) + above.constant + below.constant
        best = torch.minimum(best, _safe(front, above, below, value))
        if not learning or not value.requires_grad:
            break
        _descend(flat, value, step)
    return best


def _safe(front: Coordinates, above: Line, below: Line, value: Tensor) -> Tensor:
    form = (above.form + below.form).detach()
    constants = above.constant.detach().abs() + below.constant.detach().abs()
    sums = (form.abs() * front.size).sum((1, 2)) + constants
    slack = above.slack.detach() + below.slack.detach()
    return rounding.up(value.detach() + slack + rounding.margin(form[0].numel() + 4, sums))


def tightened(layers: Layers, box: Range) -> Pairs:
    """`activations`, each pre-activation met with its CROWN bound where that is not too much work.

    Cost: a backward pass per neuron.
    """
    front = signed_box(box)
    ranges: Pairs = []
    x = box
    for i, layer in enumerate(layers):
        y = output(layer, x)
        size = y.lo.numel() * (y.lo.numel() + 2 * len(front.lo))
        if i and layer.relu and size <= _INSIDE:
            rows = torch.eye(y.lo.numel(), dtype=torch.float64)
            part, known = layers[: i + 1], [*ranges, (x, y)]
            ends = []
            for side in (rows, -rows):
                line = back(part, side, known, start(part, side, known), whole=False)
                zero = Line(0 * line.form, 0 * line.constant, 0 * line.slack)
                value = front.support(line.form) + line.constant
                ends.append(_safe(front, line, zero, value).view(y.lo.shape))
            y = y.meet(Range(-ends[1], ends[0]))
        ranges.append((x, y))
        x = y.relu() if layer.relu else y
    return ranges


def activations(layers: Layers, box: Range) -> Pairs:
    """Input and pre-activation ranges of every layer."""
    ranges, x = [], box
    for layer in layers:
        y = output(layer, x)
        ranges.append((x, y))
        x = y.relu() if layer.relu else y
    return ranges


def start(layers: Layers, rows: Tensor, ranges: Pairs) -> Lower:
    """DeepPoly's lower lines for objectives ``rows`` (T, O): y where it is mostly above 0."""
    values = {}
    for i, (layer, (x, y)) in enumerate(zip(layers, ranges, strict=True)):
        for place, here in enumerate((y, x)):
            if (layer.relu, i > 0 and not layer.plain)[place]:
                values[i, place] = (here.hi > -here.lo).double().flatten().repeat(len(rows), 1)
    return Lower(values)


def back(layers: Layers, rows: Tensor, ranges: Pairs, lower: Lower, whole: bool = True) -> Line:
    """Upper bound of rows · layers(x), linear in (x⁺, −x⁻); rows: (T, O).

    whole: with the last layer's ReLU, if it has one.
    """
    c, constant = rows, rows.new_zeros(len(rows))
    slack = constant
    for i in reversed(range(len(layers))):
        layer, (x, y) = layers[i], ranges[i]
        if layer.relu and (whole or i + 1 < len(layers)):
            c, shift, more = _relu(c, Kink(y, lower.values[i, 0]))
            constant, slack = constant + shift, slack + more
        bias = (torch.zeros(layer.geometry.out_shape, dtype=c.dtype) + layer.shift()).flatten()
        terms = 2 + c.shape[1] / layer.terms
        slack = slack + c.detach().abs() @ (terms * layer.spread(x.size).flatten())
        constant = constant + c @ bias
        form = torch.stack([adjoint(layer, k, c) for k in (layer.plus, layer.minus)], -1)
        if i:
            c, shift, more = _signed(form, x, lower.values.get((i, 1)))
            constant, slack = constant + shift, slack + more
        slack = slack + rounding.gamma(8) * constant.detach().abs()
    return Line(form, constant, slack)


def _relu(c: Tensor, y: Kink) -> tuple[Tensor, Tensor, Tensor]:
    """Linear bound of Σ c σ(y): the chord above where c > 0, slope · y below where c < 0."""
    lo, hi = y.range.lo.flatten(), y.range.hi.flatten()
    mixed = (lo < 0) & (hi > 0)
    chord = torch.where(mixed, hi / torch.where(mixed, hi - lo, 1.0), (lo >= 0).double())
    below = torch.where(mixed, y.slope, chord)
    rise = torch.where(mixed, -chord * lo, 0.0)
    shift = c.clamp(min=0) @ rise
    slack = rounding.slack(c.shape[1]) * (c.detach().abs() @ (rise + y.range.size.flatten()))
    return c * torch.where(c > 0, chord, below), shift, slack


def _signed(form: Tensor, x: Range, slope: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Linear bound in x of Σ c₀ x⁺ − c₁ x⁻ = Σ c₁ x + (c₀ − c₁) σ(x); c₀ = c₁ without a slope."""
    size = rounding.gamma(4) * (form.detach().abs().sum(-1) @ x.size.flatten())
    if slope is None:
        return form[..., 1], torch.zeros_like(size), size
    c, shift, slack = _relu(form[..., 0] - form[..., 1], Kink(x, slope))
    return form[..., 1] + c, shift, 2 * slack + size
