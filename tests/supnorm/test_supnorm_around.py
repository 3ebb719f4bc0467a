"""Unions of l_∞ balls, and the exact value of small networks."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from slth import seeding
from slth.supnorm import bracket, bracket_around, exact
from tests.supnorm import supnorm_cases as cases


def pair() -> cases.Case:
    rng = seeding.generator(0, "around")
    f = nn.Sequential(
        cases.conv(rng, 1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), cases.linear(rng, 32, 2)
    )
    return cases.Case(f, cases.as_ticket(rng, f, eps=0.05), (1, 4, 4), (-1.0, 1.0))


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.5, 3.0])
def test_no_point_of_a_ball_exceeds_the_bracket(radius):
    case, rng = pair(), seeding.generator(1, "around")
    points = rng.uniform(-1, 1, (6, 1, 4, 4))
    b = bracket_around(case.f, case.g, points, radius, refined=2)
    noise = radius * rng.choice([-1.0, 1.0], (300, 6, 1, 4, 4))
    x = torch.from_numpy(np.clip(points + noise, -1, 1)).reshape(-1, 1, 4, 4)
    assert float(cases.gap(case, x).max()) <= b.upper
    assert b.lower <= b.upper == b.bounds["union"] == min(b.bounds.values())
    assert np.abs(b.lower_at - points).reshape(6, -1).max(1).min() <= radius + 1e-15
    assert float(cases.gap(case, torch.from_numpy(b.lower_at)[None])[0]) == b.lower


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.3])
def test_the_witness_lies_in_a_ball_of_exact_arithmetic(radius):
    case = pair()
    centre = seeding.generator(3, "around").uniform(-0.7, 0.7, case.shape)
    b = bracket_around(case.f, case.g, centre[None], radius, samples=16, restarts=1, steps=4)
    away = [
        abs(Fraction(x) - Fraction(c)) for x, c in zip(b.lower_at.flat, centre.flat, strict=True)
    ]
    assert max(away) <= Fraction(radius)


def test_radius_zero_is_the_error_at_the_points():
    case = pair()
    points = seeding.generator(2, "around").uniform(-1, 1, (5, 1, 4, 4))
    value = float(cases.gap(case, torch.from_numpy(points)).max())
    b = bracket_around(case.f, case.g, points, 0.0)
    assert b.lower == pytest.approx(value, rel=1e-9)
    assert b.upper == pytest.approx(value, rel=1e-6)


def test_balls_that_cover_the_box_give_its_bracket():
    case = pair()
    b = bracket_around(case.f, case.g, np.zeros((1, 1, 4, 4)), 1.0)
    whole = bracket(case.f, case.g, input_shape=(1, 4, 4))
    assert b.upper == pytest.approx(whole.upper, rel=1e-6)


@pytest.mark.parametrize(
    ("points", "radius", "words"),
    [
        (np.zeros((1, 1, 4, 4)), -0.1, "radius: got"),
        (np.zeros((1, 1, 4, 4)), np.inf, "radius: got"),
        (2 * np.ones((1, 1, 4, 4)), 0.1, "points: got entries outside"),
        (np.zeros((0, 1, 4, 4)), 0.1, "points: got"),
        (np.zeros(16), 0.1, "points: got"),
    ],
)
def test_bad_balls(points, radius, words):
    case = pair()
    with pytest.raises(ValueError, match=words):
        bracket_around(case.f, case.g, points, radius)


def test_exact_needs_few_open_phases():
    case = pair()
    with pytest.raises(ValueError, match="takes at most limit = 8"):
        exact(case.f, case.g, input_shape=(1, 4, 4), limit=8)
