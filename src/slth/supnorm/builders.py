"""One torch module as one plain affine layer."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from slth.networks.blocks import dense_groups
from slth.networks.modules import ChannelScale
from slth.networks.shapes import Window, window
from slth.supnorm.layers import Geometry, Layer, Shape, fan_in


def build(name: str, module: nn.Module, shape: Shape) -> Layer:
    """Return ``module`` on inputs of ``shape`` as a plain layer.

    Grouped kernels are written densely; AvgPool2d is a convolution with a constant kernel.
    Raises ValueError naming ``name`` when the shapes do not fit, a layer has no inputs or outputs,
    or an option is not modelled.
    """
    _check_size(name, module)
    return next(make for kind, make in BUILDERS.items() if isinstance(module, kind))(
        name, module, shape
    )


def check_blocks(name: str, module: ChannelScale, shape: Shape) -> None:
    """Raise ValueError when ``module`` is empty or reads a channel that its input lacks."""
    _check_size(name, module)
    if not 0 <= int(module.block.min()) <= int(module.block.max()) < shape[0]:
        raise ValueError(
            f"{name}: got a ChannelScale that reads channel {int(module.block.max())}, "
            f"takes channels of its input of shape {shape}"
        )


def _check_size(name: str, module: nn.Module) -> None:
    weight = getattr(module, "weight", None)
    if isinstance(weight, Tensor) and not weight.numel():
        raise ValueError(
            f"{name}: got {module} with weights of shape {tuple(weight.shape)}, "
            "takes layers with at least one input and one output"
        )


def _conv(name: str, module: nn.Module, shape: Shape) -> Layer:
    assert isinstance(module, nn.Conv2d)
    channels = module.weight.shape[1] * module.groups
    if len(shape) != 3 or shape[0] != channels:
        raise ValueError(
            f"{name}: got {module} on an input of shape {shape}, takes ({channels}, h, w)"
        )
    if module.padding_mode != "zeros":
        raise ValueError(f"{name}: got padding_mode {module.padding_mode!r}, takes 'zeros'")
    kernel = dense_groups(module.weight.detach(), module.groups)
    geometry = _conv_geometry(name, shape, kernel, window(module, name))
    bias = None if module.bias is None else module.bias.detach()
    terms = fan_in(module.weight) + 2
    return Layer(geometry, kernel, kernel, bias, kernel.abs(), terms)


def _linear(name: str, module: nn.Module, shape: Shape) -> Layer:
    assert isinstance(module, nn.Linear)
    features = module.weight.shape[1]
    if shape != (features,):
        raise ValueError(f"{name}: got {module} on an input of shape {shape}, takes ({features},)")
    kernel = module.weight.detach()
    bias = None if module.bias is None else module.bias.detach()
    geometry = Geometry(shape, (len(kernel),), conv=False)
    return Layer(geometry, kernel, kernel, bias, kernel.abs(), fan_in(kernel) + 2)


def _pool(name: str, module: nn.Module, shape: Shape) -> Layer:
    assert isinstance(module, nn.AvgPool2d)
    moves = window(module, name)
    padding = moves.padding
    if len(shape) != 3 or module.ceil_mode or (max(padding) and not module.count_include_pad):
        raise ValueError(
            f"{name}: got {module} on an input of shape {shape}, takes AvgPool2d on (c, h, w) "
            "with ceil_mode=False and count_include_pad=True"
        )
    size = moves.size
    divisor = module.divisor_override or size[0] * size[1]
    kernel = torch.zeros(shape[0], shape[0], *size, dtype=torch.float64)
    kernel[range(shape[0]), range(shape[0])] = 1 / divisor
    geometry = _conv_geometry(name, shape, kernel, moves)
    return Layer(geometry, kernel, kernel, None, kernel.abs(), size[0] * size[1] + 2)


def _scale(name: str, module: nn.Module, shape: Shape) -> Layer:
    assert isinstance(module, ChannelScale)
    check_blocks(name, module, shape)
    hidden = len(module.weight)
    kernel = torch.zeros(hidden, shape[0], dtype=torch.float64)
    kernel[torch.arange(hidden), module.block] = module.weight.detach()
    if len(shape) == 1:
        return Layer(Geometry(shape, (hidden,), conv=False), kernel, kernel, None, kernel.abs(), 3)
    kernel = kernel[:, :, None, None]
    geometry = Geometry(shape, (hidden, *shape[1:]), conv=True)
    return Layer(geometry, kernel, kernel, None, kernel.abs(), 3)


BUILDERS: dict[type[nn.Module], Callable[[str, nn.Module, Shape], Layer]] = {
    nn.Conv2d: _conv,
    nn.Linear: _linear,
    nn.AvgPool2d: _pool,
    ChannelScale: _scale,
}


def _conv_geometry(name: str, shape: Shape, kernel: Tensor, moves: Window) -> Geometry:
    stride, padding, dilation = moves.stride, moves.padding, moves.dilation
    sides = [
        (shape[i + 1] + 2 * padding[i] - dilation[i] * (kernel.shape[i + 2] - 1) - 1) // stride[i]
        + 1
        for i in (0, 1)
    ]
    if min(sides) < 1:
        raise ValueError(
            f"{name}: got a kernel of shape {tuple(kernel.shape)} on an input of shape {shape}, "
            "takes inputs (with padding) at least as large as the kernel"
        )
    out = (kernel.shape[0], *sides)
    return Geometry(shape, out, True, stride, padding, dilation)
