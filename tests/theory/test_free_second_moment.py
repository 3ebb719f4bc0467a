"""Second moment over all sizes: against enumeration, against the fixed sizes' parts, its limit."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from slth.theory import expected_hits, free_second_moment_ratio
from tests.theory.all_subsets import all_errors, drawn


@pytest.mark.parametrize(
    ("n", "d", "eps", "z"), [(6, 1, 0.2, 0.5), (6, 2, 0.5, 0.7), (5, 1, 0.4, 0.1)]
)
def test_ratio_agrees_with_enumeration(n, d, eps, z):
    X = drawn("normal", 10_000, n, d, 2)
    hits = (all_errors(X, np.full(d, z)) <= eps).sum(axis=1).astype(float)
    # ratio of means with its delta-method standard error; 4.5 of them: level 7e-6
    first, second = hits.mean(), (hits**2).mean()
    influence = hits**2 / first**2 - 2 * second * hits / first**3
    margin = 4.5 * influence.std() / math.sqrt(len(hits))
    assert abs(second / first**2 - free_second_moment_ratio(n, d, eps, z)) < margin


def test_two_candidates_by_integrals():
    """n = 2: Z counts {1}, {2}, {1, 2}; the pairs' probabilities by adaptive quadrature."""
    eps, z = 0.3, 0.6
    one = norm.cdf(z + eps) - norm.cdf(z - eps)
    two = norm.cdf((z + eps) / math.sqrt(2)) - norm.cdf((z - eps) / math.sqrt(2))
    nested = quad(
        lambda w: norm.pdf(w) * (norm.cdf(z + eps - w) - norm.cdf(z - eps - w)), z - eps, z + eps
    )[0]
    second = 2 * one + two + 2 * one**2 + 4 * nested
    exact = second / expected_hits("normal", 2, 1, eps, z) ** 2
    assert free_second_moment_ratio(2, 1, eps, z) == pytest.approx(exact, rel=1e-9)


def test_tends_to_the_limit():
    ratios = [free_second_moment_ratio(n, 2, 0.05, 0.0) for n in (16, 24, 36)]
    assert ratios[0] > ratios[1] > ratios[2] > 4 / 3 - 0.01
    assert ratios[2] == pytest.approx(4 / 3, rel=0.1)


def test_bad_input():
    with pytest.raises(ValueError, match="n: got 201"):
        free_second_moment_ratio(201, 2, 0.1, 0.5)
