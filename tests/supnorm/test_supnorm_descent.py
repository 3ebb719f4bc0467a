"""The compiled passes of the dual against `Dual.value` and its derivatives by torch."""

import numpy as np
import pytest
import torch

from slth import seeding
from slth.supnorm.arguments import prepare
from slth.supnorm.bounds.differential import differential
from slth.supnorm.dual.descent import Chain, Descent
from slth.supnorm.dual.lagrangian import objectives
from slth.supnorm.dual.local import narrowed
from slth.supnorm.dual.relaxation import Dual, build
from slth.supnorm.dual.stage import OPEN, Allowed, Multipliers
from tests.supnorm import supnorm_cases as cases
from tests.sweeps import swept

COUNT = 4  # objectives


@pytest.fixture(scope="module")
def duals() -> list[tuple[int, Dual]]:
    """Of random pairs with and without narrowed ranges, dense and convolutional."""
    found = []
    for index in range(100, 130):
        case = cases.random_case(index)
        _, layers, box = prepare(case.f, case.g, case.box, case.shape)
        ranges = narrowed(*layers, box, 8) if index % 2 else None
        places = ranges.places if ranges else differential(*layers, box)
        dual = build(*layers, places, 2, ranges.before if ranges else None)
        if dual is not None and dual.stages:
            found.append((index, dual))
    wholes = [dual.links[0].whole for _, dual in found]
    assert any(whole.signed and bool(whole.crosses.any()) for whole in wholes)
    assert any(len(dual.stages) > 1 for _, dual in found)
    assert any(stage.cut for _, dual in found for stage in dual.stages)
    assert any(len(dual.links) - len(dual.stages) > 1 for _, dual in found)
    return found


def drawn(dual: Dual, index: int) -> list[Multipliers]:
    """Multipliers anywhere: β ≥ 0 for z, of either sign for δ."""
    rng = seeding.generator(index, "supnorm descent")
    theta = []
    for start in dual.start(COUNT):
        share, phase = (rng.normal(0, 0.3, part.shape) for part in (start.share, start.phase))
        phase[..., :2] = np.abs(phase[..., :2])
        theta.append(Multipliers(torch.from_numpy(share), torch.from_numpy(phase)))
    return theta


def chosen(dual: Dual) -> torch.Tensor:
    last = dual.ranges[-1].delta.lo.numel()
    return objectives(torch.arange(COUNT) % (2 * last), last)


def fixed(dual: Dual, index: int) -> list[Allowed]:
    """Some open phases of either network fixed, others for each objective."""
    rng, found = seeding.generator(index, "supnorm phases"), []
    for stage in dual.stages:
        patterns = stage.allowed.patterns.expand(COUNT, -1, -1)
        on = stage.phases.T > 0
        sides = [(side & patterns[:, :, None]).any(-1) for side in (on, ~on)]
        network = torch.from_numpy(rng.integers(0, 3, sides[0].shape)) * (sides[0] & sides[1])
        phase = torch.from_numpy(rng.random(sides[0].shape) < 0.5)
        agrees = (phase[..., None] == on) | (network == OPEN)[..., None]
        found.append(Allowed(patterns & agrees.all(2), network))
    return found


@pytest.mark.parametrize("split", swept([True, False], 1))
def test_compiled_value_and_subgradient_are_those_of_the_dual(duals, split) -> None:
    for index, dual in duals:
        c, theta = chosen(dual), drawn(dual, index)
        allowed = fixed(dual, index) if split else dual.allowed()
        flat = [part.requires_grad_() for t in theta for part in (t.share, t.phase)]
        scales = dual.scales(c)
        wanted = dual.value(c, theta, allowed, scales)
        slopes = torch.autograd.grad(wanted.total.sum(), flat)
        chain = Chain(
            dual,
            c,
            allowed,
            [Multipliers(t.share.detach(), t.phase.detach()) for t in theta],
            scales,
        )
        total = chain.value(slopes=True)[:, 0]
        size = float(wanted.total.detach().abs().max())
        np.testing.assert_allclose(total, wanted.total.detach(), rtol=0, atol=1e-12 * size)
        for step, by_share, by_phase in zip(chain.steps, slopes[::2], slopes[1::2], strict=True):
            share, phase = (
                slope * unit for slope, unit in zip(step.slopes, step.units, strict=True)
            )
            atol = 1e-9 * float(torch.stack([s.abs().max() for s in slopes]).max())
            np.testing.assert_allclose(np.swapaxes(share, -1, -2), by_share, rtol=0, atol=atol)
            np.testing.assert_allclose(phase, by_phase, rtol=0, atol=atol)


def test_descent_returns_the_value_of_the_multipliers_it_leaves(duals) -> None:
    lower = 0
    for index, dual in duals:
        c, theta = chosen(dual), drawn(dual, index)
        scales = dual.scales(c)
        before = dual.value(c, theta, dual.allowed(), scales).safe
        descent = Descent(dual, c, dual.allowed(), theta, scales)
        found = descent.run(20)
        again = dual.value(c, descent.theta, dual.allowed(), scales)
        assert bool((found.safe == again.safe).all())
        assert bool((found.safe <= before).all())
        lower += int((found.safe < before).sum())
        assert all(bool((t.phase[..., :2] >= 0).all()) for t in descent.theta)
    assert lower > len(duals) * COUNT // 2
