"""A closed bound of the error of a ticket over a box, from its kernels alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from slth.checks import FloatArray
from slth.networks.arguments import ends_of_box
from slth.networks.graph import (
    INPUT,
    Activation,
    Add,
    AvgPool,
    Concatenation,
    Convolution,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Step,
)
from slth.networks.network import Network
from slth.tickets.whole.effective import EffectiveLayer
from slth.tickets.whole.geometry import bias_tap


@dataclass(frozen=True, eq=False)
class Span:
    """Of each channel (c,): the target's values lie in [low, high], the ticket's error ≤ error."""

    low: FloatArray
    high: FloatArray
    error: FloatArray

    @property
    def size(self) -> FloatArray:
        """(c,): what the ticket's values are at most, in absolute value."""
        return np.maximum(np.abs(self.low), np.abs(self.high)) + self.error

    def with_zero(self) -> "Span":
        """With the zeros around an image."""
        return Span(np.minimum(self.low, 0), np.maximum(self.high, 0), self.error)


def closed_bound(
    network: Network, layers: Mapping[str, EffectiveLayer], box: tuple[ArrayLike, ArrayLike]
) -> float:
    """Bound ‖target(x) − ticket(x)‖_∞ over a box, in real arithmetic.

    Channel by channel: an interval of the target's values, and the error e of the ticket's. Of a
    layer with kernels K⁺ = K + D⁺, K⁻ = −K + D⁻ and constants B = b·δ + D,

        e_o ≤ Σ_t ‖K_ot‖₁ e_t + Σ_t Σ_taps max(|D⁺|, |D⁻|) (sup |x_t| + e_t) + Σ_taps |D|,

    since K is exact up to the inputs' error and a pixel is positive or negative, not both.
    Activations are 1-Lipschitz, maxima and means over windows too; sums add their errors. box:
    (lo, hi) that broadcast to the input shape. Source: the telescoping of da Cunha, d'Amore, Natale
    (NeurIPS 2023), a channel at a time. Cost: one pass over the kernels.
    """
    lo, hi = ends_of_box(box, network.input_shape)
    spatial = tuple(range(1, lo.ndim))
    low, high = lo.min(axis=spatial), hi.max(axis=spatial)
    spans = {INPUT: Span(low, high, np.zeros(len(low)))}
    for step in network.steps:
        before = [spans[source] for source in step.inputs]
        if isinstance(step, (Convolution, Dense)):
            spans[step.name] = _layer(step, layers.get(step.name), before[0])
        else:
            spans[step.name] = _copied(step, before, network)
    return float(spans[network.output].error.max())


def _layer(layer: Layer, ticket: EffectiveLayer | None, x: Span) -> Span:
    weight = layer.weight.numpy()
    K = weight if weight.ndim == 4 else weight[:, :, None, None]
    groups = layer.groups if isinstance(layer, Convolution) else 1
    if isinstance(layer, Convolution) and any(layer.padding):
        x = x.with_zero()
    positive, negative = np.maximum(K, 0), np.minimum(K, 0)
    bias = 0.0 if layer.bias is None else layer.bias.numpy()
    high = _sums(positive, x.high, groups) + _sums(negative, x.low, groups) + bias
    low = _sums(positive, x.low, groups) + _sums(negative, x.high, groups) + bias
    error = _sums(np.abs(K), x.error, groups)
    if ticket is not None:
        miss = np.abs(ticket.plus.numpy() - K)
        if ticket.minus is not None:
            miss = np.maximum(miss, np.abs(ticket.minus.numpy() + K))
        error = error + _sums(miss, x.size, groups) + _constant(layer, ticket)
    return Span(low, high, error)


def _constant(layer: Layer, ticket: EffectiveLayer) -> FloatArray:
    if ticket.constant is None or layer.bias is None:
        return np.zeros(len(layer.weight))
    found = ticket.constant.numpy().reshape(len(layer.weight), -1).copy()
    found[:, bias_tap(layer)] -= layer.bias.numpy()
    return np.abs(found).sum(axis=1)


def _sums(kernel: FloatArray, values: FloatArray, groups: int) -> FloatArray:
    """Σ_t Σ_taps kernel_ot · values_t, (c_out,)."""
    by_channel = kernel.reshape(groups, len(kernel) // groups, kernel.shape[1], -1).sum(axis=3)
    return np.einsum("qoi,qi->qo", by_channel, values.reshape(groups, -1)).reshape(-1)


def _copied(step: Step, before: list[Span], network: Network) -> Span:
    x = before[0]
    if isinstance(step, Activation):
        return _activated(step, x)
    if isinstance(step, AvgPool):
        return x.with_zero() if any(step.padding) else x
    if isinstance(step, MaxPool):
        return x
    if isinstance(step, Flatten):
        shape = network.shapes[step.inputs[0]]
        each = int(np.prod(shape[1:]))
        return Span(*(np.repeat(v, each) for v in (x.low, x.high, x.error)))
    assert isinstance(step, (Add, Concatenation))
    low, high, error = ([getattr(s, name) for s in before] for name in ("low", "high", "error"))
    if isinstance(step, Add):
        return Span(sum(low[1:], low[0]), sum(high[1:], high[0]), sum(error[1:], error[0]))
    return Span(np.concatenate(low), np.concatenate(high), np.concatenate(error))


def _activated(step: Activation, x: Span) -> Span:
    if step.kind == "relu":
        return Span(x.low.clip(0, step.cap), x.high.clip(0, step.cap), x.error)
    if step.kind == "leaky_relu":
        ends = [np.where(v >= 0, v, step.leak * v) for v in (x.low, x.high)]
        low, high = np.minimum(*ends), np.maximum(*ends)
        if step.leak < 0:
            low = np.minimum(low, 0)
        return Span(low, high, x.error * max(1.0, abs(step.leak)))
    value = np.tanh if step.kind == "tanh" else _sigmoid
    return Span(value(x.low), value(x.high), x.error * (1.0 if step.kind == "tanh" else 0.25))


def _sigmoid(x: FloatArray) -> FloatArray:
    return (1 + np.tanh(x / 2)) / 2
