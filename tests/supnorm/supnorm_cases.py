"""Networks and the soundness checker shared by the sup-norm tests."""

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks.modules import ChannelScale
from slth.supnorm import Bracket, bracket

Box = tuple[float, float]


@dataclass(frozen=True)
class Case:
    f: nn.Module
    g: nn.Module
    shape: tuple[int, ...]
    box: Box


def draw(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape))


def conv(rng, c_in, c_out, k, bias=False, **options) -> nn.Conv2d:
    layer = nn.Conv2d(c_in, c_out, k, bias=bias, dtype=torch.float64, **options)
    return fill(rng, layer)


def linear(rng, c_in, c_out, bias=False) -> nn.Linear:
    return fill(rng, nn.Linear(c_in, c_out, bias=bias, dtype=torch.float64))


def fill(rng, layer):
    scale = 1 / math.sqrt(math.prod(layer.weight.shape[1:]))
    layer.weight.data = scale * draw(rng, *layer.weight.shape)
    if layer.bias is not None:
        layer.bias.data = 0.1 * draw(rng, *layer.bias.shape)
    return layer


def perturbed(rng, network: nn.Module, eps: float) -> nn.Module:
    twin = copy.deepcopy(network)
    for weight in twin.parameters():
        weight.data = weight.data + eps * draw(rng, *weight.shape)
    return twin


def as_ticket(rng, network: nn.Sequential, copies: int = 5, eps: float = 0.01) -> nn.Sequential:
    """Each layer K becomes ChannelScale → ReLU → layer, its effective kernels K⁺ and K⁻ near K."""
    modules: list[nn.Module] = []
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            modules += half_layers(rng, layer, copies, eps)
        else:
            modules.append(copy.deepcopy(layer))
    return nn.Sequential(*modules)


def half_layers(rng, layer, copies: int, eps: float) -> list[nn.Module]:
    channels = layer.weight.shape[1]
    scale = draw(rng, channels, 2, copies).abs() + 0.1
    scale[:, 1] *= -1
    spread = draw(rng, layer.weight.shape[0], channels, 2, copies, *layer.weight.shape[2:])
    tail = (1,) * (layer.weight.ndim - 2)
    made = (spread * scale.view(1, channels, 2, copies, *tail)).sum(3)
    # Σ_{a<0} a V = K⁻, so both halves have the target kernel K
    wanted = layer.weight.data[:, :, None] + eps * draw(rng, *made.shape)
    first = scale[:, :, 0].view(1, channels, 2, *tail)
    spread[:, :, :, 0] += (wanted - made) / first
    block = torch.arange(channels).repeat_interleave(2 * copies)
    wide = copy.deepcopy(layer)
    wide.weight = nn.Parameter(spread.flatten(1, 3).contiguous())
    return [ChannelScale(scale.flatten(), block), nn.ReLU(), wide]


def random_case(index: int) -> Case:
    """Depth 1–4, kernels 1–5, stride, padding, dilation, groups, bias, pooling, dense, tickets."""
    rng = seeding.generator(index, "supnorm case")
    eps = float(10 ** rng.uniform(-4, -0.5))
    box = [(-1.0, 1.0), (0.0, 1.0), (-0.3, 2.0), (-2.0, -0.5)][int(rng.integers(4))]
    depth = int(rng.integers(1, 5))
    is_dense = rng.random() < 0.25
    shape: tuple[int, ...] = (6,) if is_dense else (2, 7, 6)
    f = dense(rng, depth) if is_dense else convolutional(rng, depth)
    if rng.random() < 0.35 and all(getattr(m, "groups", 1) == 1 for m in f):
        return Case(f, as_ticket(rng, f, eps=eps), shape, box)
    return Case(f, perturbed(rng, f, eps), shape, box)


def dense(rng, depth: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    for i in range(depth):
        modules += [linear(rng, 6 if i == 0 else 5, 5, bias=bool(rng.integers(2))), nn.ReLU()]
    return nn.Sequential(*modules[: len(modules) - int(rng.integers(2))])


def convolutional(rng, depth: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    shape: tuple[int, ...] = (2, 7, 6)
    for _ in range(depth):
        groups = int(rng.integers(1, 3))
        k = int(rng.integers(1, 1 + min(5, *shape[1:])))
        modules.append(
            conv(
                rng,
                shape[0],
                4,
                k,
                bias=bool(rng.integers(2)),
                stride=int(rng.integers(1, 3)),
                padding=int(rng.integers(k)),
                groups=groups,
            )
        )
        modules += [nn.ReLU()] if rng.random() < 0.8 else []
        shape = tuple(nn.Sequential(*modules)(torch.zeros(1, 2, 7, 6).double()).shape[1:])
        if rng.random() < 0.2 and min(shape[1:]) > 2:
            modules.append(nn.AvgPool2d(2, padding=int(rng.integers(2))))
            shape = tuple(modules[-1](torch.zeros(1, *shape)).shape[1:])
    if rng.random() < 0.5:
        modules += [nn.Flatten(), linear(rng, math.prod(shape), 3, bias=bool(rng.integers(2)))]
    return nn.Sequential(*modules)


def gap(case: Case, x: Tensor) -> Tensor:
    with torch.no_grad():
        return (case.f(x) - case.g(x)).flatten(1).abs().amax(1)


def probes(case: Case, rng: np.random.Generator, count: int) -> Tensor:
    """Uniform points, corners and points with zeros, in equal parts."""
    lo, hi = case.box
    zero = min(max(0.0, lo), hi)
    shape = (count // 3 + 1, *case.shape)
    uniform = torch.from_numpy(rng.uniform(lo, hi, shape))
    corners = torch.from_numpy(rng.choice([lo, hi], shape))
    mixed = torch.from_numpy(rng.choice([lo, zero, hi], shape))
    return torch.cat([uniform, corners, mixed])


def attack(case: Case, x: Tensor, steps: int = 12) -> Tensor:
    """Sign-gradient ascent on the largest output gap, written apart from the package's own."""
    lo, hi = case.box
    for step in range(steps):
        x = x.detach().requires_grad_()
        worst = (case.f(x) - case.g(x)).flatten(1).abs().amax(1)
        (slope,) = torch.autograd.grad(worst.sum(), x)
        x = (x.detach() + (hi - lo) * 0.8**step * slope.sign()).clamp(lo, hi)
    return x.detach()


def check_upper(case: Case, upper: float, rng: np.random.Generator, count: int = 900) -> None:
    """Assert that no probe exceeds ``upper``: random points, corners, ascent from the best."""
    x = probes(case, rng, count)
    best = x[gap(case, x).topk(40).indices]
    largest = float(torch.cat([gap(case, x), gap(case, attack(case, best))]).max())
    assert largest <= upper, f"a probe reaches {largest:.17g}, the bound is {upper:.17g}"


def check_bracket(case: Case, b: Bracket, rng: np.random.Generator) -> None:
    assert b.lower <= b.upper == b.bounds[b.method] == min(b.bounds.values())
    assert b.lower_at.shape == case.shape
    assert case.box[0] <= b.lower_at.min() <= b.lower_at.max() <= case.box[1]
    assert float(gap(case, torch.from_numpy(b.lower_at)[None])[0]) == b.lower
    check_upper(case, b.upper, rng)


def solve(case: Case, **work: Any) -> Bracket:
    return bracket(case.f, case.g, case.box, case.shape, **work)
