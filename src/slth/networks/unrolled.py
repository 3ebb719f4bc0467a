"""Networks written as chains of plain layers and ReLUs: what the sup-norm room reads.

Residual blocks carry their input along, max pooling is a tournament of ReLUs, leaky and capped
ReLUs are sums of ReLUs; weights are copied exactly.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from slth.networks.blocks import widened
from slth.networks.max_pooling import capped, leaky, tournament
from slth.networks.modules import Projected, Residual

Shape = tuple[int, ...]
SHAPED = (nn.MaxPool2d, nn.LeakyReLU, nn.Hardtanh)  # written by the shape of their input
RISING = (nn.ReLU, nn.ReLU6, nn.Hardtanh)  # of which the largest is that of the largest


def unrolled(
    name: str,
    modules: Sequence[nn.Module],
    nonnegative: bool = False,
    input_shape: Shape = (),
) -> list[nn.Module]:
    """Return modules that compute the same by Conv2d, Linear, AvgPool2d, ChannelScale and ReLU.

    A block x + V ∗ σ(K ∗ x + b) + c is [V, I] ∗ σ([K; I] ∗ x + [b; 0]) + c for x ≥ 0 and
    [V, I, −I] ∗ σ([K; I; −I] ∗ x + [b; 0; 0]) + c otherwise; with a projection P in place of I,
    P x and −P x are carried from the layer that changes the shape on. nonnegative: of the inputs of
    the first module, of shape ``input_shape`` (needed for max pooling and other activations); a
    ReLU makes it true, a block or a layer false, pooling leaves it. The weights
    are copied exactly; sums of a kernel and an identity are left to a ChannelScale → ReLU → Conv2d,
    whose rounding the caller bounds. Behind max pooling stands a
    `slth.networks.max_pooling.PoolEnd`.
    Raises ValueError naming ``name`` for what has no such form.
    """
    made: list[nn.Module] = []
    for module, shape in _with_shapes(_activated_first(modules), input_shape):
        made += _written(name, module, nonnegative, shape)
        pools = isinstance(module, (nn.AvgPool2d, nn.MaxPool2d, nn.Flatten, nn.Identity))
        nonnegative = isinstance(module, RISING) or (pools and nonnegative)
    return made


def _activated_first(modules: Sequence[nn.Module]) -> list[nn.Module]:
    """Max pooling behind the activation that follows it, which is the same."""
    found = list(modules)
    for i in range(len(found) - 1):
        if isinstance(found[i], nn.MaxPool2d) and isinstance(found[i + 1], RISING):
            found[i], found[i + 1] = found[i + 1], found[i]
    return found


def _with_shapes(
    modules: Sequence[nn.Module], input_shape: Shape
) -> Iterator[tuple[nn.Module, Shape]]:
    """Every module with the shape of its input; () from one on that does not take it."""
    x: Tensor | None = torch.zeros(1, *input_shape, dtype=torch.float64)
    special = any(isinstance(module, SHAPED) for module in modules)
    for module in modules:
        yield module, () if x is None else tuple(x.shape[1:])
        try:
            x = module(x) if special and x is not None else None
        except (RuntimeError, ValueError, IndexError):
            x = None  # who reads the layers says what does not fit


def _written(name: str, module: nn.Module, nonnegative: bool, shape: Shape) -> list[nn.Module]:
    """One module by plain ones."""
    if isinstance(module, (Residual, Projected)):
        return widened(name, module, nonnegative)
    if not shape or not isinstance(module, SHAPED):
        return [module]
    if isinstance(module, nn.MaxPool2d):
        return tournament(name, module, shape[0], nonnegative) if len(shape) == 3 else [module]
    if isinstance(module, nn.LeakyReLU):
        return leaky(module, shape, name)
    assert isinstance(module, nn.Hardtanh)
    if module.min_val != 0:
        raise ValueError(f"{name}: got {module}, takes min_val = 0")
    return capped(float(module.max_val), shape)
