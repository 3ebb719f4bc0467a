"""Parts of convolutions: written as plain dense layers, bounded there, never below what is reached.

The oracle is the mixed-integer value of small pairs, an attack elsewhere; an unsound twin that
reads one kernel for both signs is caught.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding, supnorm
from slth.networks import Residual
from slth.supnorm.arguments import prepare
from slth.supnorm.layers import Layer, forward
from slth.supnorm.zonotope import root, written
from slth.supnorm.zonotope.pair import Pair
from tests.supnorm import supnorm_cases as cases

OFF: dict[str, Any] = {"samples": 0, "restarts": 0, "steps": 0}
PARTS: dict[str, Any] = {"bounds": ["zonotope"], "input_splits": 60}
KINDS = ["one", "two", "strided", "grouped", "residual"]


def network(kind: str, rng) -> nn.Sequential:
    """A convolutional network on inputs (1, 4, 4) with two outputs."""
    if kind == "one":
        body: list[nn.Module] = [cases.conv(rng, 1, 2, 2, bias=True), nn.ReLU()]
    elif kind == "strided":
        body = [cases.conv(rng, 1, 2, 3, stride=2, padding=1), nn.ReLU()]
    elif kind == "grouped":
        body = [
            cases.conv(rng, 1, 2, 2), nn.ReLU(), cases.conv(rng, 2, 2, 2, groups=2), nn.ReLU(),
        ]  # fmt: skip
    elif kind == "residual":
        block = nn.Sequential(
            cases.conv(rng, 2, 2, 3, padding=1), nn.ReLU(), cases.conv(rng, 2, 2, 1)
        )
        body = [cases.conv(rng, 1, 2, 3), nn.ReLU(), Residual(block), nn.ReLU()]
    else:
        body = [cases.conv(rng, 1, 2, 2), nn.ReLU(), cases.conv(rng, 2, 2, 2), nn.ReLU()]
    with torch.no_grad():
        size = nn.Sequential(*body)(torch.zeros(1, 1, 4, 4, dtype=torch.float64)).numel()
    return nn.Sequential(*body, nn.Flatten(), cases.linear(rng, size, 2))


def case_of(kind: str, index: int, ticket: bool) -> cases.Case:
    """A pair over a box of inputs of both signs."""
    rng = seeding.generator(index, "written", kind)
    f = network(kind, rng)
    g = cases.as_ticket(rng, f, eps=0.05) if ticket else cases.perturbed(rng, f, 0.1)
    return cases.Case(f, g, (1, 4, 4), (rng.uniform(-1, -0.2), rng.uniform(0.2, 1)))


def joint(case: cases.Case) -> tuple[Pair, Any]:
    """The pair as convolutions, and the box."""
    _, (f, g), region = prepare(case.f, case.g, case.box, case.shape)
    return Pair(f, g, (region.hi > region.lo).flatten(), fixed=region.lo.flatten()), region


@pytest.mark.parametrize("kind", KINDS)
def test_both_networks_compute_the_same_as_plain_dense_layers(kind) -> None:
    for ticket in (False, True) if kind in ("one", "two") else (False,):
        case = case_of(kind, 1, ticket)
        pair, region = joint(case)
        made, off = root.written(pair, region, inside=False)
        assert made.dense is not None
        assert (off > 0) == any(layer.doubt is not None for layer in (*pair.f, *pair.g))
        x = cases.probes(case, seeding.generator(2, "points"), 50)
        for own, dense in ((pair.f, made.f), (pair.g, made.g)):
            same = forward(dense, x.flatten(1))
            np.testing.assert_allclose(same, forward(own, x).flatten(1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("ticket", [False, True])
@pytest.mark.parametrize("kind", ["one", "two"])
def test_no_part_is_below_the_exact_value(kind, ticket, index) -> None:
    case = case_of(kind, index, ticket)
    found = cases.solve(case, **PARTS, **OFF)
    rng = seeding.generator(index, "attack")
    cases.check_upper(case, found.bounds["input_splitting"], rng, 300)
    assert found.bounds["input_splitting"] <= found.bounds["zonotope"]
    if kind == "one":
        best = supnorm.exact(case.f, case.g, case.box, case.shape)
        assert found.bounds["input_splitting"] >= best - 1e-6 * (1 + best)
        assert found.lower <= best + 1e-6 * (1 + best)


@pytest.mark.parametrize("kind", ["strided", "grouped", "residual"])
def test_strides_groups_and_blocks_hold_an_attack(kind) -> None:
    for index in range(3):
        case = case_of(kind, index, ticket=False)
        found = cases.solve(case, **PARTS, **OFF)
        rng = seeding.generator(index, "attack")
        cases.check_upper(case, found.bounds["input_splitting"], rng, 300)


def doubted(layers, doubt: float) -> tuple[list[Layer], list[Layer]]:
    """Layers whose kernels leave ``doubt`` open, and those of kernels at its upper end."""
    known, moved = [], []
    for layer in layers:
        moved.append(replace(layer, plus=layer.plus + doubt, minus=layer.minus + doubt))
        magnitude = torch.maximum(layer.plus.abs(), layer.minus.abs()) + doubt
        open_ = torch.full_like(magnitude, doubt)
        known.append(replace(layer, magnitude=magnitude, doubt=open_))
    return known, moved


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("kind", ["one", "two"])
def test_what_kernels_leave_open_is_in_every_bound(kind, whole) -> None:
    """f's true kernels are off by their doubt, g's are f's as they stand: |f − g| is the doubt's.

    No part is below it, before any halving and behind it.
    """
    case = case_of(kind, 5, ticket=True)
    _, (_, layers), region = prepare(case.f, case.g, case.box, case.shape)
    f, moved = doubted(layers, 1e-3)
    made = root.Root.of(f, layers, region, whole=whole)
    assert made is not None
    assert made.pair.dense is None
    x = cases.probes(case, seeding.generator(3, "points"), 300)
    reached = float((forward(moved, x) - forward(layers, x)).abs().max())
    assert reached > 1e-3
    for parts in (0, 40):
        tree = made.split(parts, 0.0)
        assert tree.pair.dense is not None
        assert tree.upper >= reached


def test_small_pairs_meet() -> None:
    case = case_of("one", 7, ticket=False)
    lo = np.full((1, 4, 4), case.box[0])
    box = lo, lo + (np.arange(16).reshape(1, 4, 4) < 6)
    found = supnorm.bracket(case.f, case.g, box, case.shape, bounds=["zonotope"], input_splits=4000)
    best = supnorm.exact(case.f, case.g, box, case.shape)
    assert found.upper <= found.lower * (1 + 1e-6)
    assert found.upper == pytest.approx(best, rel=1e-5)
    assert found.lower_at.shape == (1, 4, 4)


def test_a_goal_is_decided_by_parts() -> None:
    case = case_of("two", 3, ticket=True)
    whole = cases.solve(case, **PARTS | {"input_splits": 400})
    eps = 0.5 * (whole.upper + whole.bounds["zonotope"])
    assert whole.upper < eps
    found = cases.solve(case, bounds=["input_splitting"], input_splits=400, eps=eps)
    assert found.lower <= found.upper <= eps


def test_one_kernel_for_both_signs_is_caught(monkeypatch) -> None:
    """The twin reads (K⁺ + K⁻) / 2 of the ticket for both signs of its input."""
    right = written.densely

    def wrong(layers, signs=None):
        made = right(layers, signs)
        if signs is not None and signs[0]:
            half = made[1].plus.shape[1] // 2
            mean = (made[1].plus[:, :half] - made[1].plus[:, half:]) / 2
            kernel = torch.cat([mean, -mean], 1)
            made[1] = replace(made[1], plus=kernel, minus=kernel, magnitude=kernel.abs())
        return made

    monkeypatch.setattr(root, "densely", wrong)
    caught = 0
    for index in range(6):
        case = case_of("one", index, ticket=True)
        try:
            found = cases.solve(case, bounds=["input_splitting"], input_splits=200)
            rng = seeding.generator(1, "attack")
            cases.check_upper(case, found.bounds["input_splitting"], rng, 300)
        except (AssertionError, ArithmeticError):
            caught += 1
    assert caught
