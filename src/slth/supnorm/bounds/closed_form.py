"""The recurrence e_i ≤ κ_i e_{i−1} + η_i (‖f_{i−1}‖ + e_{i−1}) in numbers, without intervals."""

import math

from torch import Tensor

from slth.supnorm import rounding
from slth.supnorm.layers import Layer, Layers


def closed_form(f: Layers, g: Layers, radius: float) -> float:
    """Upper bound on sup ‖f(X) − g(X)‖_max over ‖X‖_max ≤ radius.

    κ_i = max_t ‖K⁽ⁱ⁾_t‖₁ of f, η_i = max_t ‖E⁽ⁱ⁾_t‖₁, E = K_f − K_g, ‖f_i‖ ≤ κ_i ‖f_{i−1}‖ + ‖b‖,
    e_0 = 0; a bias adds ‖b_f − b_g‖_max to e_i. For signed kernels the entries are
    max(|K⁺|, |K⁻|): x_f⁺ − x_g⁺ and −(x_f⁻ − x_g⁻) have one sign and sum to x_f − x_g. Max pooling
    changes neither number. Every number is inflated for rounding. Cost: linear in the number of
    weights.
    """
    error, size = 0.0, radius
    met = [(error, size)]
    for first, second in zip(f, g, strict=True):
        inflate = 1 + 2 * max(first.slack, second.slack)
        kappa, eta = _row_norm(_largest_kernel(first)), _row_norm(_deviation(first, second))
        gap = kappa * error + eta * (size + error) + _bias_gap(first, second)
        error = gap * inflate + rounding.FLOOR
        size = (kappa * size + _largest(first.bias)) * inflate + rounding.FLOOR
        if first.pooled is not None:
            error, size = met[-first.pooled.layers]
        met.append((error, size))
    return error if math.isfinite(error) else math.inf


def _row_norm(kernel: Tensor) -> float:
    return float(kernel.flatten(1).abs().sum(1).max())


def _largest_kernel(layer: Layer) -> Tensor:
    return layer.plus.abs().maximum(layer.minus.abs()) + layer.kernel_doubt


def _deviation(f: Layer, g: Layer) -> Tensor:
    gap = (f.plus - g.plus).abs()
    if not (f.plain and g.plain):
        gap = gap.maximum((f.minus - g.minus).abs())
    return gap + f.kernel_doubt + g.kernel_doubt


def _largest(bias: Tensor | None) -> float:
    return 0.0 if bias is None else float(bias.abs().max())


def _bias_gap(f: Layer, g: Layer) -> float:
    if f.bias is None or g.bias is None:
        return max(_largest(f.bias), _largest(g.bias))
    return _largest(f.bias - g.bias)
