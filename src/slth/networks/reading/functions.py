"""Functions, operators and tensor methods that a forward pass calls, as steps.

One a function of `slth.networks.reading.table`, with the arguments that torch's has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from slth.networks.graph import Shape
from slth.networks.reading.builder import Builder, UnreadableError, Value
from slth.networks.reading.leaves import clipped, leaky, normalised


@dataclass(frozen=True)
class Call:
    """Where a function is called: the steps so far, its name, the shape (batch, …) it gives."""

    builder: Builder
    name: str
    shape: Shape


Function = Callable[..., Value]


def relu(c: Call, x: Value, inplace: bool = False) -> Value:
    return c.builder.activation(c.name, x)


def relu6(c: Call, x: Value, inplace: bool = False) -> Value:
    return clipped(c.builder, c.name, x, 0.0, 6.0)


def hardtanh(
    c: Call, x: Value, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Value:
    return clipped(c.builder, c.name, x, min_val, max_val)


def clamp(c: Call, x: Value, min: Any = None, max: Any = None) -> Value:
    low, high = (_number(t, "limit") for t in (min, max))
    return clipped(c.builder, c.name, x, low, high)


def clamp_min(c: Call, x: Value, min: Any) -> Value:
    return clamp(c, x, min)


def leaky_relu(c: Call, x: Value, negative_slope: float = 0.01, inplace: bool = False) -> Value:
    return leaky(c.builder, c.name, x, negative_slope)


def prelu(c: Call, x: Value, weight: Tensor) -> Value:
    return leaky(c.builder, c.name, x, _constant(weight))


def threshold(c: Call, x: Value, threshold: float, value: float, inplace: bool = False) -> Value:
    if (threshold, value) != (0, 0):
        raise UnreadableError(f"got a threshold {threshold} and {value} below it, takes 0 and 0")
    return c.builder.activation(c.name, x)


def tanh(c: Call, x: Value) -> Value:
    return c.builder.activation(c.name, x, "tanh")


def sigmoid(c: Call, x: Value) -> Value:
    return c.builder.activation(c.name, x, "sigmoid")


def conv2d(
    c: Call, x: Value, weight: Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Value:  # fmt: skip
    weight, bias = _constant(weight), None if bias is None else _constant(bias)
    return c.builder.convolution(c.name, x, weight, bias, stride, padding, dilation, groups)


def linear(c: Call, x: Value, weight: Tensor, bias: Any = None) -> Value:
    return c.builder.dense(c.name, x, _constant(weight), None if bias is None else _constant(bias))


def matmul(c: Call, x: Value, other: Tensor) -> Value:
    if not isinstance(x, Value):
        raise UnreadableError("got a matrix times values, takes values times a matrix, x @ W.T")
    return c.builder.dense(c.name, x, _constant(other).t())


def addmm(c: Call, bias: Tensor, x: Value, other: Tensor, beta: Any = 1, alpha: Any = 1) -> Value:
    if (beta, alpha) != (1, 1):
        raise UnreadableError(f"got beta={beta}, alpha={alpha}, takes 1")
    return c.builder.dense(c.name, x, _constant(other).t(), _constant(bias))


def batch_norm(
    c: Call, x: Value, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: Any = 0.1, eps: float = 1e-5,
) -> Value:  # fmt: skip
    mean, variance = (None, None) if training else (running_mean, running_var)
    return normalised(c.builder, c.name, x, mean, variance, weight, bias, eps)


def native_batch_norm(
    c: Call, x: Value, weight: Any, bias: Any, mean: Any, variance: Any, training: bool,
    momentum: float, eps: float, cudnn: bool = False,
) -> Value:  # fmt: skip
    return batch_norm(c, x, mean, variance, weight, bias, training, momentum, eps)


def max_pool2d(
    c: Call, x: Value, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Value:  # fmt: skip
    if return_indices:
        raise UnreadableError("got return_indices=True, takes False")
    return c.builder.pool(c.name, x, kernel_size, stride, padding, ceil_mode, dilation, True)


def avg_pool2d(
    c: Call, x: Value, kernel_size: Any, stride: Any = None, padding: Any = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: Any = None,
) -> Value:  # fmt: skip
    return c.builder.pool(
        c.name, x, kernel_size, stride, padding, ceil_mode,
        count_padding=count_include_pad, divisor=divisor_override,
    )  # fmt: skip


def _adaptive(largest: bool) -> Function:
    def read(c: Call, x: Value, output_size: Any, return_indices: bool = False) -> Value:
        if return_indices:
            raise UnreadableError("got return_indices=True, takes False")
        return c.builder.adaptive(c.name, x, output_size, largest)

    return read


adaptive_avg_pool2d, adaptive_max_pool2d = _adaptive(False), _adaptive(True)


def _over(kind: str) -> Function:
    def read(c: Call, x: Value, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Value:
        count = len(x.shape) + 1
        asked = range(count) if dim is None else dim if isinstance(dim, (tuple, list)) else [dim]
        axes = sorted({int(axis) % count for axis in asked})
        return c.builder.over_axes(c.name, x, axes, c.shape[1:], kind)

    return read


mean, total, amax = _over("mean"), _over("sum"), _over("amax")


def reshaped(c: Call, x: Value, *sizes: Any, **named: Any) -> Value:
    """Whatever keeps the entries and their order: the shape that it gives says all."""
    return c.builder.reshape(x, c.shape[1:])


def item(c: Call, x: Value, index: Any) -> Value:
    """x[:, :, 0, 0] of one pixel, x[:, None], and every s-th pixel, x[:, :, ::s, ::s]."""
    whole = index if isinstance(index, tuple) else (index,)
    if any(i is None or isinstance(i, int) or i is ... for i in whole):
        return c.builder.reshape(x, c.shape[1:])
    slices = [i for i in whole if isinstance(i, slice)]
    if len(slices) != len(whole):
        raise UnreadableError("picks entries by number, takes slices of images")
    steps = [1] * (len(x.shape) + 1)
    for axis, part in enumerate(slices):
        if part.start not in (None, 0) or part.stop is not None:
            raise UnreadableError(f"got the slice {part}, takes whole axes, or every s-th pixel")
        steps[axis] = part.step or 1
    if steps[:2] != [1, 1] or min(steps) < 1:
        raise UnreadableError("picks images or channels, takes every s-th pixel")
    if max(steps) == 1:
        return x
    ones = torch.ones(x.shape[0], 1, 1, 1, dtype=torch.float64)
    return c.builder.convolution(c.name, x, ones, None, tuple(steps[2:]), groups=len(ones))


def index_select(c: Call, x: Value, dim: int, index: Any) -> Value:
    if not isinstance(index, Tensor) or dim % (len(x.shape) + 1) != 1:
        raise UnreadableError("picks other entries than channels by constant numbers, takes dim=1")
    return c.builder.channels(c.name, x, index)


def pad(c: Call, x: Value, pad: Any, mode: str = "constant", value: Any = None) -> Value:
    if mode != "constant" or (value or 0) != 0:
        raise UnreadableError(f"got padding mode {mode!r} and value {value}, takes zeros")
    sides = [*map(int, pad), *[0] * 6][:6]
    if any([*map(int, pad)][6:]):
        raise UnreadableError("pads the batch, takes padding of pixels and channels")
    made = c.builder.pad(c.name, x, (sides[0], sides[1], sides[2], sides[3]))
    if not any(sides[4:]):
        return made
    if min(sides[4:]) < 0:
        raise UnreadableError("cuts channels, takes padding >= 0")
    weight = F.pad(torch.eye(x.shape[0], dtype=torch.float64), (0, 0, sides[4], sides[5]))
    return c.builder.convolution(f"{c.name}.channels", made, weight[:, :, None, None])


def dropout(
    c: Call, x: Value, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Value:
    if training and p:
        raise UnreadableError("draws in eval mode too, takes training=self.training")
    return x


def same(c: Call, x: Value, *rest: Any, **named: Any) -> Value:
    return x


def attribute(c: Call, x: Value, name: str) -> Value:
    if name != "data":
        raise UnreadableError(f"uses .{name} of a value, takes functions on it")
    return x


def cat(c: Call, parts: Any, dim: int = 0, axis: int | None = None) -> Value:
    values = list(parts)
    if not all(isinstance(v, Value) for v in values):
        raise UnreadableError("puts constants beside values, takes values")
    if (dim if axis is None else axis) % (len(values[0].shape) + 1) != 1:
        raise UnreadableError("puts values behind each other along pixels, takes channels, dim=1")
    return values[0] if len(values) == 1 else c.builder.concatenation(c.name, *values)


def add(c: Call, x: Any, other: Any, alpha: Any = 1) -> Value:
    return _sum(c, x, other, float(alpha))


def subtract(c: Call, x: Any, other: Any, alpha: Any = 1) -> Value:
    return _sum(c, x, other, -float(alpha))


def subtract_from(c: Call, x: Any, other: Any, alpha: Any = 1) -> Value:
    return _sum(c, other, x, -float(alpha))


def _sum(c: Call, x: Any, other: Any, sign: float) -> Value:
    b = c.builder
    if isinstance(x, Value) and isinstance(other, Value):
        return b.add(c.name, x, b.scale(f"{c.name}.factor", other, sign))
    if isinstance(x, Value):
        return b.scale(c.name, x, 1.0, _by_channel(other, x) * sign)
    return b.scale(c.name, other, sign, _by_channel(x, other))


def multiply(c: Call, x: Any, other: Any) -> Value:
    if isinstance(x, Value) and isinstance(other, Value):
        raise UnreadableError(
            "multiplies values by values (attention, gates, squeeze and excitation), takes sums "
            "and constants"
        )
    value, constant = (x, other) if isinstance(x, Value) else (other, x)
    return c.builder.scale(c.name, value, _by_channel(constant, value))


def divide(c: Call, x: Any, other: Any, rounding_mode: Any = None) -> Value:
    if isinstance(other, Value) or rounding_mode:
        raise UnreadableError("divides by values, or rounds, takes constants")
    return c.builder.scale(c.name, x, 1.0 / _by_channel(other, x))


def negative(c: Call, x: Value) -> Value:
    return c.builder.scale(c.name, x, -1.0)


def _by_channel(constant: Any, x: Value) -> Tensor:
    """A number, or one a channel, of a constant that broadcasts against (batch, *x.shape)."""
    t = torch.as_tensor(constant)
    if t.is_meta or t.is_complex():
        raise UnreadableError(f"got a constant {t.dtype} on {t.device}, takes real numbers")
    t = t.detach().to("cpu", torch.float64)
    if t.numel() == 1:
        return t.reshape(())
    axes = len(x.shape) + 1
    if t.ndim > axes:
        raise UnreadableError(f"got a constant of shape {tuple(t.shape)}, takes one a channel")
    sizes = [1] * (axes - t.ndim) + list(t.shape)
    if sizes[1] != x.shape[0] or any(n != 1 for i, n in enumerate(sizes) if i != 1):
        raise UnreadableError(
            f"got a constant of shape {tuple(t.shape)} for values {x.shape}, takes a number or one "
            "a channel, (c, 1, 1)"
        )
    return t.flatten()


def _number(value: Any, what: str) -> float | None:
    if isinstance(value, Value) or (isinstance(value, Tensor) and value.numel() != 1):
        raise UnreadableError(f"got a {what} that is no number, takes one")
    return None if value is None else float(value)


def _constant(weight: Any) -> Tensor:
    if not isinstance(weight, Tensor):
        raise UnreadableError(
            "has weights that depend on the input (attention, dynamic filters), takes constant ones"
        )
    return weight
