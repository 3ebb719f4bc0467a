"""Sets of inputs that are no cube: an interval a pixel, some of a point, and images in [0, 1]."""

import numpy as np
import pytest
import torch

from slth import seeding
from slth.networks import build_network
from slth.supnorm import bracket
from tests.supnorm import supnorm_cases as cases

SHAPE = (1, 4, 4)


def ends(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = seeding.generator(0, "boxes", kind)
    lo, hi = np.sort(rng.uniform(-1, 1, (2, *SHAPE)), axis=0)
    lo = np.where(rng.random(SHAPE) < 0.3, hi, lo)
    return (np.zeros(SHAPE), np.ones(SHAPE)) if kind == "images" else (lo, hi)


def test_ends_may_be_tensors_that_require_a_gradient():
    lo, hi = (torch.from_numpy(end) for end in ends("pixels"))
    f = build_network([1], input_shape=SHAPE, classes=2, seed=1)
    g = cases.perturbed(seeding.generator(2, "boxes"), f, 0.01)
    work = {"samples": 8, "restarts": 0}
    given = bracket(f, g, (lo.requires_grad_(), hi), SHAPE, **work)
    assert given.bounds == bracket(f, g, ends("pixels"), SHAPE, **work).bounds


@pytest.mark.parametrize("kind", ["pixels", "images"])
def test_no_input_of_the_set_exceeds_the_bracket(kind):
    rng = seeding.generator(1, "boxes", kind)
    f = build_network([2, 2], input_shape=SHAPE, classes=2, seed=1)
    g = cases.as_ticket(rng, f, eps=1e-2)
    lo, hi = ends(kind)
    b = bracket(f, g, (lo, hi), SHAPE, samples=32, restarts=1, steps=6)
    assert ((lo <= b.lower_at) & (b.lower_at <= hi)).all()
    share = torch.from_numpy(rng.choice([0.0, 0.5, 1.0], (400, *SHAPE)))
    x = torch.from_numpy(lo) + share * torch.from_numpy(hi - lo)
    largest = float(cases.gap(cases.Case(f, g, SHAPE, (-1.0, 1.0)), x).max())
    assert all(largest <= bound for bound in b.bounds.values())
    assert b.lower <= b.upper <= bracket(f, g, (-1, 1), SHAPE, restarts=0, samples=1).upper
