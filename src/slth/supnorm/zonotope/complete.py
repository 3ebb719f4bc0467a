"""Whether one network keeps its decision all over a ball: parts of the ball, worst first.

h keeps c where u = max over j ≠ c of h_j − h_c is below 0. `splitting` bounds |f − g|; with the
outputs h_j − h_c + M, M at least half of what −u may be, against a network of zeros, that is at
most M exactly where u ≤ 0. Everything is written as plain dense layers, whose real function is h's.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from slth.supnorm.layers import Layer, Layers
from slth.supnorm.ranges import Range, evaluation_error, propagate
from slth.supnorm.rounding import down, up
from slth.supnorm.zonotope.pair import Pair
from slth.supnorm.zonotope.splitting import Search
from slth.supnorm.zonotope.written import densely, plain

_STEPS = 4  # of the slopes of a row that is passed back


@dataclass(frozen=True)
class Margin:
    """A lower bound of the least margin over a ball, less what evaluation may add.

    suspect: the input (flat) where the margin met was least, if that was below 0.
    """

    value: float
    suspect: Tensor | None


def least_margin(layers: Layers, box: Range, decision: int, error: float, parts: int) -> Margin:
    """Bound the least of h_c − h_j, c = ``decision``, over a box, less 2 ``error``.

    error: what evaluation may add to any output. parts: at most so many parts of the box, each a
    box with some ReLU phases fixed. Needs `written.fits`. Cost: a zonotope and a few rows per part,
    milliseconds for some hundred neurons.
    """
    own = evaluation_error(layers, propagate(layers, box))  # kernels that are merged sums, too
    off = 2 * (error + float(own.max()))
    flat = Range(box.lo.flatten(), box.hi.flatten())
    dense = densely(layers)
    count = math.prod(layers[-1].geometry.out_shape)
    rows = torch.eye(count, dtype=torch.float64)[torch.arange(count) != decision]
    rows[:, decision] = -1.0
    low = float(propagate([*dense, plain(rows, None)], flat)[-1].lo.min())
    if not math.isfinite(low + off):
        return Margin(-math.inf, None)
    shift = 2.0 ** math.ceil(math.log2(max(-low, off, 2.0**-900)))
    first = [*dense, plain(rows, torch.full((count - 1,), shift, dtype=torch.float64))]
    pair = Pair(first, [_zero(x) for x in first], flat.hi > flat.lo, fixed=flat.lo)
    goal = float(down(_number(shift - off)))
    search = Search(pair, flat.lo.shape, _STEPS, goal=goal)
    with torch.no_grad():
        search.run(flat, parts, math.inf)
    value = down(down(_number(shift - search.upper)) - up(_number(off)))
    return Margin(float(value), search.best if search.lower > goal else None)


def _zero(layer: Layer) -> Layer:
    bias = None if layer.bias is None else 0 * layer.bias
    return plain(0 * layer.plus, bias, layer.relu)


def _number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)
