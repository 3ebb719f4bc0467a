"""More subproblems never put the upper end below a value that is reached."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth.supnorm import bracket
from slth.supnorm._bracket import closed
from tests.sweeps import swept, swept_rows

OFF: dict[str, Any] = {"samples": 0, "restarts": 0, "steps": 0}
# of 60 draws each, those where phases that are fixed at no loss put the bound below the value
FAMILIES = [((1, 2, 2, 1), 34, 0.1), ((1, 3, 3, 1), 2, 0.1), ((1, 3, 3, 1), 14, 0.1)]
FAMILIES += [((1, 3, 3, 1), seed, 1.0) for seed in (16, 19)]
FAMILIES += [((2, 4, 4, 1), seed, 1.0) for seed in (18, 19)]


def net(*layers):
    made: list[nn.Module] = []
    for weight, bias in layers:
        layer = nn.Linear(len(weight[0]), len(weight)).double().requires_grad_(False)
        layer.weight.copy_(torch.tensor(weight, dtype=torch.float64))
        layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))
        made += [layer, nn.ReLU()]
    return nn.Sequential(*made[:-1])


def drawn(sizes, seed):
    """Independent networks for even seeds; 1 % apart for odd ones."""
    rng = np.random.default_rng(seed)

    def one():
        pairs = itertools.pairwise(sizes)
        return net(*[(rng.normal(size=(b, a)), rng.normal(size=b)) for a, b in pairs])

    f, g = one(), one()
    for a, b in zip(f.parameters(), g.parameters(), strict=True):
        b.copy_(a * (1 + 0.01 * b) if seed % 2 else b)
    return f, g


def reached(f, g, half: float) -> float:
    """The largest |f − g| on a grid, which ends at the corners of the box."""
    inputs = f[0].in_features
    line = torch.linspace(-half, half, 20001 if inputs == 1 else 201, dtype=torch.float64)
    x = torch.cartesian_prod(*[line] * inputs).view(-1, inputs)
    return float((f(x) - g(x)).abs().max())


@pytest.mark.parametrize("splits", swept([64, 2, 8], 1))
def test_1_a_point_where_f_is_off_and_g_is_on_is_covered(splits) -> None:
    f = net(([[0], [0.2]], [-1, 0]), ([[0, 1]], [1]), ([[1]], [0]))
    g = net(([[0], [1]], [1, 2]), ([[0, 1]], [0]), ([[0.5]], [0]))
    assert (f(-torch.ones(1, 1).double()) - g(-torch.ones(1, 1).double())).item() == pytest.approx(
        0.5
    )
    found = bracket(f, g, splits=splits)
    assert found.lower == pytest.approx(0.5)
    for work in ({}, OFF):
        assert all(bound >= 0.5 for bound in bracket(f, g, splits=splits, **work).bounds.values())


@pytest.mark.parametrize(("sizes", "seed", "half"), swept_rows(FAMILIES, 2))
def test_1_random_pairs(sizes, seed, half) -> None:
    f, g = drawn(sizes, seed)
    value = reached(f, g, half)
    for splits in (8, 64):
        found = bracket(f, g, (-half, half), splits=splits, **OFF)
        assert all(bound >= value for bound in found.bounds.values())


def test_1_a_contradiction_names_the_bound_and_is_no_overflow() -> None:
    with pytest.raises(ArithmeticError, match="this bound contradicts the reached value") as found:
        closed("branching", {"branching": 0.4, "crown": 0.6}, 0.5, np.zeros(1), 1e-15)
    words = str(found.value)
    assert all(part in words for part in ("branching", "0.4", "0.5", "a defect, please report"))
    assert "overflow" not in words


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_1_values_that_are_not_finite_are_overflow(value) -> None:
    with pytest.raises(ArithmeticError, match="overflow"):
        closed("crown", {"crown": 0.6}, value, np.zeros(1), 1e-15)
