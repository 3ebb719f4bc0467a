"""The threshold of subsets of one size against exhaustive search."""

from itertools import combinations

import numpy as np
import pytest

from slth.theory.entropy import fixed_size_n_star

TRIALS = 400


def rate(n: int, d: int, eps: float, fraction: float) -> float:
    """Share of instances with some subset of round(fraction·n) normal vectors within eps of z."""
    rng = np.random.default_rng([n, d])
    members = np.array(list(combinations(range(n), max(1, round(fraction * n)))))
    masks = np.zeros((len(members), n))
    np.put_along_axis(masks, members, 1.0, axis=1)
    hits = 0
    for _ in range(TRIALS):
        X, z = rng.standard_normal((n, d)), rng.uniform(-0.25, 0.25, d)
        hits += bool((np.abs(masks @ X - z).max(axis=1) <= eps).any())
    return hits / TRIALS


@pytest.mark.parametrize(("d", "eps", "fraction"), [(1, 0.02, 0.5), (1, 0.01, 0.25), (2, 0.1, 0.5)])
def test_half_of_the_instances_are_hit_about_the_threshold(d, eps, fraction):
    n = fixed_size_n_star(d, eps, fraction)
    # the transition is n/d·0.4 wide at most, 400 trials give the rate to ±0.1 at 4 deviations
    assert rate(round(0.75 * n), d, eps, fraction) < 0.5 < rate(round(1.35 * n), d, eps, fraction)


def test_sparser_subsets_need_more_candidates():
    found = [fixed_size_n_star(4, 0.05, fraction) for fraction in (0.5, 0.3, 0.1, 0.03)]
    assert found == sorted(found)


@pytest.mark.parametrize("fraction", [0.0, 1.0, 1.5])
def test_fractions_outside_are_refused(fraction):
    with pytest.raises(ValueError, match="share"):
        fixed_size_n_star(2, 0.1, fraction)
