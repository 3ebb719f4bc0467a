"""All targets at once: the bracket against dense grids, the prediction against samples, bounds."""

import math

import numpy as np
import pytest

from slth.ensembles import sample_batch
from slth.studies.atlas.covering_radius import covering_radius, subset_sums
from slth.theory import (
    counting_bound,
    coverage_probability,
    covering_error,
    covering_probability,
    first_moment_bound,
    log_expected_hits,
    threshold,
    union_bound,
)


def on_grid(points, side):
    """The covering radius over a grid of the cube, and half the grid's step: a bracket."""
    axes = [np.linspace(-1, 1, side)] * points.shape[1]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, points.shape[1])
    far = max(np.abs(points - z).max(axis=1).min() for z in grid)
    return far, 1 / (side - 1)


@pytest.mark.parametrize(("d", "side"), [(1, 2001), (2, 81), (3, 17)])
@pytest.mark.parametrize("law", ["inside", "outside", "one"])
def test_bracket_holds_the_radius(d, side, law):
    rng = np.random.default_rng(d)
    points = {
        "inside": rng.uniform(-1.2, 1.2, (60, d)),
        "outside": rng.uniform(1.5, 3, (5, d)),
        "one": rng.uniform(-0.2, 0.2, (1, d)),
    }[law]
    low, high = covering_radius(points, 0.02)
    far, step = on_grid(points, side)
    assert far <= high + 1e-12
    assert low <= far + step
    assert low <= high <= 1.02 * low + 1e-12
    assert low == high or d > 1


def test_subset_sums_are_all_sums():
    X = np.random.default_rng(0).normal(size=(6, 2))
    masks = (np.arange(64)[:, None] >> np.arange(6)) & 1
    assert subset_sums(X) == pytest.approx(masks @ X)


@pytest.mark.parametrize("n", [6, 12, 18])
def test_one_dimension_is_the_gap_formula(n):
    eps = covering_error("normal", n, 1)
    assert covering_probability("normal", n, 1, eps) == pytest.approx(0.5, abs=0.01)
    assert covering_probability("nsn", n, 1, eps) == pytest.approx(
        coverage_probability("nsn", n, eps), abs=2e-3
    )


# α: 4 standard errors of a rate of 120 (0.18) beyond 0.07, the slack claimed of the model
@pytest.mark.parametrize(("name", "n", "d"), [("normal", 13, 2), ("uniform", 12, 2)])
def test_prediction_agrees_with_samples(name, n, d):
    radii = [covering_radius(subset_sums(X), 0.05)[1] for X in sample_batch(name, 120, n, d, 4)]
    for share in (0.25, 0.5, 0.75):
        eps = float(np.quantile(radii, share))
        assert abs(covering_probability(name, n, d, eps) - share) < 0.18 + 0.07


def test_union_bound_asks_for_more_than_the_prediction():
    for d, eps in ((1, 0.01), (2, 0.1)):
        n = union_bound("normal", d, eps)
        assert covering_probability("normal", n, d, eps) > 0.5
        assert n > threshold("normal", d, eps)


def test_bounds_no_law_can_beat():
    assert counting_bound(4, 0.25) == 8
    assert counting_bound(4, 0.25, 0.5) == 7
    assert counting_bound(1, 0.9, 0.1) == 0
    for name, d, eps in (("normal", 3, 0.05), ("uniform", 2, 0.1)):
        n = first_moment_bound(name, d, eps, 0.5)
        logs = [log_expected_hits(name, m, d, eps, 0.5) for m in (n - 1, n)]
        assert logs[0] < math.log(0.5) <= logs[1]
        assert n <= threshold(name, d, eps) + 1
