"""The arguments of the room's entries: networks, input shape, box, one torch thread."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import nn

from slth import checks
from slth import devices as gpu
from slth.networks import gate
from slth.networks.arguments import ends_of_box
from slth.networks.converted import AnyNetwork, of_ticket, plain_form
from slth.networks.evaluation import copied
from slth.networks.ones import matched
from slth.supnorm import arithmetic
from slth.supnorm.layers import Layer, Shape
from slth.supnorm.ranges import Range
from slth.supnorm.signed import TAKES, aligned

Modules = tuple[nn.Module, nn.Module]
Pair = tuple[list[Layer], list[Layer]]
LARGEST = 2**24  # numbers of an input, as in `slth.networks.reading`


def prepare(
    f: AnyNetwork,
    g: AnyNetwork,
    box: tuple[ArrayLike, ArrayLike],
    input_shape: Sequence[int] | None,
) -> tuple[Modules, Pair, Range]:
    """Float64 copies of f and g, their canonical forms, and the box; see `bracket`."""
    arithmetic.require()
    own, other = of_ticket("f", f, input_shape), of_ticket("g", g, input_shape)
    example = None if input_shape is None else input_sizes(input_shape, own)
    own = plain_form("f", own, example, projections=True)
    other = plain_form("g", other, example, projections=True)
    if isinstance(own, nn.Module) and isinstance(other, nn.Module):
        own, other = matched(own, other)
    copies = double("f", own), double("g", other)
    shape = input_sizes(input_shape, own)
    region = to_range(box, shape)
    with one_thread():
        layers = aligned(*copies, shape, bool((region.lo >= 0).all()), region)
    for name, module in (("f", own), ("g", other)):
        gate.check_tensors(name, module)
    return copies, layers, region


def place(device: object) -> torch.device:
    """Where the search from below runs; "auto" is a GPU where torch sees one."""
    name = checks.choice("device", device, gpu.ASKED)
    found = gpu.resolve(name, (gpu.CPU, gpu.CUDA))
    gpu.require(found)
    return gpu.place(found)


@contextmanager
def one_thread() -> Iterator[None]:
    """One torch thread, gradients recorded, a GPU's convolutions in one order; then as before."""
    threads, cudnn = torch.get_num_threads(), torch.backends.cudnn
    torch.set_num_threads(1)
    try:
        with (
            torch.enable_grad(),
            cudnn.flags(enabled=cudnn.enabled, benchmark=False, deterministic=True),
        ):
            yield
    finally:
        torch.set_num_threads(threads)


def double(name: str, module: object) -> nn.Module:
    """A float64 copy on the CPU, without gradients; TypeError/ValueError naming ``name``."""
    gate.leaves(name, module, TAKES)
    assert isinstance(module, nn.Module)
    twin = copied(module, name).to("cpu", torch.float64).requires_grad_(False)
    for key, value in twin.named_parameters():
        value.data = value.data.contiguous()
        if not bool(torch.isfinite(value).all()):
            raise ValueError(f"{name}: got weights in {key} that are not finite, takes finite ones")
    return twin


def input_sizes(input_shape: Sequence[int] | None, f: Any) -> Shape:
    """(c, h, w) or (features,), read from f when it begins with Linear."""
    if input_shape is None:
        skipped = (nn.Sequential, nn.Flatten, nn.Identity)
        head = next((m for m in f.modules() if not isinstance(m, skipped)), None)
        if not isinstance(head, nn.Linear):
            raise ValueError("input_shape: got None, takes (c, h, w) or (features,)")
        return (head.weight.shape[1],)
    if isinstance(input_shape, (str, bytes)) or not isinstance(input_shape, Sequence):
        raise TypeError(
            f"input_shape: got {checks.shown(input_shape)}, takes (c, h, w) or (features,)"
        )
    shape = tuple(checks.integer("input_shape", side, 1, LARGEST) for side in input_shape)
    if len(shape) not in (1, 3):
        raise ValueError(f"input_shape: got {shape}, takes (c, h, w) or (features,)")
    if math.prod(shape) > LARGEST:
        raise ValueError(
            f"input_shape: got {shape}, {math.prod(shape):,} numbers, takes at most {LARGEST:,}"
        )
    return shape


def to_range(box: tuple[ArrayLike, ArrayLike], shape: Shape) -> Range:
    """The box, broadcast to ``shape``."""
    return Range(*map(torch.from_numpy, ends_of_box(box, shape)))
