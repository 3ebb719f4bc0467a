"""Signed affine layers: y = K⁺ ∗ x⁺ − K⁻ ∗ x⁻ + b, with x⁺ = max(x, 0) and x⁻ = max(−x, 0).

A plain layer has K⁺ = K⁻ = K. A pair ChannelScale(a) → ReLU → Conv2d(V) is one signed layer with
K⁺ = Σ_{a>0} a_h V_h and K⁻ = −Σ_{a<0} |a_h| V_h, block by block (da Cunha, d'Amore, Natale,
NeurIPS 2023: the two subset problems of a block).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from slth.networks.max_pooling import Pooled
from slth.supnorm import rounding

_DENORMAL = 2.0**-1074
_MATRIX = 2**16  # entries of a matrix that is faster than its convolution with few channels
_MANY = 2048  # inputs side by side from which on it is

Pair = tuple[int, int]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Geometry:
    """How a kernel meets its input: a convolution, or a dense layer when ``conv`` is False.

    groups: of a convolution; kernels are written densely, and are 0 outside their groups' blocks.
    """

    in_shape: Shape
    out_shape: Shape
    conv: bool
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def apply(self, kernel: Tensor, x: Tensor) -> Tensor:
        """Kernel (c_out, c_in, k, k) or (out, in) on x (batch, *in_shape) → (batch, *out_shape)."""
        if self.conv:
            own, n = self._blocks(kernel), self.groups
            return F.conv2d(x, own, None, self.stride, self.padding, self.dilation, n)
        return x.flatten(1) @ kernel.T

    def _blocks(self, kernel: Tensor) -> Tensor:
        """The groups' own blocks of a kernel: (c_out, c_in / groups, k, k)."""
        n = self.groups
        if n == 1:
            return kernel
        outputs, inputs, *size = kernel.shape
        at = torch.arange(n)
        return kernel.view(n, outputs // n, n, inputs // n, *size)[at, :, at].flatten(0, 1)

    def many(self, kernel: Tensor, x: Tensor) -> Tensor:
        """`apply`, of many inputs by the convolution's matrix where that is small.

        The terms that the matrix has more are 0: sums round as they do without.
        """
        entries = math.prod(self.in_shape)
        small = entries * math.prod(self.out_shape) <= _MATRIX
        if not self.conv or not small or len(x) < _MANY or kernel[0, 0].numel() == 1:
            return self.apply(kernel, x)
        unit = torch.eye(entries, dtype=kernel.dtype).view(entries, *self.in_shape)
        return (x.flatten(1) @ self.apply(kernel, unit).flatten(1)).view(-1, *self.out_shape)

    def patches(self, kernel: Tensor, x: Tensor) -> Tensor:
        """Receptive fields of x (*in_shape): (fan-in, positions), zero outside the border."""
        if not self.conv:
            return x.reshape(-1, 1)
        size = (kernel.shape[2], kernel.shape[3])
        return F.unfold(x[None], size, self.dilation, self.padding, self.stride)[0]


@dataclass(frozen=True)
class Layer:
    """A signed affine layer and whether a ReLU follows.

    plus, minus: K⁺ and K⁻ (the same object when plain). bias: (c_out,) or None.
    magnitude: at least max(|K⁺|, |K⁻|). terms: longest dot product with K.
    doubt: |computed K − exact K| ≤ doubt, entry by entry; None when K is exact (not merged).
    wide: of a merged layer, what its modules add up: Σ_h |a_h||V_h| and their longest dot product.
    flush: (c_out,), what underflow in the modules' own float64 evaluation adds to an output; None
    where it is 2⁻¹⁰⁷⁴ a term. pooled: the max pooling that ends here, written as this layer and
    some before it; None elsewhere, and where channels have units of their own.
    """

    geometry: Geometry
    plus: Tensor
    minus: Tensor
    bias: Tensor | None
    magnitude: Tensor
    terms: int
    doubt: Tensor | None = None
    wide: tuple[Tensor, int] | None = None
    relu: bool = False
    flush: Tensor | None = None
    pooled: Pooled | None = None

    @property
    def plain(self) -> bool:
        """Whether K⁺ = K⁻."""
        return self.minus is self.plus

    @property
    def products(self) -> int:
        """Multiplications of one application to one input."""
        kernels = self.plus.numel() // self.geometry.groups * (1 if self.plain else 2)
        return kernels * (math.prod(self.geometry.out_shape[1:]) if self.geometry.conv else 1)

    @property
    def slack(self) -> float:
        """Relative outward slack of one application of this layer."""
        return rounding.slack(self.terms)

    @property
    def kernel_doubt(self) -> Tensor:
        """``doubt``, zeros when the kernel is exact."""
        return torch.zeros_like(self.magnitude) if self.doubt is None else self.doubt

    def shift(self) -> Tensor | float:
        """Return the bias, shaped to broadcast against the output; 0.0 without one."""
        if self.bias is None:
            return 0.0
        return self.bias.view(-1, 1, 1) if self.geometry.conv else self.bias

    def affine(self, x: Tensor) -> Tensor:
        """Apply to x (batch, *in_shape) without the ReLU."""
        apply = self.geometry.apply
        if self.plain:
            return apply(self.plus, x) + self.shift()
        return apply(self.plus, F.relu(x)) - apply(self.minus, F.relu(-x)) + self.shift()

    def reach(self, bound: Tensor) -> Tensor:
        """Σ magnitude · bound + |b|: at least |y|, and what the layer's rounding scales with."""
        apply, shift = self.geometry.apply, self.shift()
        return apply(self.magnitude, bound[None])[0] + (
            shift.abs() if isinstance(shift, Tensor) else 0.0
        )

    def spread(self, bound: Tensor) -> Tensor:
        """Bound |computed y − exact y| for |x| ≤ bound, (*in_shape), the exact K meant."""
        spread = rounding.margin(self.terms, self.reach(bound))
        if self.doubt is not None:
            spread = spread + (1 + self.slack) * self.geometry.apply(self.doubt, bound[None])[0]
        return spread

    def flushed(self, bound: Tensor) -> Tensor:
        """Underflow in one evaluation by the modules, |x| ≤ bound: ≤ flush, and ≤ Σ|terms|."""
        reach = self.reach(bound)
        if self.flush is None:
            return torch.full_like(reach, self.terms * _DENORMAL)
        return torch.minimum(reach, self.flush.view(-1, *[1] * (reach.ndim - 1)))

    def modules(self) -> "Layer":
        """The layer with the magnitude and terms of the modules that it stands for."""
        if self.wide is None:
            return self
        return replace(self, magnitude=self.wide[0], terms=self.wide[1], doubt=None, wide=None)

    def to(self, where: torch.device) -> "Layer":
        """The layer on a device."""
        plus = self.plus.to(where)
        return replace(
            self,
            plus=plus,
            minus=plus if self.plain else self.minus.to(where),
            bias=None if self.bias is None else self.bias.to(where),
            magnitude=self.magnitude.to(where),
            doubt=None if self.doubt is None else self.doubt.to(where),
            wide=None if self.wide is None else (self.wide[0].to(where), self.wide[1]),
            flush=None if self.flush is None else self.flush.to(where),
        )

    def signature(self) -> tuple[object, ...]:
        """Everything two layers must share for their networks to be compared."""
        g = self.geometry
        kernel = tuple(self.plus.shape)
        return (kernel, g.in_shape, g.stride, g.padding, g.dilation, self.relu, self.pooled)

    def describe(self) -> str:
        """One layer in words, for error messages."""
        kind = "conv" if self.geometry.conv else "linear"
        size = "×".join(map(str, self.plus.shape))
        return f"{kind} {size} on {self.geometry.in_shape}{' relu' if self.relu else ''}"


Layers = Sequence[Layer]


def forward(layers: Layers, x: Tensor) -> Tensor:
    """Evaluate on x (batch, *input_shape) → (batch, outputs), output axes flattened."""
    for layer in layers:
        x = layer.affine(x)
        if layer.relu:
            x = F.relu(x)
    return x.flatten(1)


def describe(layers: Layers) -> str:
    """A whole network in words."""
    return ", ".join(layer.describe() for layer in layers)


def fan_in(kernel: Tensor) -> int:
    """Terms in one dot product of this kernel."""
    return math.prod(kernel.shape[1:])
