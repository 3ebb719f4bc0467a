"""Exact sup-norm difference of two networks of one signed layer."""

import torch

from slth.supnorm import rounding
from slth.supnorm.layers import Layer
from slth.supnorm.ranges import Range, signed


def difference(f: Layer, g: Layer, x: Range) -> Range:
    """Range of (K_f − K_g) ∗ x + b_f − b_g over the box x, per output, before the ReLU.

    With E⁺ = K_f⁺ − K_g⁺ and E⁻ = K_f⁻ − K_g⁻, the signed maximum over [−1, 1] is
    Σ max(E⁺, −E⁻, 0) and the minimum −Σ max(−E⁺, E⁻, 0); their larger absolute value is the sup,
    between ½ Σ max(|E⁺|, |E⁻|) and Σ max(|E⁺|, |E⁻|), the latter when E⁺ = E⁻. Every output entry
    is taken at its own receptive field, so borders and strides are exact. The ends are widened
    for rounding, relative to Σ|terms| of the difference.
    """
    plus = f.plus - g.plus
    minus = plus if f.plain and g.plain else f.minus - g.minus
    y = signed(f, plus, minus, x)
    shift = torch.as_tensor(f.shift()) - torch.as_tensor(g.shift())
    size = torch.maximum(plus.abs(), minus.abs())
    kernel_slack = f.kernel_doubt + g.kernel_doubt
    slack = max(f.slack, g.slack)
    spread = f.geometry.apply(slack * size + (1 + slack) * kernel_slack, x.size[None])[0]
    return Range(y.lo + shift, y.hi + shift).widen(spread + slack * shift.abs() + rounding.FLOOR)


def one_layer(f: Layer, g: Layer, x: Range) -> torch.Tensor:
    """Upper bound per output of |f − g| for one-layer networks; exact without a ReLU.

    With a ReLU it is an upper bound (ReLU is 1-Lipschitz). Cost: one convolution, or one unrolled
    layer when K⁺ ≠ K⁻ and the box holds both signs.
    """
    return difference(f, g, x).size
