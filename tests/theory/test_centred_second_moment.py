"""The centred second moment against enumeration, known sizes, and its bounds of many offsets."""

import itertools
import math

import numpy as np
import pytest

from slth.theory import centred_second_moment_ratio, second_moment_ratio
from slth.theory.centred_second_moment import correlations, log_ratios
from tests.theory.all_subsets import drawn


def masks(n: int, k: int) -> np.ndarray:
    """Every k-subset of [n], (C(n, k), n)."""
    out = np.zeros((math.comb(n, k), n))
    for row, kept in zip(out, itertools.combinations(range(n), k), strict=True):
        row[list(kept)] = 1
    return out


@pytest.mark.parametrize(("n", "k", "y"), [(8, 4, 0.3), (7, 3, 0.9), (8, 6, 0.0)])
def test_agrees_with_enumeration(n: int, k: int, y: float) -> None:
    d, eps = 2, 0.5
    X = drawn("normal", 20_000, n, d, 3)
    W = np.tensordot(masks(n, k), X - X.mean(axis=1, keepdims=True), (1, 1))
    hits = (np.abs(W - y).max(axis=2) <= eps).sum(axis=0)
    # ratio of means with its delta-method standard error; 4.5 of them: level 7e-6
    first, second = hits.mean(), (hits**2.0).mean()
    influence = hits**2.0 / first**2 - 2 * second * hits / first**3
    margin = 4.5 * influence.std() / math.sqrt(len(hits))
    assert abs(second / first**2 - centred_second_moment_ratio(n, d, eps, y, k)) < margin


def test_deviations_have_the_correlations() -> None:
    n, k = 7, 3
    pairs = masks(n, k) - k / n
    overlaps, rho = correlations(n, k)
    inner = pairs @ pairs.T
    shared = masks(n, k) @ masks(n, k).T
    for j, r in enumerate(rho):
        assert inner[shared == j] == pytest.approx(r * k * (n - k) / n)
        assert (shared == j).mean() == pytest.approx(math.exp(overlaps[j]))


@pytest.mark.parametrize(("d", "n"), [(8, 48), (16, 100), (32, 214)])
def test_least_even_size_at_the_centre(d: int, n: int) -> None:
    assert centred_second_moment_ratio(n, d, 0.1, 0.0) <= 3
    assert centred_second_moment_ratio(n - 2, d, 0.1, 0.0) > 3


def test_odd_sizes_take_the_smaller_half() -> None:
    """At y = 0 an even n is no better than n - 1: half its subsets, complements, hit together."""
    ratios = np.array([centred_second_moment_ratio(n, 8, 0.1, 0.0) for n in range(43, 53)])
    assert (ratios[1::2] > ratios[::2]).all()
    assert (np.diff(ratios[::2]) < 0).all()
    assert centred_second_moment_ratio(47, 8, 0.1, 0.0) == centred_second_moment_ratio(
        47, 8, 0.1, 0.0, 23
    )


@pytest.mark.parametrize(
    ("n", "k", "d", "eps"),
    [(5, 2, 1, 0.5), (40, 20, 6, 0.1), (120, 36, 16, 0.01), (9, 4, 2, 0.9), (30, 12, 3, 0.2)],
)
def test_bounds_of_many_offsets_are_tight(n: int, k: int, d: int, eps: float) -> None:
    offsets = np.random.default_rng(0).normal(size=(12, d)) * math.sqrt(n) * k / n
    bounds = log_ratios(n, k, eps, offsets)
    exact = [math.log(centred_second_moment_ratio(n, d, eps, y, k)) for y in offsets]
    assert (bounds >= np.array(exact) - 2e-11).all()
    assert bounds == pytest.approx(exact, abs=1e-8 if n > 9 else 1e-3)


def test_averaged_inverses_beat_the_inverse_of_the_averaged() -> None:
    """Cauchy-Schwarz, E[1/R(y)] >= 1/R_k, with 4 standard errors to spare."""
    n, k, d, eps, z = 40, 17, 6, 0.1, 0.5
    offsets = z - k / math.sqrt(n) * np.random.default_rng(1).normal(size=(4000, d))
    chances = np.exp(-log_ratios(n, k, eps, offsets))
    error = chances.std() / math.sqrt(len(chances))
    assert chances.mean() + 4 * error >= 1 / second_moment_ratio(n, k, d, eps, z)
    assert chances.mean() > 1.2 / second_moment_ratio(n, k, d, eps, z)


def test_finite_at_the_edges() -> None:
    assert centred_second_moment_ratio(2, 1, 1e-9, 0.0) > 1e8
    assert centred_second_moment_ratio(8000, 100, 1e-300, 5.0) == math.inf
    assert 1 < centred_second_moment_ratio(8000, 100, 1e-9, 0.5) < 1.02
    assert centred_second_moment_ratio(6, 1, 50.0, 0.0) == pytest.approx(1, abs=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("eps", "y"), [(0.1, 1e10), (0.1, 1e160), (0.1, 1e300), (1e-300, 0.0), (1e-300, 2.0)]
)
def test_extreme_offsets_and_tolerances_are_bounded_by_nothing(eps: float, y: float) -> None:
    assert centred_second_moment_ratio(10, 3, eps, y) == math.inf
    offsets = np.full((2, 3), [[y], [0.0]])
    assert (log_ratios(10, 5, eps, offsets) > 700)[: 1 if eps == 0.1 else 2].all()


def test_the_argument_is_named() -> None:
    with pytest.raises(ValueError, match=r"^y: got nan"):
        centred_second_moment_ratio(10, 2, 0.1, math.nan)
    with pytest.raises(ValueError, match=r"^y: got shape \(3,\)"):
        centred_second_moment_ratio(10, 2, 0.1, [0.0, 1.0, 2.0])
