"""The steps that a network which was read is made of: what each reads, computes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

Pair = tuple[int, int]
Shape = tuple[int, ...]

INPUT = "input"  # the name of what the network is given
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid")


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """One operation of a network.

    name: unique in the network; of the caller's module, dotted, where there is one, else of the
    operation. inputs: names of the steps that it reads, or `INPUT`.
    """

    name: str
    inputs: tuple[str, ...]

    def __call__(self, *x: Tensor) -> Tensor:
        """Values (batch, …) of this step from those of its inputs, float64."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """What it is, for messages and tables."""
        return type(self).__name__


@dataclass(frozen=True, eq=False, kw_only=True)
class Convolution(Step):
    """y = K ∗ x + b with zeros around x, on images (batch, c_in, h, w).

    weight: (c_out, c_in / groups, k_h, k_w) float64. bias: (c_out,) float64 or None. stride,
    padding, dilation: (rows, columns); padding zeros stand on both sides. groups: output channels
    of group q, q·c_out/groups …, read the c_in/groups input channels of the same group; depthwise
    where groups = c_in. Batch norm and other scalings of a channel are in weight and bias; those
    that follow no layer are a depthwise 1×1 convolution.
    """

    weight: Tensor
    bias: Tensor | None = None
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def __call__(self, *x: Tensor) -> Tensor:
        (u,) = x
        return F.conv2d(
            u, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    @property
    def words(self) -> str:
        c_out, c_in = self.weight.shape[0], self.weight.shape[1] * self.groups
        size = "×".join(map(str, self.weight.shape[2:]))
        said = [f"convolution {size}", f"{c_in}→{c_out}"]
        said += [f"stride {_sides(self.stride)}"] if self.stride != (1, 1) else []
        said += [f"padding {_sides(self.padding)}"] if self.padding != (0, 0) else []
        said += [f"dilation {_sides(self.dilation)}"] if self.dilation != (1, 1) else []
        said += [f"groups {self.groups}"] if self.groups != 1 else []
        return ", ".join(said + (["bias"] if self.bias is not None else []))


@dataclass(frozen=True, eq=False, kw_only=True)
class Dense(Step):
    """y = W x + b on vectors (batch, c_in). weight: (c_out, c_in), bias: (c_out,) or None."""

    weight: Tensor
    bias: Tensor | None = None

    def __call__(self, *x: Tensor) -> Tensor:
        return F.linear(x[0], self.weight, self.bias)

    @property
    def words(self) -> str:
        c_out, c_in = self.weight.shape
        return f"dense {c_in}→{c_out}" + (", bias" if self.bias is not None else "")


@dataclass(frozen=True, eq=False, kw_only=True)
class Activation(Step):
    """An activation, entry by entry.

    kind: "relu" is min(max(u, 0), cap), so that ReLU6 has cap = 6; "leaky_relu" is u for u ≥ 0 and
    leak·u otherwise; "tanh"; "sigmoid". leak: 0 elsewhere. cap: inf but for a capped ReLU.
    """

    kind: str = "relu"
    leak: float = 0.0
    cap: float = float("inf")

    def __call__(self, *x: Tensor) -> Tensor:
        (u,) = x
        if self.kind == "relu":
            return u.clamp(min=0.0, max=self.cap) if self.cap < float("inf") else F.relu(u)
        if self.kind == "leaky_relu":
            return F.leaky_relu(u, self.leak)
        return torch.tanh(u) if self.kind == "tanh" else torch.sigmoid(u)

    @property
    def plain_relu(self) -> bool:
        """Whether it is max(u, 0)."""
        return self.kind == "relu" and self.cap == float("inf")

    @property
    def words(self) -> str:
        if self.kind == "relu":
            return "ReLU" if self.plain_relu else f"ReLU capped at {self.cap:g}"
        return f"leaky ReLU {self.leak:g}" if self.kind == "leaky_relu" else self.kind


@dataclass(frozen=True, eq=False, kw_only=True)
class _Pool(Step):
    size: Pair | None = None
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    ceil_mode: bool = False

    @property
    def words(self) -> str:
        kind = "max pooling" if isinstance(self, MaxPool) else "average pooling"
        if self.size is None:
            return f"{kind} over the image"
        stride = "" if self.stride == self.size else f", stride {_sides(self.stride)}"
        padding = "" if self.padding == (0, 0) else f", padding {_sides(self.padding)}"
        return f"{kind} {_sides(self.size)}{stride}{padding}"


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxPool(_Pool):
    """The largest entry of windows of images, (batch, c, h, w); 1-Lipschitz in the sup norm.

    size, stride, padding, dilation: (rows, columns); entries outside are left out. size None: the
    whole image, whatever it measures, to (batch, c, 1, 1); only where no example gave its shape.
    ceil_mode: a last window that is not whole counts; only where that makes a difference.
    """

    dilation: Pair = (1, 1)

    def __call__(self, *x: Tensor) -> Tensor:
        if self.size is None:
            return x[0].amax((2, 3), keepdim=True)
        return F.max_pool2d(
            x[0], self.size, self.stride, self.padding, self.dilation, self.ceil_mode
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class AvgPool(_Pool):
    """The mean of windows of images, (batch, c, h, w); 1-Lipschitz in the sup norm.

    size, stride, padding, ceil_mode: as in `MaxPool`. count_padding: zeros outside count, so that
    every mean divides by the same number; False only where that makes a difference. Without
    ceil_mode and with count_padding it is a depthwise convolution with weights 1/(rows·columns).
    """

    count_padding: bool = True

    def __call__(self, *x: Tensor) -> Tensor:
        if self.size is None:
            return x[0].mean((2, 3), keepdim=True)
        return F.avg_pool2d(
            x[0], self.size, self.stride, self.padding, self.ceil_mode, self.count_padding
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Add(Step):
    """The sum of two or more values of one shape: a residual connection. No weights."""

    def __call__(self, *x: Tensor) -> Tensor:
        total = x[0]
        for other in x[1:]:
            total = total + other
        return total

    @property
    def words(self) -> str:
        return f"sum of {len(self.inputs)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Concatenation(Step):
    """The channels of two or more values behind each other, (batch, Σ c, …). No weights."""

    def __call__(self, *x: Tensor) -> Tensor:
        return torch.cat(x, dim=1)

    @property
    def words(self) -> str:
        return f"channels of {len(self.inputs)}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Flatten(Step):
    """(batch, c, h, w) to (batch, c·h·w), in that order."""

    def __call__(self, *x: Tensor) -> Tensor:
        return x[0].flatten(1)

    @property
    def words(self) -> str:
        return "flatten"


Layer = Convolution | Dense


def _sides(pair: Sequence[int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"
