"""Residual blocks, x + block(x), and how networks with them (and average pooling) are read."""

import copy
from collections.abc import Iterable, Iterator

from torch import nn

from slth.networks import gate, probes, shapes
from slth.networks.architectures import CHAIN, Layer, layers_of, modules_of
from slth.networks.modules import Residual
from slth.networks.plain import Part

Order = list["int | list[int]"]


def leaves(network: Iterable[nn.Module]) -> Iterator[nn.Module]:
    """The modules of a Sequential in order, those of residual bodies in place of the blocks."""
    for module in network:
        if isinstance(module, Residual):
            yield from leaves(module.body)
        else:
            yield module


def read_blocks(network: nn.Module, name: str = "network") -> list[Layer]:
    """Return the layers as `read_layers` does, of networks with Residual and AvgPool2d too.

    Layers inside a body stand where the body stands; a ReLU after a Residual is that of the last
    layer of its body. Raises what `read_layers` raises, and ValueError for a body other than
    Conv2d (ReLU Conv2d)* that keeps the shape, and for pooling of which an average is not the sum
    over k² pixels divided by k² (ceil_mode, divisor_override, count_include_pad=False).
    """
    parts = chain(network, name, CHAIN)
    layers = layers_of(name, unpooled(parts))
    assert isinstance(network, nn.Sequential)
    read = nested(network, nn.Sequential(*modules_of(layers)), 1)
    probes.reproduces(name, network, read, shapes.input_shape(parts))
    return layers


def chain(network: nn.Module, name: str, takes: tuple[type[nn.Module], ...]) -> list[Part]:
    """The modules of a network of ``takes``, Residual and AvgPool2d; refused as above."""
    parts = gate.chain(name, network, (*takes, Residual, nn.AvgPool2d))
    for part in parts:
        if isinstance(part.module, Residual):
            check_body(part.module, part.at)
        elif isinstance(part.module, nn.AvgPool2d):
            _check_pool(part.module, part.at)
    return parts


def unpooled(parts: Iterable[Part]) -> list[Part]:
    """The modules without pooling, those of residual bodies in place of the blocks."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part.module, Residual):
            found += gate.body(part)
        elif not isinstance(part.module, nn.AvgPool2d):
            found.append(part)
    return found


def structured(network: nn.Module) -> bool:
    """Whether a network has more than a chain of layers: residual blocks or pooling."""
    return isinstance(network, nn.Sequential) and any(
        isinstance(module, (Residual, nn.AvgPool2d)) for module in network
    )


def nested(network: nn.Sequential, flat: nn.Sequential, each: int) -> nn.Sequential:
    """Arrange the modules of ``flat`` like ``network``: `each` of them for a Conv2d or Linear.

    Every ReLU and Flatten of ``network`` takes one, pooling is copied, and a dense tail of
    ``network`` of which ``flat`` has nothing is left out.
    """
    if not structured(network):
        return flat
    return nn.Sequential(*_arranged(network, list(flat), each))


def _arranged(network: Iterable[nn.Module], rest: list[nn.Module], each: int) -> list[nn.Module]:
    made: list[nn.Module] = []
    for module in network:
        if isinstance(module, Residual):
            made.append(Residual(*_arranged(module.body, rest, each)))
        elif isinstance(module, nn.AvgPool2d):
            made.append(copy.deepcopy(module))
        elif not rest and isinstance(module, (nn.Flatten, nn.Linear)):
            break
        else:
            count = each if isinstance(module, (nn.Conv2d, nn.Linear)) else 1
            made += rest[:count]
            del rest[:count]
    return made


def order(network: nn.Module, depth: int) -> Order:
    """Indices of the first ``depth`` layers in order, those of one residual body as a list."""
    if not structured(network):
        return list(range(depth))
    assert isinstance(network, nn.Sequential)
    found: Order = []
    count = 0
    for module in network:
        inside = leaves([module])
        size = sum(isinstance(m, (nn.Conv2d, nn.Linear)) for m in inside)
        indices = list(range(count, min(count + size, depth)))
        found += [indices] if isinstance(module, Residual) else indices
        count += size
    return found


def check_body(block: Residual, where: str) -> None:
    """Raise ValueError unless the body is Conv2d (ReLU Conv2d)* and keeps every shape."""
    body = list(block.body)
    convolutions, between = body[0::2], body[1::2]
    fits = len(body) % 2 == 1 and all(isinstance(m, nn.ReLU) for m in between)
    if not fits or not all(_keeps_sides(m) for m in convolutions):
        raise ValueError(
            f"{where}: takes Conv2d (ReLU Conv2d)*, stride 1, odd kernels and padding "
            f"k // 2, got {block.body}"
        )
    first, last = (convolutions[i].get_parameter("weight") for i in (0, -1))
    c_in, c_out = first.shape[1], len(last)
    if c_in != c_out:
        raise ValueError(f"{where}: got {c_in} channels in and {c_out} out, takes as many")


def _keeps_sides(module: nn.Module) -> bool:
    if not isinstance(module, nn.Conv2d):
        return False
    found = shapes.window(module, "body")
    return (
        found.stride == (1, 1)
        and all(k % 2 == 1 for k in found.size)
        and found.padding == tuple(k // 2 for k in found.size)
    )


def _check_pool(module: nn.AvgPool2d, where: str) -> None:
    if module.ceil_mode or module.divisor_override or not module.count_include_pad:
        raise ValueError(
            f"{where}: takes ceil_mode=False, count_include_pad=True and no divisor_override"
        )
