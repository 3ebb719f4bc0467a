"""Interval arithmetic through signed layers: convolutions with positive and negative parts."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slth.networks.max_pooling import Pooled
from slth.supnorm import rounding
from slth.supnorm.layers import Layer, Layers

_CHUNK = 2**22  # float64 entries held at once by an unrolled layer: 32 MiB


@dataclass(frozen=True)
class Range:
    """Entrywise lo ≤ x ≤ hi; two tensors of one shape."""

    lo: Tensor
    hi: Tensor

    @property
    def size(self) -> Tensor:
        """Largest |x|, entry by entry."""
        return torch.maximum(self.lo.abs(), self.hi.abs())

    def to(self, where: torch.device) -> "Range":
        """The range on a device."""
        return Range(self.lo.to(where), self.hi.to(where))

    def relu(self) -> "Range":
        """Range of max(x, 0)."""
        return Range(self.lo.clamp(min=0), self.hi.clamp(min=0))

    def negate(self) -> "Range":
        """Range of −x."""
        return Range(-self.hi, -self.lo)

    def plus(self, other: "Range") -> "Range":
        """Range of x + y, not widened."""
        return Range(self.lo + other.lo, self.hi + other.hi)

    def widen(self, by: Tensor) -> "Range":
        """Both ends moved outward by ``by``."""
        return Range(rounding.down(self.lo - by), rounding.up(self.hi + by))

    def largest(self, pooled: Pooled) -> "Range":
        """Range of the largest entry of every window."""
        return Range(pooled.largest(self.lo), pooled.largest(self.hi))

    def between(self, pooled: Pooled) -> "Range":
        """Range of max x − max y over every window, this one that of x − y."""
        return Range(-pooled.largest(-self.lo), pooled.largest(self.hi))

    def meet(self, other: "Range") -> "Range":
        """Intersection of two ranges that hold the same number."""
        return Range(torch.maximum(self.lo, other.lo), torch.minimum(self.hi, other.hi))


def linear(layer: Layer, kernel: Tensor, x: Range) -> Range:
    """Range of K ∗ x: K₊ ∗ hi + K₋ ∗ lo above, K₊ ∗ lo + K₋ ∗ hi below. Not widened."""
    above, below = kernel.clamp(min=0), kernel.clamp(max=0)
    ends = torch.stack([x.hi, x.lo])
    first = layer.geometry.apply(above, ends)
    second = layer.geometry.apply(below, ends)
    return Range(first[1] + second[0], first[0] + second[1])


def signed(layer: Layer, plus: Tensor, minus: Tensor, x: Range) -> Range:
    """Range of P ∗ x⁺ − M ∗ x⁻ over the box x, exact up to rounding. Not widened.

    One entry p x⁺ − m x⁻ is p x above 0 and m x below 0, so over [lo, hi] with lo < 0 < hi
    its maximum is max(p hi, m lo, 0) and its minimum min(p hi, m lo, 0). Cost: a convolution when
    P = M or no entry changes sign, else the unrolled layer, one block of output channels at a time.
    """
    if plus is minus or bool((x.lo >= 0).all()):
        return linear(layer, plus, x)
    lo, hi = (layer.geometry.patches(plus, end) for end in (x.lo, x.hi))
    zero = torch.where((lo < 0) & (hi > 0), 0.0, torch.nan)
    rows = max(1, _CHUNK // lo.numel())
    tops, bottoms = [], []
    for p, m in zip(plus.flatten(1).split(rows), minus.flatten(1).split(rows), strict=True):
        p, m = p[:, :, None], m[:, :, None]
        first = p * hi.clamp(min=0) + m * hi.clamp(max=0)
        last = p * lo.clamp(min=0) + m * lo.clamp(max=0)
        # fmax and fmin skip the NaN of entries that cannot be 0
        tops.append(torch.maximum(first, last).fmax(zero).sum(1))
        bottoms.append(torch.minimum(first, last).fmin(zero).sum(1))
    shape = layer.geometry.out_shape
    return Range(torch.cat(bottoms).reshape(shape), torch.cat(tops).reshape(shape))


def output(layer: Layer, x: Range) -> Range:
    """Range of the layer's output before its ReLU, widened for rounding."""
    shift = layer.shift()
    y = signed(layer, layer.plus, layer.minus, x)
    return Range(y.lo + shift, y.hi + shift).widen(layer.spread(x.size))


def propagate(layers: Layers, box: Range) -> list[Range]:
    """Ranges of a network's activations: the input first, the output last."""
    activations = [box]
    for layer in layers:
        y = output(layer, activations[-1])
        if layer.pooled is not None:
            y = y.meet(activations[-layer.pooled.layers].largest(layer.pooled))
        activations.append(y.relu() if layer.relu else y)
    return activations


def evaluation_error(
    layers: Layers,
    activations: list[Range],
    *,
    underflow: bool = False,
    modules: bool = False,
) -> Tensor:
    """Bound |fl f(X) − f(X)| per output over the box; see `slth.supnorm.rounding`.

    fl evaluates the layers as they are, merged ones with their merged kernels, or, with
    ``modules``, the modules that they stand for. e_i = (|K| ∗ e_{i−1})(1 + slack) +
    spread(|x| + e_{i−1}), and, with ``underflow``, what is lost by it where the layers are in units
    of their own. K is the merged kernel either way: an exact layer reads x off by e_{i−1}, and what
    its modules lose besides is relative to all that they add up.
    """
    error = torch.zeros_like(activations[0].lo)
    for layer, x in zip(layers, activations, strict=False):
        carried = layer.geometry.apply(layer.magnitude, error[None])[0]
        before = x.size + error
        computed = layer.modules() if modules else layer
        error = carried * (1 + layer.slack) + computed.spread(before)
        if underflow:
            error = error + computed.flushed(before)
    return error
