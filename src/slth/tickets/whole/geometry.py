"""What is chosen of one layer: its blocks, the signs of its inputs, where its biases go."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from slth import checks
from slth.checks import FloatArray
from slth.networks.graph import (
    INPUT,
    Activation,
    Add,
    AvgPool,
    Concatenation,
    Convolution,
    Flatten,
    Layer,
    MaxPool,
)
from slth.networks.network import Network

GRANULARITIES = ("filter", "block", "kernel", "entry")
LARGEST_D = 25  # of granularity "block" without a size
FEW_D = 2  # numbers of a problem that some candidates solve exactly


@dataclass(frozen=True)
class Blocks:
    """How many outputs are kept or removed at once.

    granularity: "filter" (all outputs of a group), "block", "kernel" (one) or "entry" (one weight).
    block: outputs of "block"; None: blocks of nearly one size, with d at most ``largest_d``, or of
    one output.
    """

    granularity: str = "filter"
    block: int | None = None
    largest_d: int | None = None

    def __post_init__(self) -> None:
        checks.choice("granularity", self.granularity, GRANULARITIES)
        for name in ("block", "largest_d"):
            value = getattr(self, name)
            if value is None:
                continue
            checks.integer(name, value, low=1)
            if self.granularity != "block":
                raise ValueError(f"{name}: got {value}, takes granularity='block' with it")
        if self.block is not None and self.largest_d is not None:
            raise ValueError("largest_d: got a block too, takes one of the two")

    def outputs(self, outputs: int, taps: int) -> int:
        """Outputs of a block, of a group with so many and a kernel of so many taps; 0: entries."""
        if self.granularity == "block" and self.block is not None:
            return min(outputs, self.block)
        if self.granularity == "block":
            most = max(1, min(outputs, (self.largest_d or LARGEST_D) // taps))
            return -(-outputs // -(-outputs // most))
        return {"filter": outputs, "kernel": 1, "entry": 0}[self.granularity]


@dataclass(frozen=True, eq=False)
class Geometry:
    """A layer to imitate as k×k convolutions of groups; a dense layer is the case k = 1.

    weight: (c_out, c_in / groups, k_h, k_w) float64; bias: (c_out,) or None. signed: whether its
    inputs may be negative: then S⁺ and S⁻ are chosen, else S⁺ alone. size: outputs of a block, 0
    for entries. tap: the tap of the kernel that sees the image from every output, which carries the
    bias. scales: by group c, the target is c·weight, and V is drawn with deviation 1/c: powers of
    two.
    """

    name: str
    weight: FloatArray
    bias: FloatArray | None
    groups: int
    signed: bool
    size: int
    tap: int
    scales: tuple[float, ...]

    @property
    def outputs(self) -> int:
        """Outputs of a group."""
        return len(self.weight) // self.groups

    @property
    def inputs(self) -> int:
        """Inputs of a group."""
        return int(self.weight.shape[1])

    @property
    def channels(self) -> int:
        """Inputs of all groups."""
        return self.inputs * self.groups

    @property
    def taps(self) -> int:
        """k², of a kernel."""
        return math.prod(self.weight.shape[2:])

    @property
    def signs(self) -> str:
        """Of the hidden channels that are used."""
        return "+-" if self.signed else "+"

    @property
    def blocks(self) -> int:
        """Number of problems over one pool."""
        if self.size == 0:
            return self.outputs * self.taps
        return -(-self.outputs // self.size)

    @property
    def dimension(self) -> int:
        """d, of all problems but the last of a pool, which may be smaller."""
        return self.size * self.taps if self.size else 1

    @property
    def problems(self) -> int:
        """Of the whole layer."""
        return self.blocks * (self.channels * len(self.signs) + self.groups * self.biased)

    @property
    def biased(self) -> bool:
        """Whether one more block of hidden channels, constants, imitates biases."""
        return self.bias is not None

    @property
    def scale(self) -> float | tuple[float, ...]:
        """c, one for all groups or one each."""
        return self.scales[0] if len(set(self.scales)) == 1 else self.scales

    def rows(self, group: int) -> slice:
        """The outputs of a group."""
        return slice(group * self.outputs, (group + 1) * self.outputs)

    def split(self, values: FloatArray) -> list[FloatArray]:
        """(…, outputs, taps) → at most two arrays (problems, …, d): whole blocks, then the rest."""
        *lead, outputs, taps = values.shape
        if self.size == 0:
            return [np.moveaxis(values.reshape(*lead, outputs * taps, 1), -2, 0)]
        whole = outputs // self.size * self.size
        parts = []
        if whole:
            one = values[..., :whole, :].reshape(*lead, whole // self.size, self.size * taps)
            parts.append(np.moveaxis(one, -2, 0))
        if whole < outputs:
            parts.append(values[..., whole:, :].reshape(1, *lead, (outputs - whole) * taps))
        return parts

    def join(self, parts: Sequence[FloatArray]) -> FloatArray:
        """(outputs, taps) from values (problems, d) of the parts of `split`."""
        return np.concatenate([part.reshape(-1, self.taps) for part in parts])

    def spread(self, kept: np.ndarray) -> np.ndarray:
        """(outputs, taps, m) from what each block keeps of m, (blocks, m)."""
        m = kept.shape[1]
        if self.size == 0:
            return kept.reshape(self.outputs, self.taps, m)
        rows = kept[np.arange(self.outputs) // self.size]
        return np.broadcast_to(rows[:, None], (self.outputs, self.taps, m))


def geometry(
    layer: Layer, blocks: Blocks, nonnegative: Mapping[str, bool], scale: float | Sequence[float]
) -> Geometry:
    """The geometry of a layer. nonnegative: whether values of steps are ≥ 0; scale: c, or c's."""
    weight = layer.weight.numpy()
    if not isinstance(layer, Convolution):
        weight = weight[:, :, None, None]
    bias = None if layer.bias is None else layer.bias.numpy()
    groups = layer.groups if isinstance(layer, Convolution) else 1
    size = blocks.outputs(len(weight) // groups, math.prod(weight.shape[2:]))
    tap = 0 if bias is None else bias_tap(layer)
    signed = not nonnegative[layer.inputs[0]]
    scales = (float(scale),) * groups if isinstance(scale, (int, float)) else tuple(scale)
    if len(scales) != groups:
        raise ValueError(f"layer {layer.name!r} of {groups} groups with {len(scales)} scales")
    return Geometry(layer.name, weight, bias, groups, signed, size, tap, scales)


def bias_tap(layer: Layer) -> int:
    """The tap nearest to the middle that lies inside the image for every output.

    Tap r of k does where padding ≤ dilation·r ≤ dilation·(k − 1) − padding. ValueError naming the
    layer where there is none.
    """
    if not isinstance(layer, Convolution):
        return 0
    at = []
    for k, padding, dilation in zip(
        layer.weight.shape[2:], layer.padding, layer.dilation, strict=True
    ):
        inside = [r for r in range(k) if padding <= dilation * r <= dilation * (k - 1) - padding]
        if not inside:
            raise ValueError(
                f"target: module {layer.name} ({layer.words}) pads by {padding} a kernel of {k}, "
                "takes layers with biases of which a tap of the kernel is inside the image for "
                "every output: padding <= dilation·(k − 1)/2"
            )
        at.append(min(inside, key=lambda r: abs(r - k // 2)))
    return int(at[0] * layer.weight.shape[3] + at[1])


def nonnegative_values(network: Network, nonnegative_input: bool) -> dict[str, bool]:
    """Name of a step, or `INPUT` → whether its values are known to be ≥ 0."""
    known = {INPUT: nonnegative_input}
    for step in network.steps:
        before = [known[source] for source in step.inputs]
        if isinstance(step, Activation):
            known[step.name] = step.kind in ("relu", "sigmoid") or all(before)
        elif isinstance(step, (MaxPool, AvgPool, Flatten, Add, Concatenation)):
            known[step.name] = all(before)
        else:
            known[step.name] = False
    return known
