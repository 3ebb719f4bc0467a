"""What a network is: modules that are what they are called, in the order in which they run.

A class says what a module computes only if nothing else has a say: its own forward, no hook, no
parametrisation, weights that are its own parameters (`slth.networks.plain`). Every entry that
reads a network asks here first; `slth.networks.probes` then compares what was read with what the
module returns.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import nn
from torch.nn.modules import module as torch_module

from slth.networks.plain import (
    INNER,
    KNOWN,
    Part,
    check_object,
    check_own,
    check_registered,
    check_subclass,
    hint,
    type_of,
)
from slth.networks.ties import places

INPLACE = (nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.Hardtanh)
VIEWS = (nn.Flatten, nn.Identity)  # may return the memory of their input


def check(name: str, network: object, takes: Iterable[type[nn.Module]] = KNOWN) -> None:
    """Raise unless every module of a network is one of ``takes`` and nothing but its class.

    TypeError for what is no module; ValueError that names the module and the way out for an
    unknown class, a forward pass changed in a subclass or on the object, hooks, parametrisations,
    pruning, compiled modules, and weights that are no plain parameters of one dtype on one device.
    """
    leaves(name, network, takes)
    assert isinstance(network, nn.Module)
    check_tensors(name, network)


def leaves(name: str, network: object, takes: Iterable[type[nn.Module]]) -> list[Part]:
    """The modules of a network in the order they run, Sequentials dissolved; raises as `check`.

    takes: the classes of its modules. A module that occurs twice comes twice; a Residual is one.
    Leaves `check_tensors` to the caller, for a word on the modules first.
    """
    root = as_module(name, network)
    found = [*_walk(name, root, tuple(takes))]
    _check_inplace(found)
    return found


def chain(name: str, network: object, takes: Iterable[type[nn.Module]]) -> list[Part]:
    """`leaves` of a Sequential without others inside, but for residual bodies.

    Raises TypeError for another container.
    """
    root = as_module(name, network)
    if not isinstance(root, nn.Sequential):
        raise TypeError(f"{name}: got {type(root).__name__}, takes a torch.nn.Sequential")
    kinds = tuple(takes)
    _check_class(Part(name, "", root), (nn.Sequential,))
    found: list[Part] = []
    for key, child in _children(name, root, ""):
        found += _walk(name, child, kinds, key)
    _check_inplace(found)
    return found


def body(part: Part, key: str = "body") -> list[Part]:
    """The modules of a residual body, or of another Sequential inside, as `leaves`."""
    inner = part.module._modules[key]
    assert inner is not None
    return [*_walk(part.argument, inner, (*KNOWN,), f"{part.label}.{key}")]


def check_tensors(name: str, network: nn.Module, buffers: bool = True) -> None:
    """Raise unless all parameters, and floating buffers, have one dtype on one device."""
    seen: dict[tuple[torch.dtype, torch.device], str] = {}
    for key, tensor in (*network.named_parameters(), *(network.named_buffers() if buffers else ())):
        if tensor.is_floating_point():
            seen.setdefault((tensor.dtype, tensor.device), key)
    if len(seen) > 1:
        got = " and ".join(f"{d} on {where} ({key})" for (d, where), key in seen.items())
        raise ValueError(
            f"{name}: got parameters of {got}, takes one dtype on one device; use {name}.double()"
        )


def check_plain(name: str, network: object) -> None:
    """Raise unless weights are what they seem in a network of any modules, whatever its forward.

    For entries that run a network themselves: modules of unknown classes pass, with any
    forward of theirs; Conv2d and Linear must be what they are called; all else as in `check`.
    """
    root = as_module(name, network)
    registered = {id(weight) for weight in root.parameters()}
    for label, module in places(root):
        part = Part(name, label, module)
        check_object(part)
        kind = type_of(module)
        kind = None if kind is nn.Sequential else kind
        if kind is not None:
            check_subclass(part, kind)
        check_own(part, kind)
        check_registered(part, registered)
    check_tensors(name, root, buffers=False)


def as_module(name: str, network: object) -> nn.Module:
    """The network if it is a module and torch has no hooks on all of them; raises otherwise."""
    if not isinstance(network, nn.Module):
        raise TypeError(f"{name}: got {type(network).__name__}, takes a torch.nn.Module")
    hooks = torch_module._global_forward_hooks or torch_module._global_forward_pre_hooks
    if hooks:
        raise ValueError(f"{name}: got forward hooks on all modules of torch, takes none; remove()")
    return network


def _walk(
    name: str, network: nn.Module, takes: tuple[type[nn.Module], ...], label: str = ""
) -> Iterator[Part]:
    part = Part(name, label, network)
    _check_class(part, takes)
    kind = type_of(network)
    if kind is not nn.Sequential:
        yield part
    if kind in INNER:
        for key, inner in _children(name, network, label):
            for _ in _walk(name, inner, (*takes, nn.Sequential), key):
                pass
    elif kind is nn.Sequential:
        for key, child in _children(name, network, label):
            yield from _walk(name, child, takes, key)


def _children(name: str, module: nn.Module, label: str) -> Iterator[tuple[str, nn.Module]]:
    for key, child in module._modules.items():
        inner = f"{label}.{key}" if label else key
        if child is None:
            raise ValueError(f"{name}: module {inner} is None, takes a module")
        yield inner, child


def _check_class(part: Part, takes: tuple[type[nn.Module], ...]) -> None:
    check_object(part)
    kind = type_of(part.module)
    if kind is None or kind not in takes:
        raise ValueError(
            f"{part.at}: got {type(part.module).__name__}, takes "
            f"{', '.join(k.__name__ for k in takes)}{hint(part.module)}"
        )
    check_subclass(part, kind)
    check_own(part, kind)


def _check_inplace(parts: Iterable[Part]) -> None:
    """Refuse in-place activations that would write on the input of the network or of a block."""
    given = True
    for part in parts:
        if given and isinstance(part.module, INPLACE) and part.module.inplace:
            raise ValueError(f"{part.at}: writes on its input, takes inplace=False here")
        if type_of(part.module) in INNER:
            for key in INNER[type_of(part.module)]:
                _check_inplace(body(part, key))
        given = given and isinstance(part.module, VIEWS)
