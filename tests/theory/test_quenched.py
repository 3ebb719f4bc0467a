"""Quenched prediction: against all 2^n subsets, its fixed point, monotonicity, crossings."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.special import digamma
from scipy.stats import beta, norm

from slth.ensembles import ENSEMBLES, sample_target
from slth.theory import (
    best_error,
    coverage_probability,
    coverage_threshold,
    quenched,
    quenched_n_star,
    success_probability,
    threshold,
)
from slth.theory.quenched import wishart_gain
from tests.sweeps import swept, swept_rows
from tests.theory.all_subsets import drawn, least_errors, subset_sums

ALPHA = 1e-3  # Clopper-Pearson intervals at 99.9 %
BATCH = 1000


def clopper_pearson(hits, trials):
    low = beta.ppf(ALPHA / 2, hits, trials - hits + 1) if hits else 0.0
    high = beta.isf(ALPHA / 2, hits + 1, trials - hits) if hits < trials else 1.0
    return low, high


def best_errors(name, n, d):
    """The least error of BATCH instances, each with its own target."""
    out = []
    for block in range(0, BATCH, 100):
        X = drawn(name, 100, n, d, 11 + block)
        z = np.array([sample_target(d, 1000 + block + b, name) for b in range(100)])
        out.append(least_errors(X, z))
    return np.concatenate(out)


# slack of the model beyond sampling: 0.05 is the claim; where it is larger, the claim fails there:
# heavy tails at small n (nsn, product) and lattice sums (binary) are further from their limit
@pytest.mark.parametrize(
    ("name", "n", "d", "slack"),
    [
        *swept_rows(
            [("normal", n, d, 0.05) for n, d in [(8, 1), (14, 4), (12, 1), (12, 2), (12, 3)]], 2
        ),
        *swept_rows([("uniform", n, d, 0.05) for n, d in [(8, 1), (12, 4), (12, 2), (12, 3)]], 2),
        *swept_rows([("quantized", n, d, 0.05) for n, d in [(8, 1), (12, 3), (12, 2)]], 2),
        *swept_rows([("nsn", n, d, 0.15) for n, d in [(12, 1), (12, 4), (12, 2), (12, 3)]], 2),
        ("product", 12, 1, 0.15),
        *swept_rows([("binary", n, d, 0.1) for n, d in [(8, 1), (12, 4), (12, 2)]], 2),
    ],
)
def test_agrees_with_all_subsets(name, n, d, slack):
    errors = best_errors(name, n, d)
    for share in (0.2, 0.5, 0.8):
        eps = float(np.quantile(errors, share))
        eps = float(np.floor(eps)) if ENSEMBLES[name].integer else eps
        low, high = clopper_pearson(int((errors <= eps).sum()), BATCH)
        assert low - slack <= success_probability(name, n, d, eps) <= high + slack


def test_fixed_target_agrees_with_all_subsets():
    z, eps, hits = np.array([0.9, -0.4]), 0.05, 0
    for seed in range(10):
        errors = least_errors(drawn("normal", 100, 12, 2, seed), z)
        hits += int((errors <= eps).sum())
    low, high = clopper_pearson(hits, 1000)
    assert low - 0.05 <= success_probability("normal", 12, 2, eps, z) <= high + 0.05


def test_the_grid_evaluates_the_formula():
    n, eps, z = 7, 0.03, 0.6
    s, gain = math.sqrt(n) / 2, 0.5 * (math.log(n / 2) - digamma(n / 2))

    def integrand(g):
        window = norm.cdf((z + eps) / s - g) - norm.cdf((z - eps) / s - g)
        return norm.pdf(g) * -math.expm1(-(2.0**n) * math.exp(gain) * window)

    oracle = quad(integrand, -9, 9, limit=200)[0]
    assert success_probability("normal", n, 1, eps, z) == pytest.approx(oracle, abs=1e-4)


@pytest.mark.parametrize("name", ["normal", "nsn"])
def test_the_grid_evaluates_the_formula_in_nine_dimensions(name):
    n, d, eps, z = 57, 9, 0.1, np.linspace(-1, 1, 9)
    rng = np.random.default_rng(0)
    A = n * np.ones(40_000) if name == "normal" else rng.chisquare(n, 40_000)
    s = np.sqrt(A)[:, None] / 2
    g = rng.standard_normal((len(A), d))
    window = norm.cdf((z + eps) / s - g) - norm.cdf((z - eps) / s - g)
    gain = 0.0 if name == "nsn" else wishart_gain(n, d)
    chances = -np.expm1(-np.exp(n * math.log(2) + gain + np.log(window).sum(axis=1)))
    # 5 standard errors
    margin = 5 * chances.std() / math.sqrt(len(A)) + 1e-4
    assert abs(chances.mean() - success_probability(name, n, d, eps, z)) < margin


@pytest.mark.parametrize(
    ("d", "eps", "n"),
    [
        (2, 0.01, 17.4),
        (4, 0.01, 37),
        (9, 0.1, 56),
        (9, 0.01, 88.5),
        (18, 0.1, 122),
        (27, 0.1, 191.9),
    ],
)
def test_n_star(d, eps, n):
    assert quenched_n_star(d, eps) == pytest.approx(n, abs=0.51)
    assert abs(threshold("normal", d, eps) - quenched_n_star(d, eps)) <= 1.5
    star = quenched_n_star(d, eps)
    # d log2 n gives way to E log2 det of a Wishart matrix
    log_det = sum(digamma((star - i) / 2) / math.log(2) + 1 for i in range(d))
    fixed = d * (math.log2(1 / (2 * eps)) + 0.5 * math.log2(math.pi * math.e / 2)) + 0.5 * log_det
    assert star == pytest.approx(fixed, rel=1e-9)
    below, above = best_error(math.ceil(star), d), best_error(math.floor(star), d)
    assert below <= eps <= above


@pytest.mark.parametrize(("n", "d"), [(9, 1), (12, 4), (30, 9)])
def test_the_gain_is_that_of_drawn_determinants(n, d):
    """α = 1e-4 (4 standard errors) of a mean over 20 000 determinants."""
    X = np.random.default_rng(5).standard_normal((20_000, n, d))
    logs = np.linalg.slogdet(np.einsum("bij,bik->bjk", X, X))[1]
    drawn, error = 0.5 * (d * math.log(n) - logs.mean()), 0.5 * logs.std() / math.sqrt(len(X))
    assert abs(wishart_gain(n, d) - drawn) < 4 * error
    assert wishart_gain(10**6, d) == pytest.approx(d * (d + 1) / 4e6, rel=1e-3)


def test_least_errors_in_several_dimensions_have_the_gain():
    """Median of least errors, normal n = 20, d = 6, z = ½: without the gain off by .5 candidates.

    The sums of the halves meet in a tree; 60 instances, 4 standard errors of log2.
    """
    n, d, z = 20, 6, 0.5
    logs = []
    for seed in range(60):
        X = drawn("normal", 1, n, d, 900 + seed)
        left, right = (subset_sums(half)[0].T for half in (X[:, : n // 2], X[:, n // 2 :]))
        nearest = cKDTree(left).query(z - right, p=np.inf)[0]
        logs.append(d * math.log2(nearest.min()))
    error = 1.2533 * np.std(logs) / math.sqrt(len(logs))
    lows, high = [], np.exp(np.linspace(-4, 0, 41))
    for eps in high:
        lows.append(success_probability("normal", n, d, float(eps), z))
    predicted = d * math.log2(float(np.interp(0.5, lows, high)))
    assert abs(np.median(logs) - predicted) < 4 * error
    assert wishart_gain(n, d) / math.log(2) > 0.7


def test_the_integral_of_many_terms_is_their_sum(monkeypatch):
    exact = [wishart_gain(n, 3000) for n in (3000, 3100, 9000)]
    monkeypatch.setattr(quenched, "TERMS", 100)
    assert [wishart_gain(n, 3000) for n in (3000, 3100, 9000)] == pytest.approx(exact, rel=1e-3)


def test_below_d_candidates_the_gain_stays():
    assert wishart_gain(3, 8) == wishart_gain(8, 8)
    assert best_error(3, 8) > 0
    assert quenched_n_star(8, 5.0) == 0.0


def test_best_error_scales_with_sigma():
    assert best_error(30, 4, "uniform") == pytest.approx(best_error(30, 4) / math.sqrt(3))
    assert best_error(30, 4, "nsn") == best_error(30, 4)


@pytest.mark.parametrize("name", sorted(ENSEMBLES))
@pytest.mark.parametrize("step", swept([4, 3], 1))
def test_more_candidates_never_lower_the_prediction(name, step):
    d = ENSEMBLES[name].max_d or 3
    eps = 0.1 * ENSEMBLES[name].std if name != "binary" else 0.5
    chances = [success_probability(name, n, d, eps) for n in range(2 * d, 40, step)]
    assert (np.diff(chances) >= -1e-6).all()
    assert 0 <= chances[0] < 0.7 < 0.95 < chances[-1] <= 1


@pytest.mark.parametrize("name", sorted(ENSEMBLES))
def test_wider_windows_never_lower_the_prediction(name):
    d = ENSEMBLES[name].max_d or 2
    widths = np.array([0.5, 1, 2, 4, 9]) if ENSEMBLES[name].integer else np.geomspace(0.01, 3, 6)
    chances = [success_probability(name, 8, d, float(eps)) for eps in widths]
    assert (np.diff(chances) >= -1e-6).all()


@pytest.mark.parametrize(
    ("name", "d", "eps"),
    [("normal", 4, 0.05), ("nsn", 2, 0.1), ("product", 1, 0.01), ("binary", 3, 0.5)],
)
@pytest.mark.parametrize("probability", swept([0.5, 0.1, 0.9], 1))
def test_threshold_is_the_crossing(name, d, eps, probability):
    n = threshold(name, d, eps, probability)
    assert success_probability(name, n, d, eps) >= probability
    assert n == 1 or success_probability(name, n - 1, d, eps) < probability


def test_the_empty_set_hits_near_the_origin():
    assert success_probability("normal", 1, 3, 0.1, 0.05) == 1.0
    assert success_probability("normal", 1, 5, 1.0) == 1.0
    assert success_probability("uniform", 1, 1, 0.5) >= 0.5


def test_unreachable_parity_is_impossible():
    assert success_probability("binary", 30, 2, 0.5, [0, 1]) == 0.0
    assert success_probability("binary", 30, 2, 0.5, [2, 2]) > 0.99


@pytest.mark.parametrize(("name", "n", "eps"), [("normal", 12, 0.01), ("uniform", 10, 0.02)])
def test_coverage_agrees_with_all_subsets(name, n, eps):
    sums = np.sort(subset_sums(drawn(name, BATCH, n, 1, 3))[:, 0], axis=1)
    padded = np.pad(sums, ((0, 0), (1, 1)), constant_values=((0, 0), (-np.inf, np.inf)))
    # the part of each gap further than eps from both its ends, cut to [-1, 1]
    bare = np.minimum(padded[:, 1:] - eps, 1) - np.maximum(padded[:, :-1] + eps, -1)
    low, high = clopper_pearson(int((bare <= 0).all(axis=1).sum()), BATCH)
    assert low - 0.05 <= coverage_probability(name, n, eps) <= high + 0.05


def test_covering_costs_a_few_candidates_more_than_one_target():
    for eps in (0.01, 0.001):
        extra = coverage_threshold("normal", eps) - threshold("normal", 1, eps)
        assert 3 <= extra <= 5
    n = coverage_threshold("nsn", 0.01, 0.9)
    assert coverage_probability("nsn", n, 0.01) >= 0.9 > coverage_probability("nsn", n - 1, 0.01)
