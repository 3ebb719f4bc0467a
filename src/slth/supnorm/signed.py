"""Canonical form: a torch network as a list of signed affine layers."""

import math
import sys
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from slth.networks import gate, probes
from slth.networks.max_pooling import PoolEnd
from slth.networks.modules import ChannelScale, Projected, Residual
from slth.networks.unrolled import unrolled
from slth.supnorm import exact_sums
from slth.supnorm.arithmetic import FloatRangeError
from slth.supnorm.builders import BUILDERS, build, check_blocks
from slth.supnorm.groups import grouped
from slth.supnorm.layers import Layer, Shape, describe, fan_in, forward
from slth.supnorm.ranges import Range, evaluation_error, propagate
from slth.supnorm.units import exponents, measured, times

TAKES = (
    nn.Sequential, *BUILDERS, nn.ReLU, nn.Flatten, nn.MaxPool2d, nn.LeakyReLU, nn.ReLU6,
    nn.Hardtanh, Residual, Projected, nn.Identity,
)  # fmt: skip
_NAMES = ", ".join(kind.__name__ for kind in TAKES)
_FAR = 1100  # below the exponent of any float64
_LEAST = 2.0**-1000  # a merged layer whose largest weight is below has lost digits of it


@dataclass(frozen=True)
class _Blocked:
    """A hidden layer y_h = weight_h · x_{block(h)}, to be merged with what follows its ReLU."""

    weight: Tensor
    block: Tensor


def canonical(
    name: str,
    module: nn.Module,
    input_shape: Shape,
    nonnegative: bool,
    merge_dense: bool,
    box: Range | None = None,
) -> list[Layer]:
    """Return ``module``, in float64, as signed affine layers.

    nonnegative: every input is ≥ 0, so K⁻ never acts and is set to K⁺ (likewise after a ReLU).
    merge_dense: also merge a 1×1 Conv2d or Linear with at most one nonzero a row. box: of the
    inputs on which the layers are compared with the module, and far beyond; [-1, 1] by default.
    Raises ValueError naming ``name``: what `slth.networks.gate` refuses, shapes that do not fit, or
    a form that does not reproduce the module. Cost: that of the kernels; grouped kernels are
    written densely.
    """
    (layers,) = grouped(_read(name, module, input_shape, nonnegative, merge_dense))
    _reproduces(name, module, layers, nonnegative, box)
    return layers


def _read(
    name: str, module: nn.Module, input_shape: Shape, nonnegative: bool, merge_dense: bool
) -> list[Layer]:
    found = [part.module for part in gate.leaves(name, module, TAKES)]
    running = [m for m in found if not isinstance(m, nn.Identity)]
    modules = unrolled(name, running, nonnegative, input_shape)
    layers: list[Layer] = []
    shape, position = input_shape, 0
    while position < len(modules):
        here = modules[position]
        if isinstance(here, nn.ReLU):
            _after_layer(name, layers)
            layers[-1] = replace(layers[-1], relu=True)
            nonnegative, position = True, position + 1
        elif isinstance(here, PoolEnd):
            layers[-1] = replace(layers[-1], pooled=here.pooled)
            position += 1
        elif isinstance(here, nn.Flatten):
            _whole_flatten(name, here, shape)
            shape, position = (math.prod(shape),), position + 1
        else:
            layer, used = _layer(name, modules[position:], shape, nonnegative, merge_dense)
            layers.append(layer)
            nonnegative = nonnegative and _keeps_sign(layer)
            shape, position = layer.geometry.out_shape, position + used
    _after_layer(name, layers)
    return layers


