"""Whether one network keeps its decision all over a ball: parts of the ball, worst first.

h keeps c where u = max over j ≠ c of h_j − h_c is below 0. `splitting` bounds |f − g|; with the
outputs h_j − h_c + M, M at least half of what −u may be, against a network of zeros, that is at
most M exactly where u ≤ 0. Everything is written as plain dense layers, whose real function is h's.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from slth.supnorm.layers import Geometry, Layer, Layers
from slth.supnorm.ranges import Range, evaluation_error, propagate
from slth.supnorm.rounding import down, up
from slth.supnorm.zonotope.affine import columns
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.splitting import Search

_LARGEST = 2**22  # entries of all matrices
_STEPS = 4  # of the slopes of a row that is passed back


@dataclass(frozen=True)
class Margin:
    """A lower bound of the least margin over a ball, less what evaluation may add.

    suspect: the input (flat) where the margin met was least, if that was below 0.
    """

    value: float
    suspect: Tensor | None


def fits(layers: Layers) -> bool:
    """Whether the network is small enough for `least_margin`, and passes linear outputs on."""
    sizes = [math.prod(layers[0].geometry.in_shape)]
    for layer in layers:
        sizes += [] if layer.plain else [2 * sizes[-1]]
        sizes.append(math.prod(layer.geometry.out_shape))
    return not layers[-1].relu and sum(a * b for a, b in pairwise(sizes)) <= _LARGEST


def least_margin(layers: Layers, box: Range, decision: int, error: float, parts: int) -> Margin:
    """Bound the least of h_c − h_j, c = ``decision``, over a box, less 2 ``error``.

    error: what evaluation may add to any output. parts: at most so many parts of the box, each a
    box with some ReLU phases fixed. Needs `fits`. Cost: a zonotope and a few rows per part,
    milliseconds for some hundred neurons.
    """
    own = evaluation_error(layers, propagate(layers, box))  # kernels that are merged sums, too
    off = 2 * (error + float(own.max()))
    flat = Range(box.lo.flatten(), box.hi.flatten())
    dense = densely(layers)
    count = math.prod(layers[-1].geometry.out_shape)
    rows = torch.eye(count, dtype=torch.float64)[torch.arange(count) != decision]
    rows[:, decision] = -1.0
    low = float(propagate([*dense, _plain(rows, None)], flat)[-1].lo.min())
    if not math.isfinite(low + off):
        return Margin(-math.inf, None)
    shift = 2.0 ** math.ceil(math.log2(max(-low, off, 2.0**-900)))
    first = [*dense, _plain(rows, torch.full((count - 1,), shift, dtype=torch.float64))]
    pair = Pair(first, [_zero(x) for x in first], flat.hi > flat.lo, fixed=flat.lo)
    goal = float(down(_number(shift - off)))
    search = Search(pair, flat.lo.shape, _STEPS, goal=goal)
    with torch.no_grad():
        search.run(flat, parts, math.inf)
    value = down(down(_number(shift - search.upper)) - up(_number(off)))
    return Margin(float(value), search.best if search.lower > goal else None)


def densely(layers: Layers) -> list[Layer]:
    """The same real function by plain dense layers; doubts of merged kernels are left out.

    K⁺ x⁺ − K⁻ x⁻ is (K⁺, −K⁻) applied to the ReLUs of (x, −x).
    """
    found = []
    for layer in layers:
        plus, minus = _matrix(layer, layer.plus), _matrix(layer, layer.minus)
        shape = layer.geometry.out_shape
        bias = (torch.zeros(shape, dtype=torch.float64) + layer.shift()).flatten()
        if layer.plain:
            found.append(_plain(plus, bias, layer.relu))
            continue
        unit = torch.eye(plus.shape[1], dtype=torch.float64)
        found.append(_plain(torch.cat([unit, -unit]), None, True))
        found.append(_plain(torch.cat([plus, -minus], 1), bias, layer.relu))
    return found


def _matrix(layer: Layer, kernel: Tensor) -> Tensor:
    """Entries of the kernel where it meets the input: (outputs, inputs)."""
    if not layer.geometry.conv:
        return kernel
    every = torch.arange(math.prod(layer.geometry.in_shape))
    return columns(layer, kernel, every).T.contiguous()


def _plain(matrix: Tensor, bias: Tensor | None, relu: bool = False) -> Layer:
    outputs, inputs = matrix.shape
    geometry = Geometry((inputs,), (outputs,), conv=False)
    return Layer(geometry, matrix, matrix, bias, matrix.abs(), inputs + 2, relu=relu)


def _zero(layer: Layer) -> Layer:
    bias = None if layer.bias is None else 0 * layer.bias
    return _plain(0 * layer.plus, bias, layer.relu)


def _number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)
