"""Max pooling and other activations written as plain layers and ReLUs: what `slth.supnorm` reads.

max(a, b) = b + σ(a − b): the entries of a window are paired, then the largest of each pair, until
one is left. A number that has to pass a ReLU unchanged goes as itself where it is ≥ 0, else as
σ(b) − σ(−b). Weights are 0, 1 and −1, so the layers compute the same as real numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from slth.networks.architectures import convolution, linear
from slth.networks.modules import ChannelScale
from slth.networks.shapes import Window, window

Sum = dict[int, float]  # block of channels → coefficient


@dataclass(frozen=True)
class Pooled:
    """Max pooling that a layer is the end of; it began ``layers`` − 1 layers before."""

    layers: int
    window: Window

    def largest(self, x: Tensor) -> Tensor:
        """Max pooling of x (…, h, w), exact."""
        w = self.window
        return nn.functional.max_pool2d(x, w.size, w.stride, w.padding, w.dilation)


class PoolEnd(nn.Identity):
    """Behind the last convolution of a tournament."""

    def __init__(self, pooled: Pooled) -> None:
        super().__init__()
        self.pooled = pooled


def tournament(name: str, pool: nn.MaxPool2d, channels: int, nonnegative: bool) -> list[nn.Module]:
    """Convolutions and ReLUs that compute ``pool`` of images with ``channels`` channels.

    nonnegative: all of them are ≥ 0, so that zeros around the image are as good as nothing there.
    ⌈log₂ k_h k_w⌉ + 1 convolutions, then a `PoolEnd`. Raises ValueError naming ``name`` for
    ceil_mode, return_indices, and padding of images of both signs.
    """
    moves = window(pool, name)
    if pool.ceil_mode or pool.return_indices:
        raise ValueError(f"{name}: got {pool}, takes ceil_mode=False and return_indices=False")
    if max(moves.padding) and not nonnegative:
        raise ValueError(
            f"{name}: got {pool} on numbers of both signs, takes padding behind a ReLU alone"
        )
    values: list[Sum] = [{t: 1.0} for t in range(moves.size[0] * moves.size[1])]
    blocks, first = len(values), True
    made: list[nn.Module] = []
    while len(values) > 1:
        rows, values = _paired(values, nonnegative)
        weight = _weight(rows, blocks, channels)
        made += [_reading(weight, moves) if first else convolution(weight), nn.ReLU()]
        blocks, first = len(rows), False
    weight = _weight(values, blocks, channels)
    made.append(_reading(weight, moves) if first else convolution(weight))
    return [*made, PoolEnd(Pooled(len(made) // 2 + 1, moves))]


def _paired(values: list[Sum], nonnegative: bool) -> tuple[list[Sum], list[Sum]]:
    """What the ReLUs read, and the largest of each pair as sums of what they give."""
    rows: list[Sum] = []
    winners: list[Sum] = []
    for i in range(0, len(values), 2):
        winner: Sum = {}
        last = values[min(i + 1, len(values) - 1)]
        if i + 1 < len(values):
            winner[len(rows)] = 1.0
            rows.append(_less(values[i], last))
        for sign in (1.0,) if nonnegative else (1.0, -1.0):
            winner[len(rows)] = sign
            rows.append({block: sign * c for block, c in last.items()})
        winners.append(winner)
    return rows, winners


def _less(a: Mapping[int, float], b: Mapping[int, float]) -> Sum:
    return dict(a) | {block: -c for block, c in b.items()}  # no block is in both


def _weight(rows: list[Sum], blocks: int, channels: int) -> Tensor:
    """(rows · channels, blocks · channels, 1, 1), channel by channel the same."""
    matrix = torch.zeros(len(rows), blocks, dtype=torch.float64)
    for i, row in enumerate(rows):
        for block, c in row.items():
            matrix[i, block] = c
    return torch.kron(matrix, torch.eye(channels, dtype=torch.float64))[:, :, None, None]


def _reading(weight: Tensor, moves: Window) -> nn.Conv2d:
    """A first convolution: block t of its inputs is entry t of the window."""
    out, taps = len(weight), moves.size[0] * moves.size[1]
    kernel = weight.reshape(out, taps, -1).transpose(1, 2).reshape(out, -1, *moves.size)
    made = convolution(kernel.contiguous(), moves.stride, moves.padding)
    made.dilation = moves.dilation
    return made


def leaky(module: nn.LeakyReLU, shape: tuple[int, ...], name: str) -> list[nn.Module]:
    """x⁺ − a x⁻ = σ(x) − σ(−a x), a the slope below 0; ValueError naming ``name`` for a < 0."""
    slope = float(module.negative_slope)
    if slope < 0:
        raise ValueError(f"{name}: got {module}, takes negative_slope >= 0")
    one = torch.ones(shape[0], dtype=torch.float64)
    source = torch.arange(shape[0]).repeat(2)
    scale = ChannelScale(torch.cat([one, -slope * one]), source)
    eye = torch.eye(shape[0], dtype=torch.float64)
    return [scale, nn.ReLU(), _pointwise(torch.cat([eye, -eye], dim=1), None, shape)]


def capped(cap: float, shape: tuple[int, ...]) -> list[nn.Module]:
    """min(σ(x), c) = c − σ(c − σ(x))."""
    eye = torch.eye(shape[0], dtype=torch.float64)
    bias = torch.full((shape[0],), cap, dtype=torch.float64)
    turned = [_pointwise(-eye, bias, shape) for _ in range(2)]
    return [nn.ReLU(), turned[0], nn.ReLU(), turned[1]]


def _pointwise(matrix: Tensor, bias: Tensor | None, shape: tuple[int, ...]) -> nn.Module:
    """A matrix on channels of images, or on vectors."""
    made: nn.Conv2d | nn.Linear
    made = convolution(matrix[:, :, None, None]) if len(shape) == 3 else linear(matrix)
    if bias is not None:
        made.bias = nn.Parameter(bias, requires_grad=False)
    return made
