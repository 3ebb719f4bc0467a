"""Second moment: rectangle probabilities, R_k against enumeration, the certificate's numbers."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import hypergeom, multivariate_normal, norm

from slth.theory import existence_certificate, second_moment_ratio
from slth.theory.second_moment import log_gains, log_overlaps
from tests.theory.all_subsets import drawn


@pytest.mark.parametrize(("n", "k"), [(10, 3), (10, 8), (7, 7)])
def test_overlaps_are_hypergeometric(n, k):
    oracle = hypergeom.pmf(np.arange(k + 1), n, k, k)
    assert np.allclose(np.exp(log_overlaps(n, k)), oracle, atol=1e-12)


@pytest.mark.parametrize("eps", [0.05, 0.5])
@pytest.mark.parametrize("z", [0.0, 0.7])
def test_rectangles_against_bivariate_normal(eps, z):
    k = 9
    gains = log_gains(k, eps, (z,))[:, 0]
    single = norm.cdf((z + eps) / 3) - norm.cdf((z - eps) / 3)
    assert gains[0] == 0
    assert gains[k] == pytest.approx(-math.log(single))
    for j in (1, 4, 8):
        law = multivariate_normal([0, 0], [[k, j], [j, k]])
        both = law.cdf([z + eps] * 2, lower_limit=[z - eps] * 2)
        assert gains[j] == pytest.approx(math.log(both / single**2), abs=1e-3)


def test_ratio_agrees_with_enumeration():
    n, k, d, eps, z = 7, 3, 2, 0.5, 0.5
    masks = np.zeros((math.comb(n, k), n))
    for row, kept in zip(masks, itertools.combinations(range(n), k), strict=True):
        row[list(kept)] = 1
    X = drawn("normal", 20_000, n, d, 1)
    hits = (np.abs(np.tensordot(masks, X, (1, 1)) - z).max(axis=2) <= eps).sum(axis=0)
    # ratio of means with its delta-method standard error; 4.5 of them: level 7e-6
    first, second = hits.mean(), (hits**2.0).mean()
    influence = hits**2.0 / first**2 - 2 * second * hits / first**3
    margin = 4.5 * influence.std() / math.sqrt(len(hits))
    assert abs(second / first**2 - second_moment_ratio(n, k, d, eps, z)) < margin


@pytest.mark.parametrize(
    ("d", "eps", "n"),
    [(8, 0.1, 52), (16, 0.1, 118), (32, 0.1, 281), (8, 0.01, 82), (16, 0.01, 181)],
)
def test_certificate(d, eps, n):
    found, k, ratio = existence_certificate(d, eps)
    assert found == n
    assert ratio <= 3
    assert second_moment_ratio(n, k, d, eps, 0.5) == pytest.approx(ratio)
    assert second_moment_ratio(n - 1, k, d, eps, 0.5) > 3
    assert 1.0 < k / n * math.sqrt(d) < 1.5


def test_certificate_below_the_growth_start():
    n, _, ratio = existence_certificate(1, 0.5, z=0.0)
    assert ratio <= 3
    assert all(second_moment_ratio(n - 1, j, 1, 0.5, 0.0) > 3 for j in range(1, n))


def test_ratio_is_at_least_one_and_falls_with_n():
    ratios = [second_moment_ratio(n, 20, 8, 0.1, 0.5) for n in range(40, 90, 10)]
    assert min(ratios) >= 1
    assert (np.diff(ratios) < 0).all()


def test_overlap_weights_sum_to_one_at_scale():
    assert float(logsumexp(log_overlaps(100_000, 5000))) == pytest.approx(0, abs=1e-6)
