"""Steps are put together here, whatever they are read from: shapes, views, what is no operation."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from slth.networks.graph import (
    INPUT,
    Activation,
    Add,
    AvgPool,
    Concatenation,
    Convolution,
    Dense,
    Flatten,
    MaxPool,
    Pair,
    Shape,
    Step,
)
from slth.networks.reading.pending import Pad, Scale
from slth.networks.shapes import pair

PICKED = 2**26  # entries of the matrix of 0 and 1 that picks channels, 512 MB
Sides = tuple[int, int, int, int]  # left, right, top, bottom, as torch pads


class UnreadableError(ValueError):
    """What no step computes: got …, takes …; the way out. The reader says where it was."""


@dataclass(frozen=True)
class Value:
    """What a step gives, seen in a shape (without the batch) of as many entries in that order."""

    source: str
    shape: Shape


class Builder:
    """Steps in the order in which they run, and the shapes of what they give."""

    def __init__(self, input_shape: Shape, fixed: bool) -> None:
        """fixed: the shape is an example's, so that pools over whole images get its size."""
        self.fixed = fixed
        self.steps: dict[str, Step] = {}
        self.shapes: dict[str, Shape] = {INPUT: input_shape}

    @property
    def given(self) -> Value:
        """The input of the network."""
        return Value(INPUT, self.shapes[INPUT])

    def convolution(
        self,
        name: str,
        x: Value,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: object = 1,
        padding: object = 0,
        dilation: object = 1,
        groups: int = 1,
    ) -> Value:
        """padding: an integer, (rows, columns), "same" or "valid", or four `Sides`."""
        if weight.ndim != 4:
            raise UnreadableError(f"got a kernel of shape {tuple(weight.shape)}, takes 2-D ones")
        x = self._image(name, x)
        k, spread, step = pair(list(weight.shape[2:])), pair(dilation), pair(stride)
        sides = _sides(padding, k, spread)
        if sides[0] != sides[1] or sides[2] != sides[3]:
            x = self.pad(f"{name}.padding", x, sides)
            sides = (0, 0, 0, 0)
        c, *space = x.shape
        if c != weight.shape[1] * groups:
            raise UnreadableError(f"got {c} channels, takes {weight.shape[1] * groups}")
        pads = (sides[2], sides[0])
        out = [_slid(*w) for w in zip(space, k, step, pads, spread, strict=True)]
        made = Convolution(
            name=self._name(name), inputs=(x.source,), weight=values(weight), bias=_bias(bias),
            stride=step, padding=pads, dilation=spread, groups=groups,
        )  # fmt: skip
        return self._put(made, (len(weight), *out))

    def dense(self, name: str, x: Value, weight: Tensor, bias: Tensor | None = None) -> Value:
        """weight: (c_out, c_in)."""
        if len(x.shape) != 1:
            raise UnreadableError(
                f"got values of shape {x.shape}, takes vectors; flatten(1) before it"
            )
        x = self._settled(name, x)
        if weight.ndim != 2 or weight.shape[1] != x.shape[0]:
            raise UnreadableError(
                f"got {x.shape[0]} features, takes {weight.shape[-1]}, a matrix (out, in)"
            )
        named = self._name(name)
        made = Dense(name=named, inputs=(x.source,), weight=values(weight), bias=_bias(bias))
        return self._put(made, (len(weight),))

    def activation(
        self, name: str, x: Value, kind: str = "relu", leak: float = 0.0, cap: float = math.inf
    ) -> Value:
        """Entry by entry; see `Activation`."""
        named = self._name(name)
        made = Activation(name=named, inputs=(x.source,), kind=kind, leak=leak, cap=cap)
        return replace(self._put(made, self.shapes[x.source]), shape=x.shape)

    def pool(
        self,
        name: str,
        x: Value,
        size: object,
        stride: object = None,
        padding: object = 0,
        ceil_mode: bool = False,
        dilation: object = 1,
        largest: bool = False,
        count_padding: bool = True,
        divisor: int | None = None,
    ) -> Value:
        """Max (``largest``) or average pooling over windows; ``divisor`` in place of their size."""
        x = self._image(name, x)
        k, pads, spread = pair(size), pair(padding), pair(dilation)
        step = k if stride is None or stride == [] else pair(stride)
        c, *space = x.shape
        windows = list(zip(space, k, step, pads, spread, strict=True))
        floor, ceil = [_slid(*w) for w in windows], [_slid(*w, ceil=True) for w in windows]
        if divisor is not None and not largest:
            if ceil_mode and ceil != floor:
                raise UnreadableError("got divisor_override with ceil_mode, takes one of them")
            weight = torch.full((c, 1, *k), 1 / divisor, dtype=torch.float64)
            return self.convolution(name, x, weight, None, step, pads, 1, c)
        if (k, step, pads) == ((1, 1), (1, 1), (0, 0)):
            return x
        ceil_mode = ceil_mode and ceil != floor
        shape = (c, *(ceil if ceil_mode else floor))
        named, inputs = self._name(name), (x.source,)
        common = {"size": k, "stride": step, "padding": pads, "ceil_mode": ceil_mode}
        if largest:
            made: Step = MaxPool(name=named, inputs=inputs, dilation=spread, **common)  # type: ignore[arg-type]
        else:
            count = count_padding or (pads == (0, 0))
            made = AvgPool(name=named, inputs=inputs, count_padding=count, **common)  # type: ignore[arg-type]
        return self._put(made, shape)

    def adaptive(self, name: str, x: Value, output: Any, largest: bool = False) -> Value:
        """Adaptive pooling to ``output`` sides, None for as they are: fixed windows."""
        x = self._image(name, x)
        asked = list(output) if isinstance(output, (tuple, list)) else [output, output]
        space = x.shape[1:]
        sides = [n if side is None else int(side) for n, side in zip(space, asked, strict=True)]
        if sides == [1, 1] and not self.fixed:
            kind = MaxPool if largest else AvgPool
            made = kind(name=self._name(name), inputs=(x.source,))
            return self._put(made, (x.shape[0], 1, 1))
        if not self.fixed:
            raise UnreadableError(
                f"got adaptive pooling to {sides}, takes windows of a size; give from_torch an "
                "example, or the shape (c, h, w) of an input"
            )
        if any(n % side for n, side in zip(space, sides, strict=True)):
            raise UnreadableError(
                f"got adaptive pooling of {tuple(space)} pixels to {tuple(sides)}, whose windows "
                "differ, takes sides that are multiples; give images of another size, or pool to 1"
            )
        size = tuple(n // side for n, side in zip(space, sides, strict=True))
        return self.pool(name, x, size, largest=largest)

    def over_axes(self, name: str, x: Value, axes: Sequence[int], kept: Shape, kind: str) -> Value:
        """The mean, sum or largest ("amax") over axes (batch 0) of images; ``kept``: its shape."""
        base = self.shapes[x.source]
        if x.shape[:1] == base[:1] and len(base) == 3 and len(x.shape) == 2 and axes == [2]:
            x, axes = Value(x.source, base), [2, 3]  # of flatten(2)
        if len(x.shape) != 3 or not {*axes} <= {2, 3} or not axes:
            raise UnreadableError(
                f"got the {kind} over axes {axes} of shape {x.shape}, takes the pixels of images, "
                "(2, 3)"
            )
        x = self._image(name, x)
        size = [n if axis in axes else 1 for axis, n in zip((2, 3), x.shape[1:], strict=True)]
        if kind == "sum":
            made = self.pool(name, x, size, divisor=1)
        elif size == list(x.shape[1:]):
            made = self.adaptive(name, x, 1, kind == "amax")
        else:
            made = self.pool(name, x, size, largest=kind == "amax")
        return Value(made.source, kept)

    def add(self, name: str, *x: Value) -> Value:
        """The sum of values of one shape."""
        if len({v.shape for v in x}) > 1:
            got = " and ".join(str(v.shape) for v in x)
            raise UnreadableError(f"got a sum of shapes {got}, takes one shape")
        if len({self.shapes[v.source] for v in x}) > 1:
            x = tuple(self._settled(name, v) for v in x)
        made = Add(name=self._name(name), inputs=tuple(v.source for v in x))
        return Value(self._put(made, self.shapes[x[0].source]).source, x[0].shape)

    def concatenation(self, name: str, *x: Value) -> Value:
        """Channels behind each other."""
        x = tuple(self._settled(name, v) for v in x)
        if len({v.shape[1:] for v in x}) > 1:
            raise UnreadableError(f"got shapes {[v.shape for v in x]}, takes images of one size")
        made = Concatenation(name=self._name(name), inputs=tuple(v.source for v in x))
        return self._put(made, (sum(v.shape[0] for v in x), *x[0].shape[1:]))

    def scale(
        self, name: str, x: Value, scale: Tensor | float = 1.0, shift: Tensor | float = 0.0
    ) -> Value:
        """scale·x + shift: numbers, or one of each a channel, (c,)."""
        parts = [torch.as_tensor(t, dtype=torch.float64).detach().cpu() for t in (scale, shift)]
        if any(t.ndim for t in parts):
            x = self._settled(name, x)
        base = self.shapes[x.source]
        if not all(bool(t.isfinite().all()) for t in parts):
            raise UnreadableError("got NaN or inf in a constant, takes finite numbers")
        factor, offset = (t.expand(base[0]).clone() for t in parts)
        if bool((factor == 1).all()) and not bool(offset.any()):
            return x
        made = Scale(name=self._name(name), inputs=(x.source,), scale=factor, shift=offset)
        return Value(self._put(made, base).source, x.shape)

    def channels(self, name: str, x: Value, numbers: Tensor) -> Value:
        """Channels by number (h,), in any order and any of them several times: a matrix of 0, 1."""
        count = x.shape[0]
        if numbers.ndim != 1 or numbers.is_floating_point() or numbers.is_meta:
            raise UnreadableError("picks channels by other than a row of integers, takes that")
        if not len(numbers) or int(numbers.min()) < 0 or int(numbers.max()) >= count:
            raise UnreadableError(f"picks channels {numbers.tolist()[:8]} of {count}, takes those")
        if len(numbers) * count > PICKED:
            raise UnreadableError(
                f"picks {len(numbers):,} of {count:,} channels, takes at most {PICKED:,} as product"
            )
        weight = torch.zeros(len(numbers), count, dtype=torch.float64)
        weight[torch.arange(len(numbers)), numbers.cpu().long()] = 1.0
        if len(x.shape) == 1:
            return self.dense(name, x, weight)
        return self.convolution(name, x, weight[:, :, None, None])

    def pad(self, name: str, x: Value, sides: Sides) -> Value:
        """Zeros around images; negative numbers cut nothing, they are refused."""
        if min(sides) < 0:
            raise UnreadableError(f"got padding {sides}, takes numbers >= 0")
        x = self._image(name, x)
        if sides == (0, 0, 0, 0):
            return x
        c, h, w = x.shape
        made = Pad(name=self._name(name), inputs=(x.source,), sides=sides)
        return self._put(made, (c, h + sides[2] + sides[3], w + sides[0] + sides[1]))

    def reshape(self, x: Value, shape: Iterable[int]) -> Value:
        """The same entries in the same order, seen in another shape (without the batch)."""
        seen = tuple(shape)
        if math.prod(seen) != math.prod(x.shape):
            raise UnreadableError(
                f"got shape {x.shape} made {seen} an image, takes shapes of as many entries"
            )
        return Value(x.source, seen)

    def nonnegative(self, source: str) -> bool:
        """Whether a value has no entry below 0, whatever the input."""
        step = self.steps.get(source)
        if isinstance(step, Activation):
            return step.kind in ("relu", "sigmoid")
        keeps = isinstance(step, (MaxPool, AvgPool, Flatten, Add, Concatenation, Pad))
        return keeps and all(self.nonnegative(i) for i in step.inputs)  # type: ignore[union-attr]

    def finished(self, x: Value) -> str:
        """Name of the step that gives the network's outputs."""
        return self._settled("output", x).source

    def _image(self, name: str, x: Value) -> Value:
        if len(x.shape) == 3:
            return self._settled(name, x)
        raise UnreadableError(f"got values of shape {x.shape}, takes images, (c, h, w)")

    def _settled(self, name: str, x: Value) -> Value:
        """The value with the shape that its step gives, flattened by one more step if need be."""
        base = self.shapes[x.source]
        if x.shape == base:
            return x
        if len(base) == 3 and len(x.shape) == 1:
            made = Flatten(name=self._name("flatten"), inputs=(x.source,))
            return self._put(made, x.shape)
        raise UnreadableError(
            f"got values of shape {base} seen as {x.shape}, takes images as they are, or flat"
        )

    def _put(self, step: Step, shape: Shape) -> Value:
        if min(shape) < 1:
            raise UnreadableError(f"gives shape {shape}, takes larger images")
        self.steps[step.name] = step
        self.shapes[step.name] = shape
        return Value(step.name, shape)

    def _name(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.shapes:
            count += 1
            name = f"{wanted}:{count}"
        return name


def values(weight: Tensor) -> Tensor:
    """Weights in float64 on the CPU, copied; `UnreadableError` unless finite, dense and real."""
    if weight.is_meta or weight.layout != torch.strided or not weight.is_floating_point():
        raise UnreadableError(
            f"got weights {weight.dtype}, {weight.layout}, on {weight.device}, takes dense "
            "floating-point weights with values"
        )
    made = weight.detach().to("cpu", torch.float64, copy=True).contiguous()
    if not made.numel() or not bool(made.isfinite().all()):
        raise UnreadableError("got NaN or inf, or nothing, in its weights, takes finite weights")
    return made


def _bias(bias: Tensor | None) -> Tensor | None:
    return None if bias is None else values(bias)


def _slid(n: int, k: int, step: int, pad: int, spread: int, ceil: bool = False) -> int:
    """How many windows fit on a side of n pixels, as torch counts them."""
    room = n + 2 * pad - spread * (k - 1) - 1
    count = -(-room // step) if ceil else room // step
    if ceil and count * step >= n + pad:
        count -= 1
    return count + 1


def _sides(padding: object, k: Pair, dilation: Pair) -> Sides:
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        total = [d * (size - 1) for d, size in zip(dilation, k, strict=True)]
        top, left = total[0] // 2, total[1] // 2
        return left, total[1] - left, top, total[0] - top
    if isinstance(padding, (tuple, list)) and len(padding) == 4:
        left, right, top, bottom = map(int, padding)
        return left, right, top, bottom
    rows, columns = pair(padding)
    return columns, columns, rows, rows
