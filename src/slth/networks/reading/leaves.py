"""Modules of torch (and of this project) that are steps: what each one does to a value."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from slth.networks.modules import ChannelScale
from slth.networks.reading.builder import Builder, UnreadableError, Value

Leaf = Callable[[Builder, str, Any, Value], Value]


def _convolution(b: Builder, name: str, m: nn.Conv2d, x: Value) -> Value:
    if m.padding_mode != "zeros":
        raise UnreadableError(f"got padding_mode={m.padding_mode!r}, takes 'zeros'")
    return b.convolution(name, x, m.weight, m.bias, m.stride, m.padding, m.dilation, m.groups)


def _dense(b: Builder, name: str, m: nn.Linear, x: Value) -> Value:
    return b.dense(name, x, m.weight, m.bias)


def _channel_scale(b: Builder, name: str, m: ChannelScale, x: Value) -> Value:
    last = int(m.block.max()) if len(m.block) else 0
    if last >= x.shape[0]:
        raise UnreadableError(f"reads channel {last}, takes inputs that have it: got {x.shape[0]}")
    weight = m.weight.new_zeros(len(m.weight), x.shape[0])
    weight[torch.arange(len(m.weight)), m.block] = m.weight.detach()
    if len(x.shape) == 1:
        return b.dense(name, x, weight)
    return b.convolution(name, x, weight[:, :, None, None])


def normalised(
    b: Builder, name: str, x: Value, mean: Any, variance: Any, weight: Any, bias: Any, eps: float
) -> Value:
    """Batch norm with fixed statistics: γ(x − μ)/√(σ² + ε) + β."""
    if mean is None or variance is None:
        raise UnreadableError(
            "normalises by the images of the minibatch, takes running statistics: "
            "track_running_stats=True, trained so"
        )
    mean, variance = mean.detach().double(), variance.detach().double()
    scale = torch.rsqrt(variance + eps)
    scale = scale if weight is None else scale * weight.detach().double()
    shift = -mean * scale if bias is None else bias.detach().double() - mean * scale
    if len(scale) != x.shape[0]:
        raise UnreadableError(f"got {x.shape[0]} channels, takes {len(scale)}")
    return b.scale(name, x, scale, shift)


def _batch_norm(b: Builder, name: str, m: Any, x: Value) -> Value:
    dims = {nn.BatchNorm1d: (1,), nn.BatchNorm2d: (3,)}.get(type(m), (1, 3))
    if len(x.shape) not in dims:
        raise UnreadableError(f"got values of shape {x.shape}, takes one of its own dimension")
    return normalised(b, name, x, m.running_mean, m.running_var, m.weight, m.bias, m.eps)


def clipped(b: Builder, name: str, x: Value, low: float | None, high: float | None) -> Value:
    """min(max(x, low), high) where it is a ReLU, capped or not."""
    low = 0.0 if (low is None or low <= 0) and b.nonnegative(x.source) else low
    if low != 0 or not (high is None or high > 0):
        raise UnreadableError(
            f"got entries clipped to [{low}, {high}], takes 0 as the lower end: a ReLU, ReLU6"
        )
    return b.activation(name, x, "relu", cap=float("inf") if high is None else float(high))


def leaky(b: Builder, name: str, x: Value, slope: Any) -> Value:
    """U for u ≥ 0, slope·u otherwise, one slope for all channels."""
    values = torch.as_tensor(slope, dtype=torch.float64).detach().flatten().unique()
    if len(values) != 1:
        raise UnreadableError("got a slope of its own for each channel, takes one slope")
    leak = float(values)
    if leak == 0:
        return b.activation(name, x)
    return x if leak == 1 else b.activation(name, x, "leaky_relu", leak)


def _max_pool(b: Builder, name: str, m: nn.MaxPool2d, x: Value) -> Value:
    if m.return_indices:
        raise UnreadableError("got return_indices=True, takes False")
    return b.pool(name, x, m.kernel_size, m.stride, m.padding, m.ceil_mode, m.dilation, True)


def _average_pool(b: Builder, name: str, m: nn.AvgPool2d, x: Value) -> Value:
    return b.pool(
        name, x, m.kernel_size, m.stride, m.padding, m.ceil_mode,
        count_padding=m.count_include_pad, divisor=m.divisor_override,
    )  # fmt: skip


def flattened(b: Builder, x: Value, start: int, end: int) -> Value:
    """Axes start … end (batch 0) as one."""
    axes = len(x.shape) + 1
    first, last = (i % axes if axes else 0 for i in (start, end))
    if first == 0:
        raise UnreadableError("flattens the batch too, takes start_dim=1")
    shape = x.shape[: first - 1], x.shape[first - 1 : last], x.shape[last:]
    whole = 1
    for n in shape[1]:
        whole *= n
    return b.reshape(x, (*shape[0], whole, *shape[2]))


def _constant_pad(b: Builder, name: str, m: Any, x: Value) -> Value:
    if m.value != 0:
        raise UnreadableError(f"pads with {m.value}, takes zeros")
    left, right, top, bottom = map(int, m.padding)
    return b.pad(name, x, (left, right, top, bottom))


def _same(b: Builder, name: str, m: nn.Module, x: Value) -> Value:
    return x


def _unflatten(b: Builder, name: str, m: nn.Unflatten, x: Value) -> Value:
    if m.dim not in (1, -len(x.shape)) or isinstance(m.dim, str):
        raise UnreadableError("unflattens another axis than the first, takes dim=1")
    sizes = [int(n) for n in m.unflattened_size]
    known = 1
    for n in sizes:
        known *= n if n > 0 else 1
    whole = [n if n > 0 else x.shape[0] // known for n in sizes]
    return b.reshape(x, (*whole, *x.shape[1:]))


LEAVES: dict[type[nn.Module], Leaf] = {
    nn.Conv2d: _convolution,
    nn.Linear: _dense,
    ChannelScale: _channel_scale,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.SyncBatchNorm: _batch_norm,
    nn.ReLU: lambda b, name, m, x: b.activation(name, x),
    nn.ReLU6: lambda b, name, m, x: clipped(b, name, x, 0.0, 6.0),
    nn.Hardtanh: lambda b, name, m, x: clipped(b, name, x, m.min_val, m.max_val),
    nn.LeakyReLU: lambda b, name, m, x: leaky(b, name, x, m.negative_slope),
    nn.PReLU: lambda b, name, m, x: leaky(b, name, x, m.weight),
    nn.Tanh: lambda b, name, m, x: b.activation(name, x, "tanh"),
    nn.Sigmoid: lambda b, name, m, x: b.activation(name, x, "sigmoid"),
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.AdaptiveAvgPool2d: lambda b, name, m, x: b.adaptive(name, x, m.output_size),
    nn.AdaptiveMaxPool2d: lambda b, name, m, x: b.adaptive(name, x, m.output_size, True),
    nn.Flatten: lambda b, name, m, x: flattened(b, x, m.start_dim, m.end_dim),
    nn.Unflatten: _unflatten,
    nn.ZeroPad2d: _constant_pad,
    nn.ConstantPad2d: _constant_pad,
    nn.Identity: _same,
    nn.Dropout: _same,
    nn.Dropout1d: _same,
    nn.Dropout2d: _same,
    nn.Dropout3d: _same,
    nn.AlphaDropout: _same,
    nn.FeatureAlphaDropout: _same,
}
INPLACE = (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.LeakyReLU)
FORWARDS = {
    kind: {key: getattr(kind, key) for key in ("forward", "_conv_forward") if hasattr(kind, key)}
    for kind in LEAVES
}

# class name begins with → what is taken in its place
WAYS_OUT = {
    "Softmax": "leave it out: give the module that ends in the logits",
    "LogSoftmax": "leave it out: give the module that ends in the logits",
    "MultiheadAttention": "attention multiplies values by values, which no layer does",
    "Transformer": "attention multiplies values by values, which no layer does",
    "LayerNorm": "it divides by statistics of each input; train with batch norm instead",
    "GroupNorm": "it divides by statistics of each input; train with batch norm instead",
    "InstanceNorm": "it divides by statistics of each input; train with batch norm instead",
    "LocalResponseNorm": "it divides by statistics of each input; train with batch norm instead",
    "Conv1d": "write it as a Conv2d of height 1",
    "Conv3d": "two-dimensional convolutions are read",
    "ConvTranspose": "convolutions without transposition are read",
    "BatchNorm3d": "two-dimensional images are read",
    "DataParallel": "give its .module",
    "DistributedDataParallel": "give its .module",
}
ACTIVATIONS = (
    "GELU SiLU ELU CELU SELU Mish Softplus Hardswish Hardsigmoid Softsign Tanhshrink RReLU"
)


def way_out(kind: str) -> str:
    """What to do in place of a class of torch that is no step."""
    found = next((words for key, words in WAYS_OUT.items() if kind.startswith(key)), "")
    if kind in ACTIVATIONS.split():
        found = "train it with ReLU, ReLU6, LeakyReLU, Tanh or Sigmoid"
    return found or (
        "convolutions, Linear, batch norm, ReLU and its kin, pooling, sums and flattening are read"
    )
