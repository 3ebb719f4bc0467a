"""Boxes of one point in exact arithmetic: no bound is below the value, at odd shapes and sizes."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm import bracket
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept

WORK = {"samples": 4, "restarts": 1, "steps": 2}


def fractions(x):
    return np.vectorize(Fraction, otypes=[object])(x.numpy())


def exactly(network, x):
    """The real network's outputs, flat; Conv2d with one stride and padding, ReLU, Linear."""
    y = fractions(x)
    for module in network:
        if isinstance(module, nn.ReLU):
            y = np.maximum(y, Fraction(0))
        elif isinstance(module, nn.Flatten):
            y = y.ravel()
        elif isinstance(module, nn.Linear):
            y = fractions(module.weight.data) @ y
        else:
            y = convolved(module, y)
        bias = getattr(module, "bias", None)
        if bias is not None:
            y = y + fractions(bias.data).reshape(-1, *[1] * (y.ndim - 1))
    return y.ravel()


def convolved(module, x):
    (step, _), (pad, _), k = module.stride, module.padding, module.weight.shape[2]
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)), constant_values=Fraction(0))
    rows, columns = (range(0, side - k + 1, step) for side in x.shape[1:])
    K = fractions(module.weight.data)
    seen = [[x[:, i : i + k, j : j + k] for j in columns] for i in rows]
    return np.array([[[(part * w).sum() for part in row] for row in seen] for w in K])


def network(rng, channels, sizes, side, readout=0):
    """Convolutions of (kernel, stride, padding), ReLU behind each, and a readout."""
    modules = []
    for c, (k, step, pad) in zip(channels, sizes, strict=True):
        before = modules[-2].weight.shape[0] if modules else 1
        modules += [cases.conv(rng, before, c, k, True, stride=step, padding=pad), nn.ReLU()]
    shape = nn.Sequential(*modules)(torch.zeros(1, 1, side, side).double()).shape
    if readout:
        modules += [nn.Flatten(), cases.linear(rng, math.prod(shape), readout)]
    return nn.Sequential(*modules)


EDGES = {
    "one pixel": ((2, 2), [(1, 1, 0), (1, 1, 0)], 1, 2),
    "stride beyond the kernel": ((2, 2, 1), [(1, 3, 0), (2, 3, 1), (1, 2, 0)], 5, 2),
    "all see the border alone": ((2, 2, 1), [(1, 1, 0), (1, 2, 1), (1, 1, 0)], 1, 0),
    "some see the border alone": ((2, 2, 1), [(1, 1, 0), (1, 2, 1), (1, 1, 0)], 2, 2),
    "twice": ((2, 2, 2, 1), [(1, 1, 0), (1, 2, 2), (1, 2, 1), (1, 1, 0)], 2, 1),
}


@pytest.mark.parametrize("edge", swept(EDGES, 3))
@pytest.mark.parametrize("kind", swept(["near", "equal", "dead"], 1))
def test_a_point_is_bounded_in_exact_arithmetic(edge, kind):
    channels, sizes, side, readout = EDGES[edge]
    rng = seeding.generator(0, "edges", edge, kind)
    f = network(rng, channels, sizes, side, readout)
    if kind == "dead":  # neurons that no input reaches: the dual's objectives are 0
        for module in f:
            if isinstance(module, nn.Conv2d):
                module.bias.data -= 10
    g = cases.perturbed(rng, f, {"equal": 0.0, "near": 1e-9}.get(kind, 0.1))
    x = torch.from_numpy(rng.uniform(-1, 1, (1, side, side)))
    value = max(map(abs, exactly(f, x) - exactly(g, x)))
    b = bracket(f, g, (x, x), tuple(x.shape), splits=2, **WORK)
    assert all(math.isfinite(bound) and value <= Fraction(bound) for bound in b.bounds.values())
    assert abs(value - Fraction(b.lower)) <= Fraction(b.evaluation)
    if kind == "near":
        case = cases.Case(f, g, tuple(x.shape), (-1.0, 1.0))
        cases.check_bracket(case, cases.solve(case, **WORK), rng)


@pytest.mark.parametrize("names", [None, ["zonotope"], ["input_splitting"]])
def test_one_dense_layer_at_a_point(names):
    """No input varies and no layer is behind the first: passes cost nothing."""
    rng = seeding.generator(0, "one layer at a point")
    f, g = (nn.Sequential(cases.linear(rng, 2, 3)) for _ in range(2))
    found = bracket(f, g, (0.3, 0.3), bounds=names, input_splits=8, **WORK)
    x = torch.full((2,), 0.3, dtype=torch.float64)
    gaps = [abs(a - b) for a, b in zip(exactly(f, x), exactly(g, x), strict=True)]
    assert all(max(gaps) <= Fraction(bound) for bound in found.bounds.values())
    assert found.upper <= float(max(gaps)) + 1e-12
