"""CROWN on f − g: f and g relaxed apart, their linear bounds added before the box is taken.

Source: CROWN (Zhang et al., NeurIPS 2018), with DeepPoly's choice of the lower line (Singh et al.,
POPL 2019). Flat in ‖f − g‖; of use when the two networks are far apart.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.coordinates import signed_box
from slth.supnorm.layers import Layers
from slth.supnorm.ranges import Range, output
from slth.supnorm.stage import adjoint

_TOGETHER = 2**22  # float64 entries of one batch of rows


@dataclass(frozen=True)
class Line:
    """Linear form of (x⁺, −x⁻), (T, M, 2), a constant (T,), and its rounding slack (T,)."""

    form: Tensor
    constant: Tensor
    slack: Tensor


def crown(f: Layers, g: Layers, box: Range) -> Tensor:
    """Upper bound of |f − g| per output, flat. Cost: one backward pass an output, sign and network.

    Ranges of the activations are intervals. Every slack is γ times Σ|terms|, layer by layer.
    """
    front = signed_box(box)
    first, second = activations(f, box), activations(g, box)
    outputs = math.prod(f[-1].geometry.out_shape)
    widest = max(math.prod(layer.geometry.out_shape) for layer in f) + 2 * len(front.lo)
    best = []
    for sign in (1.0, -1.0):
        parts = []
        for rows in (sign * torch.eye(outputs, dtype=torch.float64)).split(
            max(1, _TOGETHER // widest)
        ):
            above, below = back(f, rows, first), back(g, -rows, second)
            form = above.form + below.form
            size = (form.abs() * front.size).sum((1, 2))
            sums = size + above.constant.abs() + below.constant.abs()
            value = front.support(form) + above.constant + below.constant
            slack = above.slack + below.slack + rounding.slack(form[0].numel() + 4) * sums
            parts.append(rounding.up(value + slack))
        best.append(torch.cat(parts))
    return torch.maximum(*best)


def activations(layers: Layers, box: Range) -> list[tuple[Range, Range]]:
    """Input and pre-activation ranges of every layer."""
    ranges, x = [], box
    for layer in layers:
        y = output(layer, x)
        ranges.append((x, y))
        x = y.relu() if layer.relu else y
    return ranges


def back(layers: Layers, rows: Tensor, ranges: list[tuple[Range, Range]]) -> Line:
    """Upper bound of rows · layers(x), linear in (x⁺, −x⁻); rows: (T, O)."""
    c, constant = rows, rows.new_zeros(len(rows))
    slack = constant
    for i in reversed(range(len(layers))):
        layer, (x, y) = layers[i], ranges[i]
        if layer.relu:
            c, shift, more = _relu(c, y)
            constant, slack = constant + shift, slack + more
        bias = (torch.zeros(layer.geometry.out_shape, dtype=c.dtype) + layer.shift()).flatten()
        terms = 2 + c.shape[1] / layer.terms
        slack = slack + c.abs() @ (terms * layer.spread(x.size).flatten())
        constant = constant + c @ bias
        form = torch.stack([adjoint(layer, k, c) for k in (layer.plus, layer.minus)], -1)
        if i:
            c, shift, more = _signed(form, x)
            constant, slack = constant + shift, slack + more
        slack = slack + rounding.gamma(8) * constant.abs()
    return Line(form, constant, slack)


def _relu(c: Tensor, y: Range) -> tuple[Tensor, Tensor, Tensor]:
    """Linear bound of Σ c σ(y): the chord above where c > 0, 0 or y below where c < 0."""
    lo, hi = y.lo.flatten(), y.hi.flatten()
    mixed = (lo < 0) & (hi > 0)
    chord = torch.where(mixed, hi / (hi - lo).clamp(min=1e-300), (lo >= 0).double())
    below = torch.where(mixed, (hi > -lo).double(), chord)
    rise = torch.where(mixed, -chord * lo, 0.0)
    positive = c.clamp(min=0)
    slope = torch.where(c > 0, chord, below)
    shift = positive @ rise
    return c * slope, shift, rounding.slack(c.shape[1]) * (c.abs() @ (rise + y.size.flatten()))


def _signed(form: Tensor, x: Range) -> tuple[Tensor, Tensor, Tensor]:
    """Linear bound in x of Σ c₀ x⁺ − c₁ x⁻ = Σ c₁ x + (c₀ − c₁) σ(x)."""
    kink = form[..., 0] - form[..., 1]
    c, shift, slack = _relu(kink, x)
    return (
        form[..., 1] + c,
        shift,
        2 * slack + rounding.gamma(4) * (form.abs().sum(-1) @ x.size.flatten()),
    )
