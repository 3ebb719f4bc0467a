"""Balls split in parts: what is certified holds on grids and under attacks, witnesses decide.

Small networks are decided in the end, and never the other way than without parts. The plain dense
layers that parts are made of compute what the layers do.
"""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding, supnorm
from slth.supnorm.arguments import prepare
from slth.supnorm.layers import forward
from slth.supnorm.zonotope import complete, written
from tests.supnorm import supnorm_cases as cases
from tests.supnorm.test_supnorm_agreement import classifiers, decisions, grid


def check(index: int) -> tuple[int, int]:
    """Certified and open balls, judged on a grid; what is known without parts stays."""
    f, g = classifiers(index, 2, apart=0.05)
    points = seeding.generator(index, "parts of balls").uniform(-1, 1, (10, 2))
    wanted = decisions(f, torch.from_numpy(points))
    before = supnorm.agreement(f, g, points, 0.5, steps=None)
    found = supnorm.agreement(f, g, points, 0.5, steps=None, input_splits=60)
    assert (found.certified >= before.certified).all()
    assert (found.refuted >= before.refuted).all()
    assert (found.margins >= before.margins).all()
    assert not (found.certified & found.refuted).any()
    for i, centre in enumerate(points):
        x = grid(centre, 0.5, 2)
        kept = [bool((decisions(h, x) == wanted[i]).all()) for h in (f, g)]
        assert not found.certified[i] or all(kept), "certified, but decides otherwise on the grid"
        assert not found.alone[i] or kept[0]
        least = [_least(h, x, int(wanted[i])) for h in (f, g)]
        assert (found.margins[i] <= np.array(least) + 1e-12).all(), "a margin that is not reached"
        if found.refuted[i]:
            witness = torch.from_numpy(found.witness[i])
            assert np.abs(found.witness[i] - centre).max() <= 0.5
            assert {int(decisions(h, witness[None])) for h in (f, g)} != {int(wanted[i])}
    return int(found.open.sum()), int(before.open.sum())


def _least(network: nn.Module, x: torch.Tensor, c: int) -> float:
    with torch.no_grad():
        y = network(x)
    return float((y[:, [c]] - y[:, torch.arange(y.shape[1]) != c]).min())


def test_parts_decide_what_is_open_and_no_ball_falsely() -> None:
    left = np.array([check(index) for index in range(8)]).sum(0)
    assert left[1] >= 4  # without parts some are open
    assert left[0] == 0  # 60 parts decide all


def ticket() -> tuple[nn.Module, nn.Module, np.ndarray]:
    rng = seeding.generator(3, "decided ticket")
    f = nn.Sequential(
        cases.conv(rng, 1, 2, 3), nn.ReLU(), cases.conv(rng, 2, 2, 3), nn.ReLU(), nn.Flatten(),
        cases.linear(rng, 8, 3),
    )  # fmt: skip
    return f, cases.as_ticket(rng, f, eps=1e-2), rng.uniform(-1, 1, (40, 1, 6, 6))


def test_tickets_whose_first_layer_tells_signs_apart() -> None:
    f, g, x = ticket()
    before = supnorm.agreement(f, g, x, 0.1, steps=None)
    found = supnorm.agreement(f, g, x, 0.1, steps=None, input_splits=100)
    assert found.open.sum() < before.open.sum()
    rng = seeding.generator(1, "attack")
    for i in np.flatnonzero(found.certified & ~before.certified):
        y = torch.from_numpy(x[i] + rng.choice([-0.1, 0.0, 0.1], (4000, 1, 6, 6)))
        for h in (f, g):
            assert bool((decisions(h, y) == int(found.decisions[i])).all())


def flipped(monkeypatch) -> None:
    """Negative parts enter with the sign of positive ones."""
    right = written.densely

    def wrong(layers):
        return right([_with_minus(layer, -layer.minus) for layer in layers])

    for module in (written, complete):
        monkeypatch.setattr(module, "densely", wrong)


def _with_minus(layer, minus):
    changed = copy.copy(layer)
    object.__setattr__(changed, "minus", layer.plus if layer.plain else minus)
    return changed


def check_dense() -> None:
    f, g, x = ticket()
    _, both, _ = prepare(f, g, (-1.0, 1.0), (1, 6, 6))
    for layers in both:
        points = torch.from_numpy(x)
        same = forward(written.densely(layers), points.flatten(1))
        np.testing.assert_allclose(same, forward(layers, points), rtol=0, atol=1e-12)


def test_plain_dense_layers_compute_the_same() -> None:
    check_dense()


def test_a_wrong_sign_is_caught(monkeypatch) -> None:
    flipped(monkeypatch)
    with pytest.raises(AssertionError):
        check_dense()


def test_margins_that_forget_the_evaluation_error_are_caught(monkeypatch) -> None:
    """At radius 0 the margin is known exactly, and certified ones stay below it."""
    f, g = classifiers(2, 2, apart=0.1)
    _, (layers, _), box = prepare(f, g, (np.full(2, 0.25), np.full(2, 0.25)), (2,))
    with torch.no_grad():
        y = f(box.lo[None])[0]
    c = int(y.argmax())
    exactly = float((y[c] - y[torch.arange(3) != c]).min())
    found = complete.least_margin(layers, box, c, 1e-6, 4)
    assert exactly - 2.1e-6 < found.value <= exactly - 2e-6
    assert complete.least_margin(layers, box, (c + 1) % 3, 0.0, 4).value < 0


def test_what_is_too_large_is_refused_before_anything_is_found() -> None:
    wide = nn.Sequential(nn.Linear(3000, 1500), nn.ReLU(), nn.Linear(1500, 3)).double()
    with pytest.raises(ValueError, match="input_splits: got 5, takes 0 for networks"):
        supnorm.agreement(wide, wide, np.zeros((1, 3000)), 0.1, input_splits=5)
    small = nn.Sequential(nn.Linear(2, 2), nn.ReLU()).double()
    with pytest.raises(ValueError, match="input_splits"):
        supnorm.agreement(small, small, np.zeros((1, 2)), 0.1, input_splits=5)
    with pytest.raises(ValueError, match="input_splits: got -1"):
        supnorm.agreement(wide, wide, np.zeros((1, 3000)), 0.1, input_splits=-1)