def aligned(
    f: nn.Module,
    g: nn.Module,
    input_shape: Shape,
    nonnegative: bool,
    box: Range | None = None,
) -> tuple[list[Layer], list[Layer]]:
    """Canonical forms of f and g with the same sequence of layer shapes; ValueError without one."""
    tried: list[tuple[list[Layer], list[Layer]]] = []
    for merge_f, merge_g in ((False, False), (False, True), (True, False), (True, True)):
        first = _read("f", f, input_shape, nonnegative, merge_f)
        second = _read("g", g, input_shape, nonnegative, merge_g)
        if [x.signature() for x in first] == [x.signature() for x in second]:
            first, second = grouped(first, second)
            _reproduces("f", f, first, nonnegative, box)
            _reproduces("g", g, second, nonnegative, box)
            return first, second
        tried.append((first, second))
    first, second = tried[0]
    raise ValueError(
        f"g: got layers [{describe(second)}], takes those of f [{describe(first)}] "
        "(after ChannelScale → ReLU → Conv2d/Linear is merged into one layer)"
    )


def _after_layer(name: str, layers: list[Layer]) -> None:
    if not layers:
        raise ValueError(f"{name}: got no layer with weights first, takes {_NAMES} in that order")


def _whole_flatten(name: str, module: nn.Flatten, shape: Shape) -> None:
    if module.start_dim != 1 or module.end_dim not in (-1, len(shape)):
        raise ValueError(
            f"{name}: got {module}, takes Flatten over every axis but the batch (start_dim=1)"
        )


def _keeps_sign(layer: Layer) -> bool:
    shift = layer.bias is None or bool((layer.bias >= 0).all())
    return shift and bool((layer.plus >= 0).all())


def _reproduces(
    name: str, module: nn.Module, layers: list[Layer], nonnegative: bool, box: Range | None
) -> None:
    """Compare the layers with the module, up to what rounding may do to either."""
    one = torch.ones(layers[0].geometry.in_shape, dtype=torch.float64)
    region = Range(-one, one) if box is None else box
    for x in probes.inputs((region.lo, region.hi), nonnegative):
        wanted = probes.evaluate(name, module, x).flatten(1)
        with torch.no_grad():
            got = forward(layers, x)
            allowed = _allowed(layers, Range(x.amin(0), x.amax(0))).flatten()
        if got.shape == wanted.shape:  # overflow is refused when the lower end is evaluated
            allowed = torch.where(wanted.isfinite() & got.isfinite(), allowed, math.inf)
        probes.agree(name, wanted, got, allowed + sys.float_info.min)


def _allowed(layers: list[Layer], region: Range) -> Tensor:
    """What float64 evaluation of the layers and of their modules may differ by, underflow too."""
    scaled = measured((layers, layers), region)
    own, activations = scaled.layers[0], propagate(scaled.layers[0], scaled.box)
    errors = [
        evaluation_error(own, activations, underflow=True, modules=merged)
        for merged in (True, False)
    ]
    return torch.from_numpy(times((errors[0] + errors[1]).numpy(), scaled.units.output))


def _layer(
    name: str, rest: list[nn.Module], shape: Shape, nonnegative: bool, merge_dense: bool
) -> tuple[Layer, int]:
    """Build the next layer from the head of ``rest``; return it and how many modules it used."""
    scale = _as_scale(name, rest[0], shape, merge_dense)
    if scale is not None:
        hidden = (len(scale.weight), *shape[1:])
        gap = 2 if len(rest) > 2 and isinstance(rest[2], nn.Flatten) else 1
        if len(rest) > gap + 1 and isinstance(rest[1], nn.ReLU):
            after = rest[gap + 1]
            if isinstance(after, (nn.Conv2d, nn.Linear)):
                wide = (math.prod(hidden),) if gap == 2 else hidden
                outer = build(name, after, wide)
                return _merge(name, scale, outer, shape, nonnegative), gap + 2
    return build(name, rest[0], shape), 1


