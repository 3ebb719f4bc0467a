"""Networks written as plain dense layers of the same real function, which compiled code splits.

K⁺ x⁺ − K⁻ x⁻ is (K⁺, −K⁻) applied to the ReLUs of (x, −x). Kernels are taken as they stand: what
merged sums leave open (`Layer.doubt`) is for the caller to add.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from slth.supnorm.layers import Geometry, Layer, Layers
from slth.supnorm.zonotope.affine import columns

_LARGEST = 2**22  # entries of all matrices


def fits(layers: Layers, signs: Sequence[bool] | None = None) -> bool:
    """Whether the matrices are small enough, and no ReLU is behind the last layer."""
    sizes = [math.prod(layers[0].geometry.in_shape)]
    for layer, both in zip(layers, _signs(layers, signs), strict=True):
        sizes += [2 * sizes[-1]] if both else []
        sizes.append(math.prod(layer.geometry.out_shape))
    return not layers[-1].relu and sum(a * b for a, b in pairwise(sizes)) <= _LARGEST


def densely(layers: Layers, signs: Sequence[bool] | None = None) -> list[Layer]:
    """The same real function by plain dense layers.

    signs: before which layers the input is written as (x⁺, x⁻); None: before signed ones, which
    need it.
    """
    found = []
    for layer, both in zip(layers, _signs(layers, signs), strict=True):
        plus, minus = _matrix(layer, layer.plus), _matrix(layer, layer.minus)
        shape = layer.geometry.out_shape
        bias = (torch.zeros(shape, dtype=torch.float64) + layer.shift()).flatten()
        if both:
            unit = torch.eye(plus.shape[1], dtype=torch.float64)
            found.append(plain(torch.cat([unit, -unit]), None, True))
            plus = torch.cat([plus, -minus], 1)
        found.append(plain(plus, bias, layer.relu))
    return found


def plain(matrix: Tensor, bias: Tensor | None, relu: bool = False) -> Layer:
    """A dense layer of a matrix (outputs, inputs)."""
    outputs, inputs = matrix.shape
    geometry = Geometry((inputs,), (outputs,), conv=False)
    return Layer(geometry, matrix, matrix, bias, matrix.abs(), inputs + 2, relu=relu)


def _signs(layers: Layers, signs: Sequence[bool] | None) -> Sequence[bool]:
    return [not layer.plain for layer in layers] if signs is None else signs


def _matrix(layer: Layer, kernel: Tensor) -> Tensor:
    """Entries of the kernel where it meets the input: (outputs, inputs)."""
    if not layer.geometry.conv:
        return kernel
    every = torch.arange(math.prod(layer.geometry.in_shape))
    return columns(layer, kernel, every).T.contiguous()
