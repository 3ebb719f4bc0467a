"""Geometry of convolutions and pools, and which inputs a chain of modules takes."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from torch import nn

from slth.networks.equivariant import QUARTERS, QuarterTurnConv, SetLinear
from slth.networks.modules import Residual
from slth.networks.plain import Part

Pair = tuple[int, int]
Shape = tuple[int, ...]
Span = tuple[float, float]

SPARE = 2  # pixels a side more than the smallest image that a network takes
POINTS = 3  # of a set that may have any number of them


class Window(NamedTuple):
    """How a kernel moves over an image, (rows, columns) each."""

    size: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)

    def inputs(self, axis: int, outputs: Span) -> Span:
        """Least and largest side of an image that gives so many outputs; empty if lo > hi."""
        size = self.dilation[axis] * (self.size[axis] - 1) + 1 - 2 * self.padding[axis]
        step = self.stride[axis]
        lo, hi = outputs
        return max(1, (lo - 1) * step + size), (hi - 1) * step + size + step - 1


def pair(value: object) -> Pair:
    """An integer or up to two of them, as torch reads sizes."""
    if isinstance(value, (tuple, list)):
        return int(value[0]), int(value[-1])
    return int(value), int(value)  # type: ignore[call-overload]


def window(module: nn.Module, at: str) -> Window:
    """The window of a Conv2d, a pool or a QuarterTurnConv; ValueError for uneven padding."""
    if isinstance(module, nn.MaxPool2d):
        size, stride = pair(module.kernel_size), pair(module.stride)
        return Window(size, stride, pair(module.padding), pair(module.dilation))
    if isinstance(module, nn.AvgPool2d):
        size = pair(module.kernel_size)
        stride = size if module.stride is None else pair(module.stride)
        return Window(size, stride, pair(module.padding))
    if isinstance(module, QuarterTurnConv):
        return Window(pair(list(module.weight.shape[3:])), (1, 1), pair(module.padding))
    assert isinstance(module, nn.Conv2d)
    size, dilation = pair(list(module.weight.shape[2:])), pair(module.dilation)
    stride = pair(module.stride)
    if module.padding == "valid":
        return Window(size, stride, (0, 0), dilation)
    if module.padding != "same":
        return Window(size, stride, pair(module.padding), dilation)
    total = [d * (k - 1) for d, k in zip(dilation, size, strict=True)]
    if any(t % 2 for t in total):
        raise ValueError(f"{at}: got padding 'same' with an even kernel, takes odd ones")
    return Window(size, stride, (total[0] // 2, total[1] // 2), dilation)


def input_shape(parts: Iterable[Part]) -> Shape:
    """The smallest inputs, nearly, that a chain of modules takes: (c, h, w), (features,), ….

    Residual blocks keep every shape. Raises ValueError naming a Linear that fits behind no image.
    """
    steps: list[Window] = []
    head: Shape | None = None
    channels = 0
    for part in parts:
        module = part.module
        first = next(_weighted(module), None)
        head = _head(first) if head is None and first is not None else head
        if isinstance(module, nn.Linear):
            return _flat(part, module, head, channels, steps)
        if isinstance(module, (nn.Conv2d, QuarterTurnConv, nn.AvgPool2d)):
            steps.append(window(module, part.at))
        channels = len(module.weight) if isinstance(module, nn.Conv2d) else channels
        if isinstance(module, SetLinear):
            break
    sides = (_side(steps, axis, (1, math.inf)) for axis in (0, 1))
    return _shaped(head or (1,), [s or 1 for s in sides])


def _flat(
    part: Part, module: nn.Linear, head: Shape | None, channels: int, steps: list[Window]
) -> Shape:
    features = module.weight.shape[1]
    if not steps:
        return (features,)
    places, rest = divmod(features, channels or features)
    if head is None or len(head) == 1:
        head = (features, 0, 0)
    for rows in sorted(_divisors(places), key=lambda r: abs(r - places // r)) if not rest else ():
        sides = [_side(steps, a, (n, n)) for a, n in ((0, rows), (1, places // rows))]
        if all(sides):
            return _shaped(head, [s or 1 for s in sides])
    raise ValueError(
        f"{part.at}: takes {features} features, which no image gives behind the layers before it"
    )


def _weighted(module: nn.Module) -> Iterator[nn.Module]:
    if isinstance(module, Residual):
        for inner in module.body:
            yield from _weighted(inner)
    elif isinstance(module, (nn.Conv2d, nn.Linear, QuarterTurnConv, SetLinear)):
        yield module


def _head(module: nn.Module) -> Shape:
    """Shape of what a module takes, with 0 for a side that is open."""
    if isinstance(module, nn.Conv2d):
        return module.weight.shape[1] * module.groups, 0, 0
    if isinstance(module, QuarterTurnConv):
        c_in, fields = module.weight.shape[1:3]
        return (c_in, QUARTERS, 0, 0) if fields > 1 else (c_in, 0, 0)
    if isinstance(module, SetLinear):
        points = POINTS if module.adjacency is None else len(module.adjacency)
        return module.weight.shape[1], points
    assert isinstance(module, nn.Linear)
    return (module.weight.shape[1],)


def _shaped(head: Shape, sides: list[int]) -> Shape:
    return (*head[:-2], *sides) if head[-1] == 0 else head


def _side(steps: list[Window], axis: int, outputs: Span) -> int | None:
    """A side of an image that gives this many outputs; None where there is none."""
    span = outputs
    for step in reversed(steps):
        span = step.inputs(axis, span)
        if span[0] > span[1]:
            return None
    return int(min(span[0] + SPARE, span[1]))


def _divisors(number: int) -> list[int]:
    small = [i for i in range(1, math.isqrt(number) + 1) if number % i == 0]
    return sorted({*small, *(number // i for i in small)})