def _as_scale(name: str, module: nn.Module, shape: Shape, merge_dense: bool) -> _Blocked | None:
    if isinstance(module, ChannelScale):
        check_blocks(name, module, shape)
        return _Blocked(module.weight.detach(), module.block)
    if not merge_dense or not isinstance(module, (nn.Conv2d, nn.Linear)):
        return None
    layer = build(name, module, shape)
    g = layer.geometry
    pointwise = fan_in(layer.plus) == shape[0] and g.stride == (1, 1) and g.padding == (0, 0)
    if layer.bias is not None or not pointwise:
        return None
    matrix = layer.plus.flatten(1)
    if int((matrix != 0).sum(1).max()) > 1:
        return None
    block = matrix.abs().argmax(1)
    return _Blocked(matrix.gather(1, block[:, None])[:, 0], block)


def _merge(name: str, scale: _Blocked, outer: Layer, shape: Shape, nonnegative: bool) -> Layer:
    """Σ_h V_h ∗ σ(a_h x) = K⁺ ∗ x⁺ − K⁻ ∗ x⁻, K⁺ = Σ_{a>0} a_h V_h, K⁻ = −Σ_{a<0} |a_h| V_h."""
    kernel = outer.plus.reshape(outer.plus.shape[0], len(scale.weight), -1)
    conv = outer.geometry.conv
    sizes = (-1, shape[0], *outer.plus.shape[2:]) if conv else (len(kernel), -1)
    plus, size, doubt = (
        part.reshape(sizes)
        for part in merged_sums(scale, kernel, scale.weight.clamp(min=0), shape[0])
    )
    minus = plus
    if not nonnegative:
        minus, other_size, other_doubt = (
            part.reshape(sizes)
            for part in merged_sums(scale, -kernel, (-scale.weight).clamp(min=0), shape[0])
        )
        size, doubt = torch.maximum(size, other_size), torch.maximum(doubt, other_doubt)
    most = float(size.max())  # 0 where no product is other than 0
    if 0 < most < _LEAST or most == math.inf:
        raise FloatRangeError(
            f"{name}: got a ChannelScale whose weights times those of the layer behind it reach "
            f"{most:.3g}, takes products of 1e-301 to 1.8e308; scale either layer by "
            "a power of two"
        )
    return Layer(
        geometry=replace(outer.geometry, in_shape=shape if conv else (math.prod(shape),)),
        plus=plus,
        minus=minus,
        bias=outer.bias,
        magnitude=torch.maximum(plus.abs(), minus.abs()) + doubt,
        terms=fan_in(plus) + 2,
        doubt=doubt,
        wide=(size, outer.terms + 1),
        flush=(kernel.abs().flatten(1).sum(1) + outer.terms + 2) * 2.0**-1074,
    )


def merged_sums(
    scale: _Blocked, kernel: Tensor, weight: Tensor, blocks: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Σ_h weight_h V_h per block, Σ_h |weight_h V_h|, and a bound on the error of the first.

    kernel (c_out, hidden, k); each (c_out, blocks, k), exact but for the last rounding
    (`slth.supnorm.exact_sums`). Wide hidden layers cancel, so that float64 sums would be off by far
    more than the merged kernel's last place. Products beyond float64 leave inf in the second.
    """
    V, a, block = kernel.numpy(), weight.numpy(), scale.block.numpy()
    of_V, of_a = (max(int(exponents(x).max()), -_FAR) for x in (kernel, weight))
    V, a = times(V, -of_V), times(a, -of_a)
    shape = (len(V), blocks, V.shape[2])
    out, size, doubt = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for t in range(blocks):
        members = np.flatnonzero((block == t) & (weight.numpy() != 0))
        if len(members):
            parts = exact_sums.dot(V[:, members], a[None, members, None])
            some = (kernel.numpy()[:, members] != 0).any(axis=1)  # else 0 exactly
            out[:, t], size[:, t], doubt[:, t] = (np.where(some, part, 0.0) for part in parts)
    far = of_V + of_a
    real = times(out, far)
    lost = np.where((size > 0) & (times(real, -far) != out), 2.0**-1074, 0.0)
    size, doubt = (np.nextafter(times(x, far), np.where(x > 0, np.inf, 0)) for x in (size, doubt))
    return torch.from_numpy(real), torch.from_numpy(size), torch.from_numpy(doubt + lost)
