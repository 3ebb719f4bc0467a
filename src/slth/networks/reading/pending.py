"""Scalings of channels and zero padding: put into the layers beside them once all steps are known.

A scaling goes into the layer that it alone follows (batch norm: the formula of
`torch.nn.utils.fusion.fuse_conv_bn_weights`), else into the layer that alone follows it, where
zero padding does not stand between; padding goes into the convolutions that read it. What is left
of either is a depthwise 1×1 convolution.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from slth.networks.graph import Activation, Convolution, Dense, Flatten, Layer, Shape, Step

LARGEST = 4096  # entries of a vector that is scaled by a matrix of its own


@dataclass(frozen=True, eq=False, kw_only=True)
class Scale(Step):
    """scale·x + shift, one of each a channel, (c,)."""

    scale: Tensor
    shift: Tensor


@dataclass(frozen=True, eq=False, kw_only=True)
class Pad(Step):
    """Zeros around images: left, right, top, bottom."""

    sides: tuple[int, int, int, int]


class TooWideError(ValueError):
    """A scaling of a vector that no layer takes in."""


def folded(steps: Iterable[Step], output: str, shapes: dict[str, Shape]) -> list[Step]:
    """The steps that ``output`` needs, in order, without Scale and Pad."""
    graph = _Graph(steps, output, shapes)
    for name in list(graph.steps):
        step = graph.steps.get(name)
        if isinstance(step, Scale):
            graph.fold_scale(step)
    for name in list(graph.steps):
        step = graph.steps.get(name)
        if isinstance(step, Pad):
            graph.fold_pad(step)
    for name in list(graph.steps):
        step = graph.steps.get(name)
        if isinstance(step, Convolution):
            graph.fold_picking(step)
        elif isinstance(step, Activation):
            graph.fold_relus(step)
    return list(graph.steps.values())


class _Graph:
    def __init__(self, steps: Iterable[Step], output: str, shapes: dict[str, Shape]) -> None:
        self.shapes, self.output = shapes, output
        known = {step.name: step for step in steps}
        needed, waiting = set(), [output]
        while waiting:
            name = waiting.pop()
            if name in known and name not in needed:
                needed.add(name)
                waiting += known[name].inputs
        self.steps = {name: step for name, step in known.items() if name in needed}

    def readers(self, name: str) -> list[Step]:
        return [s for s in self.steps.values() for source in s.inputs if source == name]

    def alone(self, name: str) -> Step | None:
        """The only reader of a step that is not the output."""
        readers = self.readers(name)
        return readers[0] if len(readers) == 1 and name != self.output else None

    def drop(self, name: str) -> None:
        """Take out a step of one input: its readers read that instead."""
        (source,) = self.steps.pop(name).inputs
        for key, step in self.steps.items():
            if name in step.inputs:
                inputs = tuple(source if i == name else i for i in step.inputs)
                self.steps[key] = replace(step, inputs=inputs)
        self.output = source if self.output == name else self.output

    def fold_scale(self, step: Scale) -> None:
        before = self.steps.get(step.inputs[0])
        if isinstance(before, (Convolution, Dense)) and self.alone(before.name) is step:
            self.steps[before.name] = _after(before, step)
            self.drop(step.name)
            return
        behind = self.alone(step.name)
        wide = step
        if isinstance(behind, Flatten):
            times = self.shapes[behind.name][0] // len(step.scale)
            scale, shift = (t.repeat_interleave(times) for t in (step.scale, step.shift))
            wide, behind = replace(step, scale=scale, shift=shift), self.alone(behind.name)
            behind = behind if isinstance(behind, Dense) else None
        padded = isinstance(behind, Convolution) and behind.padding != (0, 0)
        if isinstance(behind, Scale):
            both = behind.scale * step.scale, behind.scale * step.shift + behind.shift
            self.steps[behind.name] = replace(behind, scale=both[0], shift=both[1])
            self.drop(step.name)
        elif isinstance(behind, (Convolution, Dense)) and not (padded and bool(step.shift.any())):
            self.steps[behind.name] = _ahead(behind, wide)
            self.drop(step.name)
        else:
            self.steps[step.name] = self._layer(step)

    def fold_pad(self, step: Pad) -> None:
        left, right, top, bottom = step.sides
        readers = self.readers(step.name)
        if step.name != self.output and all(isinstance(r, Convolution) for r in readers):
            for reader in readers:
                assert isinstance(reader, Convolution)
                self.steps[reader.name] = _padded(reader, step.sides)
            self.drop(step.name)
            return
        ones = torch.ones(self.shapes[step.name][0], 1, 1, 1, dtype=torch.float64)
        whole = Convolution(name=step.name, inputs=step.inputs, weight=ones, groups=len(ones))
        self.steps[step.name] = _padded(whole, (left, right, top, bottom))

    def fold_picking(self, step: Convolution) -> None:
        """A 1×1 convolution behind a picking of every second pixel is one with that stride."""
        before = self.steps.get(step.inputs[0])
        if (
            isinstance(before, Convolution)
            and _picks(before)
            and step.padding == (0, 0)
            and step.weight.shape[2:] == (1, 1)
            and self.alone(before.name) is step
        ):
            strides = zip(before.stride, step.stride, strict=True)
            rows, columns = (a * b for a, b in strides)
            self.steps[step.name] = replace(step, stride=(rows, columns))
            self.drop(before.name)

    def fold_relus(self, step: Activation) -> None:
        """A ReLU behind a ReLU is one with the lower cap."""
        before = self.steps.get(step.inputs[0])
        if isinstance(before, Activation) and before.kind == step.kind == "relu":
            cap = min(before.cap, step.cap)
            if cap == before.cap:
                self.drop(step.name)
            elif self.alone(before.name) is step:
                self.steps[step.name] = replace(step, cap=cap)
                self.drop(before.name)

    def _layer(self, step: Scale) -> Step:
        c = len(step.scale)
        bias = step.shift if bool(step.shift.any()) else None
        if len(self.shapes[step.name]) == 3:
            weight = step.scale.view(c, 1, 1, 1).clone()
            return Convolution(
                name=step.name, inputs=step.inputs, weight=weight, bias=bias, groups=c
            )
        if c > LARGEST:
            raise TooWideError(
                f"{step.name} scales {c} features, which no layer beside it takes in; put it "
                "right behind a Linear, or right before one"
            )
        return Dense(name=step.name, inputs=step.inputs, weight=torch.diag(step.scale), bias=bias)


def _after(layer: Layer, scale: Scale) -> Layer:
    shape = (-1, *(1,) * (layer.weight.ndim - 1))
    bias = scale.shift if layer.bias is None else layer.bias * scale.scale + scale.shift
    return replace(
        layer,
        weight=layer.weight * scale.scale.view(shape),
        bias=bias.clone() if layer.bias is not None or bool(bias.any()) else None,
    )


def _ahead(layer: Layer, scale: Scale) -> Layer:
    """W(s·x + t) + b = (W·s)x + (W t + b), the channels of a group those that it reads."""
    weight = layer.weight
    groups = layer.groups if isinstance(layer, Convolution) else 1
    c_out, c_in = weight.shape[:2]
    by_group = [t.view(groups, 1, c_in).expand(-1, c_out // groups, -1) for t in _both(scale)]
    shape = (c_out, c_in, *(1,) * (weight.ndim - 2))
    factor, offset = (t.reshape(shape) for t in by_group)
    added = (weight * offset).flatten(1).sum(1)
    bias = layer.bias
    if bool(scale.shift.any()):
        bias = added if bias is None else bias + added
    return replace(layer, weight=weight * factor, bias=bias)


def _both(scale: Scale) -> tuple[Tensor, Tensor]:
    return scale.scale, scale.shift


def _padded(layer: Convolution, sides: tuple[int, int, int, int]) -> Convolution:
    """Padding before a convolution as its own; uneven sides are evened by zeros in the kernel.

    With p = max(left, right) a kernel that starts p − left and ends p − right taps later, in zeros,
    meets the same pixels as often.
    """
    left, right, top, bottom = sides
    even = max(top, bottom), max(left, right)
    more = [even[1] - left, even[1] - right, even[0] - top, even[0] - bottom]
    weight = layer.weight
    if any(more):
        weight = _spread(weight, layer.dilation)
        weight = torch.nn.functional.pad(weight, more)
        layer = replace(layer, dilation=(1, 1))
    padding = layer.padding[0] + even[0], layer.padding[1] + even[1]
    return replace(layer, weight=weight, padding=padding)


def _spread(weight: Tensor, dilation: tuple[int, int]) -> Tensor:
    """A kernel with its dilation written out in zeros."""
    if dilation == (1, 1):
        return weight
    sides = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:], strict=True)]
    made = weight.new_zeros(*weight.shape[:2], *sides)
    made[:, :, :: dilation[0], :: dilation[1]] = weight
    return made


def _picks(layer: Convolution) -> bool:
    return (
        layer.groups == len(layer.weight) == layer.weight.numel()
        and layer.bias is None
        and layer.padding == (0, 0)
        and bool((layer.weight == 1).all())
    )
