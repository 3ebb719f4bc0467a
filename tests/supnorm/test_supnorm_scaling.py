"""Bounds of the pair are proportional to the perturbation; bounding f and g apart is not."""

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm import bracket
from tests.supnorm import supnorm_cases as cases

# of every weight, so 27 times that in the l1 norm of an inner kernel: small, since proportionality
# is of first order, and down to where rounding would show
EPS = 10.0 ** -np.arange(3, 8, 2)


def bounds():
    rng = seeding.generator(0, "scaling")
    f = nn.Sequential(
        cases.conv(rng, 1, 3, 3, padding=1),
        nn.ReLU(),
        cases.conv(rng, 3, 3, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        cases.linear(rng, 3 * 36, 4),
    )
    direction = [cases.draw(rng, *weight.shape) for weight in f.parameters()]
    out = []
    for eps in EPS:
        g = cases.perturbed(rng, f, 0.0)
        for weight, way in zip(g.parameters(), direction, strict=True):
            weight.data = weight.data + eps * torch.sign(way)
        out.append(bracket(f, g, (-1.0, 1.0), (1, 6, 6), samples=0, restarts=0, steps=0).bounds)
    return out


def slope(values):
    return np.polyfit(np.log(EPS), np.log(values), 1)[0]


def test_slopes_and_order():
    found = bounds()
    for name in ("lagrangian", "differential", "closed_form"):
        assert slope([b[name] for b in found]) == pytest.approx(1.0, abs=0.02), name
    for name in ("separate", "crown"):
        assert abs(slope([b[name] for b in found])) < 0.02, name
    for b in found:
        assert b["lagrangian"] <= b["differential"] <= b["closed_form"]
        assert b["lagrangian"] == min(b.values())
