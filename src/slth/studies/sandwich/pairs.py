"""Random pairs of networks of one architecture, at many distances, and inputs that attack them."""

import copy
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from slth import seeding
from slth.networks.determinism import one_thread
from slth.studies.sandwich.settings import Settings

Shape = tuple[int, ...]

OUTPUTS = 4  # of the readout
_ATTACKED = 40  # probes that ascent starts from
_ATTACKS = 12  # steps of ascent; each point on the way is a probe
_CHUNK = 256  # inputs at a time


@dataclass(frozen=True)
class Drawn:
    """Networks f and g on inputs of ``shape`` in [−1, 1], and what they were drawn with."""

    f: nn.Sequential
    g: nn.Sequential
    shape: Shape
    depth: int
    width: int
    kernel: int


def draw_pair(settings: Settings, seed: int, network: int, eps: float) -> Drawn:
    """Network number ``network`` and its neighbour at distance ``eps``.

    depth: layers with weights, in turn from ``settings.depths``; at depth 1 a convolution, else
    convolutions with ReLU and a readout. Width is log-uniform between the ends of
    ``settings.widths``, the kernel one of ``settings.kernels``, padding half of it. Every output
    channel's kernel K_t is normal with ‖K_t‖₁ = 1, and g has K_t + eps E_t, E_t uniform with
    ‖E_t‖₁ = 1. The draw does not depend on ``eps``: neighbours lie on one line.
    """
    rng = seeding.generator(seed, "sandwich", "pair", network)
    depth = settings.depths[network % len(settings.depths)]
    low, high = (math.log(width) for width in settings.widths)
    width = round(math.exp(rng.uniform(low, high)))
    kernel = int(rng.choice(settings.kernels))
    channels, side = int(rng.integers(1, 3)), settings.side
    f = _network(channels, side, depth, width, kernel)
    for weight in f.parameters():
        weight.data = _unit(torch.from_numpy(rng.standard_normal(weight.shape)))
    return Drawn(f, _neighbour(f, rng, eps), (channels, side, side), depth, width, kernel)


def draw_small(seed: int, index: int) -> Drawn:
    """A pair small enough for the mixed-integer program: dense and convolutional in turn."""
    rng = seeding.generator(seed, "sandwich", "small", index)
    if index % 2:
        layers: list[nn.Module] = [nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)]
        shape: Shape = (3,)
    else:
        conv = nn.Conv2d(1, 2, 2, bias=False)
        layers = [conv, nn.ReLU(), nn.Flatten(), nn.Linear(8, 1)]
        shape = (1, 3, 3)
    f = nn.Sequential(*layers).double().requires_grad_(False)
    for weight in f.parameters():
        weight.data = torch.from_numpy(rng.standard_normal(weight.shape)) / 2
    return Drawn(f, _neighbour(f, rng, 0.1), shape, 2, 4, 2)


def largest_probe(
    drawn: Drawn, count: int, seed: int, key: tuple[str | int | float, ...]
) -> tuple[float, int]:
    """Largest ‖f(X) − g(X)‖_max over the probes, and how many these are.

    count: random ones, a third each uniform, corners, and entries in {−1, 0, 1}. Sign-gradient
    ascent then starts from the best. Written apart from the search of `slth.supnorm`, which it
    checks.
    """
    rng = seeding.generator(seed, "sandwich", "probes", *key)
    shape = (-(-count // 3), *drawn.shape)
    parts = [rng.uniform(-1, 1, shape), rng.choice([-1.0, 1.0], shape)]
    parts.append(rng.choice([-1.0, 0.0, 1.0], shape))
    x = torch.from_numpy(np.concatenate(parts))[:count]
    with one_thread():
        gaps = _gaps(drawn, x)
        best = x[gaps.topk(min(_ATTACKED, len(x))).indices]
        reached = _ascent(drawn, best)
    return max(float(gaps.max()), reached), len(x) + _ATTACKS * len(best)


def _ascent(drawn: Drawn, x: Tensor) -> float:
    largest = 0.0
    for step in range(_ATTACKS):
        x = x.detach().requires_grad_()
        worst = (drawn.f(x) - drawn.g(x)).flatten(1).abs().amax(1)
        (slope,) = torch.autograd.grad(worst.sum(), x)
        x = (x.detach() + 2 * 0.75**step * slope.sign()).clamp(-1, 1)
        largest = max(largest, float(_gaps(drawn, x).max()))
    return largest


def _gaps(drawn: Drawn, x: Tensor) -> Tensor:
    with torch.no_grad():
        parts = [(drawn.f(p) - drawn.g(p)).flatten(1).abs().amax(1) for p in x.split(_CHUNK)]
    return torch.cat(parts)


def _network(channels: int, side: int, depth: int, width: int, kernel: int) -> nn.Sequential:
    modules: list[nn.Module] = []
    for i in range(max(1, depth - 1)):
        c_in = channels if i == 0 else width
        modules.append(nn.Conv2d(c_in, width, kernel, padding=kernel // 2, bias=False))
        side += 2 * (kernel // 2) - kernel + 1
        modules += [nn.ReLU()] if depth > 1 else []
    if depth > 1:
        modules += [nn.Flatten(), nn.Linear(width * side * side, OUTPUTS, bias=False)]
    return nn.Sequential(*modules).double().requires_grad_(False)


def _neighbour(f: nn.Sequential, rng: np.random.Generator, eps: float) -> nn.Sequential:
    g = copy.deepcopy(f)
    for weight in g.parameters():
        way = torch.from_numpy(rng.uniform(-1, 1, weight.shape))
        weight.data = weight.data + eps * (_unit(way) if way.ndim > 1 else way)
    return g


def _unit(weight: Tensor) -> Tensor:
    """Every output channel divided by its l1 norm."""
    norm = weight.flatten(1).abs().sum(1)
    return weight / norm.view(-1, *[1] * (weight.ndim - 1))
