"""Operators of ONNX as steps: one function each, with the operator's inputs as arguments."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slth.networks.reading import functions as torch_functions
from slth.networks.reading.builder import Builder, Sides, UnreadableError, Value
from slth.networks.reading.functions import Call
from slth.networks.reading.leaves import clipped, leaky, normalised


@dataclass(frozen=True)
class Node:
    """A node of a file: the steps so far, its name, the batch that shapes count, its proto."""

    builder: Builder
    name: str
    batch: int
    proto: Any

    def get(self, name: str, default: Any) -> Any:
        """An attribute, or what it is without."""
        for attribute in self.proto.attribute:
            if attribute.name == name:
                kinds = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints"}
                value = getattr(attribute, kinds[attribute.type])
                return value.decode() if isinstance(value, bytes) else value
        return default

    def set(self, name: str, numbers: list[int], instead: str) -> None:
        """Say an attribute by numbers: onnx.reference reads auto_pad by the wrong axes."""
        kept = [a for a in self.proto.attribute if a.name not in (name, instead)]
        made = type(self.proto.attribute[0])(name=name, ints=numbers, type=7)
        del self.proto.attribute[:]
        self.proto.attribute.extend([*kept, made])

    def call(self, shape: tuple[int, ...]) -> Call:
        """As a function of torch that gives a shape."""
        return Call(self.builder, self.name, shape)


Operator = Callable[..., Value]


def _conv(n: Node, x: Value, weight: Any, bias: Any = None) -> Value:
    w = _tensor(weight)
    step, spread = _ints(n, "strides", [1, 1]), _ints(n, "dilations", [1, 1])
    sides = _sides(n, x, list(w.shape[2:]), step, spread)
    b = None if bias is None else _tensor(bias)
    groups = int(n.get("group", 1))
    return n.builder.convolution(n.name, x, w, b, step, sides, spread, groups)


def _gemm(n: Node, x: Value, weight: Any, bias: Any = None) -> Value:
    if n.get("transA", 0):
        raise UnreadableError("got transA = 1, takes 0")
    w = _tensor(weight) * float(n.get("alpha", 1.0))
    w = w if n.get("transB", 0) else w.t()
    b = None
    if bias is not None:
        b = (_tensor(bias) * float(n.get("beta", 1.0))).broadcast_to(1, len(w)).flatten()
    return n.builder.dense(n.name, x, w, b)


def _matmul(n: Node, x: Value, weight: Any) -> Value:
    if not isinstance(x, Value):
        raise UnreadableError("got a matrix times values, takes values times a matrix")
    return n.builder.dense(n.name, x, _tensor(weight).t())


def _batch_norm(n: Node, x: Value, scale: Any, bias: Any, mean: Any, variance: Any) -> Value:
    if n.get("training_mode", 0):
        raise UnreadableError("got training_mode = 1, takes 0: export the module in eval()")
    mean, variance, scale, bias = map(_tensor, (mean, variance, scale, bias))
    return normalised(
        n.builder, n.name, x, mean, variance, scale, bias, float(n.get("epsilon", 1e-5))
    )


def _clip(n: Node, x: Value, low: Any = None, high: Any = None) -> Value:
    ends = n.get("min", low), n.get("max", high)
    low, high = (None if e is None else float(np.asarray(e)) for e in ends)
    high = None if high is not None and high > 1e300 else high
    return clipped(n.builder, n.name, x, low, high)


def _pool(largest: bool) -> Operator:
    def read(n: Node, x: Value) -> Value:
        size, step = _ints(n, "kernel_shape", []), _ints(n, "strides", [1, 1])
        if len(size) != 2 or len(n.proto.output) > 1:
            raise UnreadableError("got a window that is not 2-D, or indices, takes images")
        spread = _ints(n, "dilations", [1, 1])
        left, right, top, bottom = _sides(n, x, size, step, spread)
        counts = bool(n.get("count_include_pad", 0))
        if (left, top) != (right, bottom):
            zero = n.builder.nonnegative(x.source) if largest else counts
            if not zero or n.get("ceil_mode", 0):
                raise UnreadableError("got uneven padding, takes as many pixels on both sides")
            x = n.builder.pad(f"{n.name}.padding", x, (left, right, top, bottom))
            left = top = 0
        if not largest and spread != [1, 1]:
            raise UnreadableError("got dilated averages, takes dilations = 1")
        return n.builder.pool(
            n.name, x, size, step, (top, left), bool(n.get("ceil_mode", 0)), spread, largest,
            counts,
        )  # fmt: skip

    return read


def _global(largest: bool) -> Operator:
    return lambda n, x: n.builder.adaptive(n.name, x, 1, largest)


def _reduce(kind: str) -> Operator:
    def read(n: Node, x: Value, axes: Any = None) -> Value:
        count = len(x.shape) + 1
        asked = n.get("axes", axes)
        over = sorted(int(a) % count for a in (range(count) if asked is None else asked))
        keep = bool(n.get("keepdims", 1))
        whole = (n.batch, *x.shape)
        kept = [1 if i in over else side for i, side in enumerate(whole) if keep or i not in over]
        return n.builder.over_axes(n.name, x, over, tuple(kept[1:]), kind)

    return read


def _flatten(n: Node, x: Value) -> Value:
    if n.get("axis", 1) % (len(x.shape) + 1) != 1:
        raise UnreadableError("flattens other axes, takes axis = 1")
    return n.builder.reshape(x, (math.prod(x.shape),))


def _reshape(n: Node, x: Value, target: Any = None) -> Value:
    whole = (n.batch, *x.shape)
    sizes = [int(s) for s in np.asarray(n.get("shape", target)).ravel()]
    if not n.get("allowzero", 0):
        sizes = [whole[i] if s == 0 else s for i, s in enumerate(sizes)]
    known = math.prod(s for s in sizes if s != -1)
    sizes = [math.prod(whole) // known if s == -1 else s for s in sizes]
    if math.prod(sizes) != math.prod(whole) or sizes[0] != n.batch:
        raise UnreadableError(f"got shape {whole} made {sizes}, takes images apart, (batch, …)")
    return n.builder.reshape(x, sizes[1:])


def _squeeze(n: Node, x: Value, axes: Any = None) -> Value:
    asked = n.get("axes", axes)
    sides = list(enumerate((n.batch, *x.shape)))
    over = {int(a) % len(sides) for a in asked} if asked is not None else {
        i for i, side in sides if side == 1 and i
    }  # fmt: skip
    return n.builder.reshape(x, [side for i, side in sides if i not in over][1:])


def _unsqueeze(n: Node, x: Value, axes: Any = None) -> Value:
    asked = [int(a) for a in n.get("axes", axes)]
    count = len(x.shape) + 1 + len(asked)
    over = {a % count for a in asked}
    rest = iter((n.batch, *x.shape))
    whole = [1 if i in over else next(rest) for i in range(count)]
    if 0 in over:
        raise UnreadableError("gets an axis before the batch, takes the batch first")
    return n.builder.reshape(x, whole[1:])


def _dropout(n: Node, x: Value, ratio: Any = None, training: Any = None) -> Value:
    if training is not None and bool(np.asarray(training)):
        raise UnreadableError("draws in training mode, takes eval(): export the module so")
    return x


def _pad(n: Node, x: Value, pads: Any = None, value: Any = None, axes: Any = None) -> Value:
    if n.get("mode", "constant") != "constant" or float(np.asarray(value or n.get("value", 0.0))):
        raise UnreadableError("pads with other than zeros, takes mode constant and value 0")
    sides = [int(p) for p in n.get("pads", pads)]
    over = list(range(len(sides) // 2)) if axes is None else [int(a) % 4 for a in axes]
    before, after = (dict(zip(over, half, strict=True)) for half in np.split(np.array(sides), 2))
    if before.get(0, 0) or after.get(0, 0):
        raise UnreadableError("pads images, takes padding of pixels and channels")
    ends = [int(half.get(axis, 0)) for axis in (3, 2, 1) for half in (before, after)]
    return torch_functions.pad(n.call(()), x, ends)


def _slice(
    n: Node, x: Value, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None
) -> Value:
    first, last = n.get("starts", starts), n.get("ends", ends)
    over = n.get("axes", range(len(first)) if axes is None else axes)
    by = [1] * len(first) if steps is None else steps
    whole = (n.batch, *x.shape)
    parts = [slice(None)] * len(whole)
    for axis, a, b, s in zip(over, first, last, by, strict=True):
        side = whole[int(axis)]
        parts[int(axis)] = slice(int(a), None if int(b) >= side else int(b), int(s))
    shape = tuple(len(range(side)[part]) for side, part in zip(whole, parts, strict=True))
    return torch_functions.item(n.call(shape), x, tuple(parts))


def _gather(n: Node, x: Value, numbers: Any) -> Value:
    if isinstance(numbers, Value) or int(n.get("axis", 0)) % (len(x.shape) + 1) != 1:
        raise UnreadableError("picks other entries than channels by constant numbers, takes axis 1")
    index = np.asarray(numbers)
    return n.builder.channels(
        n.name, x, torch.from_numpy(np.where(index < 0, index + x.shape[0], index))
    )


def _concat(n: Node, *x: Any) -> Value:
    return torch_functions.cat(n.call(()), x, int(n.get("axis", 1)))


def _total(n: Node, *x: Value) -> Value:
    if not all(isinstance(v, Value) for v in x):
        raise UnreadableError("adds constants by Sum, takes Add")
    return x[0] if len(x) == 1 else n.builder.add(n.name, *x)


def _arithmetic(function: Any) -> Operator:
    def read(n: Node, x: Any, other: Any) -> Value:
        made: Value = function(n.call(()), _operand(x), _operand(other))
        return made

    return read


def _operand(x: Any) -> Any:
    return x if isinstance(x, Value) else _tensor(x)


def _prelu(n: Node, x: Value, slope: Any) -> Value:
    return leaky(n.builder, n.name, x, _tensor(slope))


def _leaky(n: Node, x: Value) -> Value:
    return leaky(n.builder, n.name, x, float(n.get("alpha", 0.01)))


def _smooth(kind: str) -> Operator:
    return lambda n, x: n.builder.activation(n.name, x, kind)


def _tensor(values: Any) -> Tensor:
    if isinstance(values, Value):
        raise UnreadableError("has weights that depend on the input, takes constant ones")
    return torch.from_numpy(np.array(values, dtype=np.float64))


def _ints(n: Node, name: str, default: list[int]) -> list[int]:
    return [int(i) for i in n.get(name, default)]


def _sides(n: Node, x: Value, size: list[int], step: list[int], spread: list[int]) -> Sides:
    """Padding as left, right, top, bottom, from pads or auto_pad."""
    auto = n.get("auto_pad", "NOTSET")
    if auto in ("NOTSET", "VALID"):
        pads = _ints(n, "pads", [0, 0, 0, 0]) if auto == "NOTSET" else [0, 0, 0, 0]
        if len(pads) != 4:
            raise UnreadableError(f"got pads {pads}, takes four: images")
        return pads[1], pads[3], pads[0], pads[2]
    ends = []
    for side, k, s, d in zip(x.shape[1:], size, step, spread, strict=True):
        total = max((-(-side // s) - 1) * s + d * (k - 1) + 1 - side, 0)
        small = total // 2
        ends.append((small, total - small) if auto == "SAME_UPPER" else (total - small, small))
    n.set("pads", [ends[0][0], ends[1][0], ends[0][1], ends[1][1]], instead="auto_pad")
    return (*ends[1], *ends[0])


def _same(n: Node, x: Value, *rest: Any) -> Value:
    return x


OPERATORS: dict[str, Operator] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "Relu": lambda n, x: n.builder.activation(n.name, x),
    "LeakyRelu": _leaky,
    "PRelu": _prelu,
    "Clip": _clip,
    "Tanh": _smooth("tanh"),
    "Sigmoid": _smooth("sigmoid"),
    "MaxPool": _pool(True),
    "AveragePool": _pool(False),
    "GlobalAveragePool": _global(False),
    "GlobalMaxPool": _global(True),
    "ReduceMean": _reduce("mean"),
    "ReduceSum": _reduce("sum"),
    "ReduceMax": _reduce("amax"),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Identity": _same,
    "Cast": _same,
    "Dropout": _dropout,
    "Pad": _pad,
    "Slice": _slice,
    "Gather": _gather,
    "Concat": _concat,
    "Sum": _total,
    "Add": _arithmetic(torch_functions.add),
    "Sub": _arithmetic(torch_functions.subtract),
    "Mul": _arithmetic(torch_functions.multiply),
    "Div": _arithmetic(torch_functions.divide),
    "Neg": lambda n, x: n.builder.scale(n.name, x, -1.0),
}
