"""What a network gives for images: in eval mode, in float64, every image by itself."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from slth.networks.modes import refuse_batch_statistics, watching
from slth.networks.wide import widened

SAME = 1e-6  # of the largest output: an image beside others may differ by rounding, no more


def evaluate(network: nn.Module, images: Tensor, chunk: int, name: str = "network") -> Tensor:
    """Outputs (m, …), float64 on the CPU, of float64 images (m, …), ``chunk`` images at a time.

    **The rule of precision**: a copy of the network in float64 and in eval mode is what is
    evaluated, on the device of its parameters, whatever the precision of network and images; so a
    float32 or half network is the function of its weights, as `slth.supnorm.bracket` bounds it. A
    network that converts its inputs itself, and so cannot run in float64, runs in its own
    precision. The network is left as it was: modes, buffers, parameters, gradients.

    Every chunk is filled up to the same size, so an image's outputs depend on that image alone.
    Raises TypeError/ValueError naming the network where that cannot be: batch norm without running
    statistics, a module that draws in eval mode or mixes its images, lazy, meta or complex
    parameters, outputs that are no tensor (m, …) of finite numbers; and the images where the
    network does not take them.
    """
    check_module(network, name)
    with watching():
        first = _filled(images[:chunk], chunk)
        twin, values = _running(network, first, name)
        alone = _forward(twin, first[:1].expand(chunk, *first.shape[1:]), name)
        apart = (alone - values[:1]).abs().max()
        if not apart <= SAME * values.abs().max():
            raise ValueError(
                f"{name}: its outputs for one image change from call to call or with the other "
                "images of the call, takes a network that draws nothing in eval mode and maps "
                "every image by itself"
            )
        parts = [values[: len(images[:chunk])]]
        for part in images.split(chunk)[1:]:
            parts.append(_forward(twin, _filled(part, chunk), name)[: len(part)])
    return torch.cat(parts)


def classes_of(network: nn.Module, images: Tensor, name: str = "network") -> int:
    """Number of outputs that the network gives for an image; ValueError unless (m, classes)."""
    return decided(evaluate(network, images[:1], 2, name), name).shape[1]


def decided(values: Tensor, name: str = "network") -> Tensor:
    """``values`` if they are the outputs (m, classes) of a classifier; ValueError otherwise."""
    if values.ndim != 2:
        raise ValueError(
            f"{name}: gives outputs of shape (m, {', '.join(map(str, values.shape[1:]))}), takes "
            "a classifier, (m, classes)"
        )
    return values


def check_module(network: object, name: str = "network") -> None:
    """Raise TypeError/ValueError unless ``network`` is a module whose parameters have values."""
    if not isinstance(network, nn.Module):
        raise TypeError(f"{name}: got {type(network).__name__}, takes a torch.nn.Module")
    for key, value in (*network.named_parameters(), *network.named_buffers()):
        if is_lazy(value):
            raise ValueError(
                f"{name}: got a lazy module, {key} has no shape yet; run images through it first"
            )
        if value.is_meta:
            raise ValueError(f"{name}: got {key} on the meta device, takes parameters with values")
        if value.is_complex():
            raise TypeError(f"{name}: got {value.dtype} in {key}, takes real parameters")
    refuse_batch_statistics(network, name)


def copied(network: nn.Module, name: str = "network") -> nn.Module:
    """A deep copy, tensors that a hook computed from parameters (pruning) copied by value."""
    derived = {
        id(value): value.detach().clone()
        for module in network.modules()
        for value in vars(module).values()
        if isinstance(value, Tensor) and not value.is_leaf
    }
    try:
        return copy.deepcopy(network, derived)
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"{name}: cannot be copied ({error}), takes a plain module") from error


def _running(network: nn.Module, images: Tensor, name: str) -> tuple[nn.Module, Tensor]:
    """The first copy that runs, in float64 or else as it is, with its outputs."""
    refused: ValueError | None = None
    for twin in _copies(network, name):
        try:
            return twin, _forward(twin, images, name)
        except ValueError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _copies(network: nn.Module, name: str) -> Iterator[nn.Module]:
    for convert in (True, False):
        twin = copied(network, name)
        twin.eval()
        yield widened(twin.to(torch.float64) if convert else twin)


def _forward(twin: nn.Module, images: Tensor, name: str) -> Tensor:
    known = [t for t in (*twin.parameters(), *twin.buffers()) if t.is_floating_point()]
    x = images.to(known[0]) if known else images
    try:
        values = twin(x)
    except (RuntimeError, ValueError, IndexError) as error:
        raise ValueError(
            f"images: got shape (m, {', '.join(map(str, images.shape[1:]))}), which {name} does "
            f"not take: {error}"
        ) from error
    if not isinstance(values, Tensor) or not values.is_floating_point():
        kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise TypeError(f"{name}: gives {kind}, takes one floating-point tensor (m, ...)")
    if values.ndim < 1 or len(values) != len(images):
        raise ValueError(
            f"{name}: gives shape {tuple(values.shape)} for {len(images)} images, takes (m, ...)"
        )
    if not bool(torch.isfinite(values).all()):
        raise ValueError(f"{name}: gives outputs that are not finite, takes finite weights")
    return values.to("cpu", torch.float64)


def _filled(part: Tensor, size: int) -> Tensor:
    """``size`` images: those of ``part``, the last of them repeated."""
    missing = size - len(part)
    return torch.cat([part, part[-1:].expand(missing, *part.shape[1:])]) if missing else part
