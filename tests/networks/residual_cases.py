"""Targets with residual blocks and pooling, on 5×5 images of one channel."""

import torch
from torch import nn

from slth.networks import convolution, linear
from slth.networks.residual import Residual
from slth.seeding import generator


def unit(*shape: int) -> torch.Tensor:
    """Normal weights, every output of l1 norm 1."""
    weight = torch.from_numpy(generator(7, "residual case", *shape).standard_normal(shape))
    return weight / weight.abs().flatten(1).sum(dim=1).view(-1, *(1,) * (len(shape) - 1))


def conv(c_out: int, c_in: int, k: int = 3) -> nn.Conv2d:
    return convolution(unit(c_out, c_in, k, k), (1, 1), (k // 2, k // 2))


def residual_target(stages: int = 2, signed: bool = False) -> nn.Sequential:
    """Conv2d, (ReLU unless signed), a block of ``stages`` convolutions, ReLU, and a readout."""
    body: list[nn.Module] = [conv(1, 1)]
    for _ in range(stages - 1):
        body += [nn.ReLU(), conv(1, 1)]
    head = [conv(1, 1, 1)] if signed else [conv(1, 1, 1), nn.ReLU()]
    readout = linear(unit(2, 25))
    return nn.Sequential(*head, Residual(*body), nn.ReLU(), nn.Flatten(), readout)


def pooled_target(network: nn.Sequential | None = None) -> nn.Sequential:
    """Average pooling to 3×3 before the readout; of a 6×6 network of two layers by default."""
    if network is None:
        head = [conv(1, 1), nn.AvgPool2d(2), nn.ReLU(), conv(1, 1)]
        return nn.Sequential(*head, nn.Flatten(), linear(unit(2, 9)))
    pool = nn.AvgPool2d(3, stride=2, padding=1)
    return nn.Sequential(*list(network)[:-2], pool, nn.Flatten(), linear(unit(2, 9)))


def residual_chain() -> nn.Sequential:
    """Two blocks of two channels one after the other, pooling between layers, no readout."""
    blocks = [Residual(conv(2, 2), nn.ReLU(), conv(2, 2)), nn.ReLU(), Residual(conv(2, 2, 1))]
    head = [conv(2, 1), nn.ReLU(), nn.AvgPool2d(2)]
    return nn.Sequential(*head, *blocks, nn.ReLU(), conv(1, 2, 1))
