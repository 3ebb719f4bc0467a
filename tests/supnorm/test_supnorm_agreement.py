"""Certified decisions hold on grids over their balls; witnesses decide otherwise."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding, supnorm
from slth.supnorm.arithmetic import FloatRangeError
from tests.sweeps import swept


def classifiers(index: int, inputs: int, apart: float) -> tuple[nn.Sequential, nn.Sequential]:
    """A random network with 2 or 3 ReLU layers and 3 classes, and a neighbour."""
    rng = seeding.generator(index, "classifiers")
    widths = [inputs, *[6] * (2 + index % 2), 3]
    pair = []
    for _ in range(2):
        layers: list[nn.Module] = []
        for a, b in itertools.pairwise(widths):
            layers += [nn.Linear(a, b), nn.ReLU()]
        pair.append(nn.Sequential(*layers[:-1]).double())
    for first, second in zip(*(network.parameters() for network in pair), strict=True):
        first.data = torch.from_numpy(rng.standard_normal(first.shape))
        second.data = first.data + apart * torch.from_numpy(rng.standard_normal(second.shape))
    return pair[0], pair[1]


def decisions(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return network(x).argmax(1)


def grid(centre: np.ndarray, radius: float, inputs: int) -> torch.Tensor:
    line = np.linspace(-radius, radius, {1: 4001, 2: 121}[inputs])
    mesh = np.stack(np.meshgrid(*[line] * inputs), -1).reshape(-1, inputs)
    return torch.from_numpy(centre + mesh)


@pytest.mark.parametrize("inputs", swept([2, 1], 1))
def test_no_point_of_a_certified_ball_decides_otherwise(inputs: int) -> None:
    certified = refuted = 0
    for index in range(6):
        f, g = classifiers(index, inputs, apart=0.05)
        points = seeding.generator(index, "points").uniform(-1, 1, (8, inputs))
        for radius in (0.05, 0.4):
            found = supnorm.agreement(f, g, points, radius)
            wanted = decisions(f, torch.from_numpy(points))
            for i, centre in enumerate(points):
                x = grid(centre, radius, inputs)
                kept = [bool((decisions(h, x) == wanted[i]).all()) for h in (f, g)]
                assert not found.certified[i] or all(kept)
                assert not found.alone[i] or kept[0]
                assert not (found.refuted[i] and found.certified[i])
            certified += int(found.certified.sum())
            refuted += int(found.refuted.sum())
    assert certified > 20
    assert refuted > 3


def test_witnesses_lie_in_their_balls_and_decide_otherwise() -> None:
    f, g = classifiers(3, 2, apart=0.3)
    points = seeding.generator(0, "points").uniform(-1, 1, (30, 2))
    found = supnorm.agreement(f, g, points, 0.2)
    assert found.refuted.any()
    for i in np.flatnonzero(found.refuted):
        witness = torch.from_numpy(found.witness[i])
        assert np.abs(found.witness[i] - points[i]).max() <= 0.2
        seen = {int(decisions(h, witness[None])) for h in (f, g)}
        assert seen != {int(found.decisions[i])}
    assert np.isnan(found.witness[~found.refuted]).all()


def test_at_radius_zero_nothing_is_open_but_ties() -> None:
    f, g = classifiers(1, 2, apart=0.2)
    points = seeding.generator(1, "points").uniform(-1, 1, (40, 2))
    found = supnorm.agreement(f, g, points, 0.0)
    same = decisions(f, torch.from_numpy(points)) == decisions(g, torch.from_numpy(points))
    np.testing.assert_array_equal(found.certified, same.numpy())
    np.testing.assert_array_equal(found.refuted, ~same.numpy())
    layer = nn.Linear(2, 2).double()
    layer.weight.data[1] = layer.weight.data[0]
    layer.bias.data[1] = layer.bias.data[0]
    tied = nn.Sequential(layer)
    assert supnorm.agreement(tied, tied, points, 0.0).open.all()


def test_images_and_boxes() -> None:
    torch.manual_seed(0)
    f = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.ReLU(), nn.Flatten(),
                      nn.Linear(50, 4)).double()  # fmt: skip
    x = seeding.generator(2, "images").uniform(-1, 1, (6, 1, 5, 5))
    small, large = (supnorm.agreement(f, f, x, r, box=(-1, 1)) for r in (0.01, 0.2))
    assert (small.margins >= large.margins - 1e-12).all()
    assert repr(small).startswith("Agreement of 6 points")


@pytest.mark.parametrize(
    ("change", "words"),
    [({"radius": -1.0}, "radius: got -1"), ({"points": [[np.nan, 0.0]]}, "points"),
     ({"box": (0.5, 1.0)}, "points: got entries outside the box")],
)  # fmt: skip
def test_bad_arguments_are_named(change: dict[str, Any], words: str) -> None:
    f, g = classifiers(0, 2, apart=0.1)
    arguments: dict[str, Any] = {"points": [[0.1, 0.2]], "radius": 0.1} | change
    with pytest.raises(ValueError, match=words):
        supnorm.agreement(f, g, **arguments)


def test_zonotopes_alone_certify_no_ball_that_a_grid_refutes() -> None:
    certified = 0
    for index in range(4):
        f, g = classifiers(index, 2, apart=0.02)
        points = seeding.generator(index, "balls").uniform(-1, 1, (16, 2))
        found = supnorm.agreement(f, g, points, 0.1, steps=None)
        wanted = decisions(f, torch.from_numpy(points))
        for i in np.flatnonzero(found.certified):
            x = grid(points[i], 0.1, 2)
            assert all(bool((decisions(h, x) == wanted[i]).all()) for h in (f, g))
        certified += int(found.certified.sum())
    assert certified > 10


def dense(*matrices: list[list[float]]) -> nn.Sequential:
    """Linear layers without biases, ReLUs between them."""
    modules: list[nn.Module] = []
    for matrix in matrices:
        weight = torch.tensor(matrix, dtype=torch.float64)
        layer = nn.Linear(*reversed(weight.shape), bias=False, dtype=torch.float64)  # type: ignore[arg-type, misc]
        layer.weight.data = weight
        modules += [layer, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


@pytest.mark.parametrize("parts", [0, 20])
def test_networks_that_overflow_are_refused_as_in_brackets(parts: int) -> None:
    far = dense([[1e200], [2e200]], [[1e200, 0.0], [0.0, 1e199]])  # both outputs are inf
    near = dense([[1e200], [2e200]], [[1e-200, 0.0], [0.0, 1e-201]])
    # in the ball 3 · 1e308 − 3.6 · 1e308 is no number, where the first and the third output tie
    inside = dense([[1e154], [1e154]], [[5e153, 0.0], [-1.2e154, 1e154], [5e153, 0.0]])
    for f, g, radius in ((far, far, 0.1), (near, far, 0.1), (inside, inside, 2.0)):
        with pytest.raises(FloatRangeError, match="evaluation overflows"):
            supnorm.agreement(f, g, [[1.0]], radius, input_splits=parts)
    assert supnorm.agreement(near, near, [[1.0]], 0.1, input_splits=parts).certified.all()


def test_margins_beyond_float64_are_its_largest_number() -> None:
    f = dense([[1.7e308], [-1.7e308]])
    found = supnorm.agreement(f, f, [[1.0]], 0.0)
    assert (found.margins == np.finfo(np.float64).max).all()
