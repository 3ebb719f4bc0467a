"""The layers of a ticket as the kernels that they compute with."""

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from slth.checks import FloatArray
from slth.networks.graph import Convolution, Layer, Pair, Step
from slth.tickets.whole.geometry import Geometry


@dataclass(frozen=True, eq=False, kw_only=True)
class EffectiveLayer(Step):
    """y = K⁺ ∗ x⁺ + K⁻ ∗ x⁻ + B ∗ 1, what the kept hidden channels of a layer compute together.

    plus: (c_out, c_in / groups, k_h, k_w), Σ_{a>0} a V over the kept hidden channels of each input
    channel, ≈ K. minus: Σ_{a<0} |a| V ≈ −K, or None where inputs are never negative. constant:
    (c_out, 1, k_h, k_w), Σ β V over the kept constants, ≈ b at one tap and 0 at the others; like
    any image they are 0 outside, so that B ∗ 1 has a border; or None. dense: on vectors (batch,
    c_in). stride, padding, dilation, groups: of `Convolution`.
    """

    plus: Tensor
    minus: Tensor | None = None
    constant: Tensor | None = None
    dense: bool = False
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def __call__(self, *x: Tensor) -> Tensor:
        """Values (batch, c_out, …) of inputs (batch, c_in, …), float64."""
        (u,) = x
        u = u[:, :, None, None] if self.dense else u
        y = self._convolved(u if self.minus is None else u.relu(), self.plus, self.groups)
        if self.minus is not None:
            y = y + self._convolved((-u).relu(), self.minus, self.groups)
        if self.constant is not None:
            y = y + self._convolved(torch.ones_like(u[:1, :1]), self.constant, 1)
        return y[:, :, 0, 0] if self.dense else y

    def _convolved(self, u: Tensor, kernel: Tensor, groups: int) -> Tensor:
        return F.conv2d(u, kernel, None, self.stride, self.padding, self.dilation, groups)

    @property
    def words(self) -> str:
        """What it is, for messages and tables."""
        c_out, c_in = self.plus.shape[0], self.plus.shape[1] * self.groups
        return f"ticket of {c_in}→{c_out}, {'×'.join(map(str, self.plus.shape[2:]))}"


def effective_layer(
    layer: Layer, plus: FloatArray, minus: FloatArray | None, constant: FloatArray | None
) -> EffectiveLayer:
    """The step in place of ``layer`` with these kernels, as in `EffectiveLayer`."""
    tensors = (
        None if kernel is None else torch.from_numpy(np.ascontiguousarray(kernel))
        for kernel in (plus, minus, constant)
    )
    held, negative, constants = tensors
    assert held is not None
    made = EffectiveLayer(
        name=layer.name, inputs=layer.inputs, plus=held, minus=negative, constant=constants
    )
    if not isinstance(layer, Convolution):
        return replace(made, dense=True)
    return replace(
        made,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
    )


class Kernels:
    """The kernels of a layer while its hidden channels are chosen, all zero at first."""

    def __init__(self, geometry: Geometry) -> None:
        shape = geometry.weight.shape
        c_out, _, *k = shape
        self.geometry = geometry
        self.plus = np.zeros(shape)
        self.minus = np.zeros(shape) if geometry.signed else None
        self.constant = np.zeros((c_out, 1, *k)) if geometry.biased else None

    def set(self, group: int, channel: int, sign: str, bias: bool, values: FloatArray) -> None:
        """Set the kernels (outputs, taps) of an input channel of a group, or of its constants."""
        rows, k = self.geometry.rows(group), self.plus.shape[2:]
        made = values.reshape(-1, *k)
        if bias:
            assert self.constant is not None
            self.constant[rows, 0] = made
            return
        held = self.plus if sign == "+" else self.minus
        assert held is not None
        held[rows, channel - group * self.geometry.inputs] = made
