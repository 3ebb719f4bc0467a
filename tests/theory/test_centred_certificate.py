"""Centred certificates: true of all subsets of samples, reproducible, better than those before."""

import math

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from slth.studies.atlas.covering_radius import subset_sums
from slth.theory import (
    centred_certificate,
    centred_existence_certificate,
    conditional_union_bound,
    covering_threshold,
    existence_certificate,
    size_probability,
    threshold,
)
from slth.theory.recentring import recentred
from tests.theory.all_subsets import drawn

TRIALS = 600  # samples whose subsets are all looked at


def members_of(n: int) -> np.ndarray:
    return np.array([m.bit_count() for m in range(2**n)])


@pytest.mark.parametrize(("d", "eps"), [(1, 0.01), (2, 0.1), (3, 0.2)])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.7])
def test_a_size_is_certified_where_subsets_of_it_hit(d: int, eps: float, share: float) -> None:
    """The rate is above the bound by less than 4 standard errors too little, .08."""
    found = centred_existence_certificate(d, eps, share=share)
    assert found.bound >= 1 / 3
    assert found.k == math.floor(share * found.n) or found.k == found.n - 1
    chosen = members_of(found.n) == found.k
    errors = [
        np.abs(subset_sums(X)[chosen] - 0.5).max(axis=1).min()
        for X in drawn("normal", TRIALS, found.n, d, 11)
    ]
    assert np.mean(np.array(errors) <= eps) > found.bound - 0.08
    # and the prediction for this size is not below the proof
    assert size_probability("normal", found.n, found.k, d, eps, 0.5) > found.bound - 0.05


def test_further_candidates_are_certified_with_the_rest() -> None:
    n, d, eps, extra = 10, 2, 0.25, 4
    bound = centred_certificate(n, d, eps, extra=extra)
    errors = [
        np.abs(subset_sums(X) - 0.5).max(axis=1).min()
        for X in drawn("normal", 200, n + extra, d, 12)
    ]
    assert 0.2 < bound < np.mean(np.array(errors) <= eps) + 0.12


@pytest.mark.parametrize(("d", "most"), [(8, 51), (16, 111), (32, 240)])
def test_fewer_than_by_the_plain_second_moment(d: int, most: int) -> None:
    """And more than even odds need by at most 8 %."""
    found = centred_existence_certificate(d, 0.1)
    assert found.bound >= 1 / 3
    assert found.size == found.n <= most < existence_certificate(d, 0.1)[0]
    assert found.n <= 1.08 * threshold("normal", d, 0.1)


def test_bounds_are_of_the_seed_alone_and_narrow_with_draws() -> None:
    few, many = (centred_certificate(40, 6, 0.1, k=17, draws=draws) for draws in (200, 20_000))
    assert few < many
    assert few == centred_certificate(40, 6, 0.1, k=17, draws=200)
    assert few != centred_certificate(40, 6, 0.1, k=17, draws=200, seed=1)
    assert few < centred_certificate(40, 6, 0.1, k=17, draws=200, confidence=0.5)


def test_descent_ends_where_no_flip_helps_and_near_the_relaxed_optimum() -> None:
    """No subset is nearer than the best fractional one."""
    rng = np.random.default_rng(2)
    d, m = 16, 8
    offsets, extra = 6 * rng.normal(size=(20, d)), rng.normal(size=(20, m, d))
    y = recentred(offsets, extra)
    lengths: np.ndarray = (y**2).sum(axis=1)
    relaxed = []
    for row, candidates, y_row in zip(offsets, extra, y, strict=True):
        solved: np.ndarray = np.linalg.lstsq(candidates.T, row - y_row, rcond=None)[0]
        keep: np.ndarray = solved.round()
        assert solved == pytest.approx(keep, abs=1e-9)
        assert ((keep == 0) | (keep == 1)).all()
        flips = y_row + (2 * keep - 1)[:, None] * candidates
        assert ((flips**2).sum(axis=1) >= (y_row**2).sum() - 1e-8).all()
        relaxed.append(2 * lsq_linear(candidates.T, row, (0, 1)).cost)
    assert (lengths >= np.array(relaxed) - 1e-9).all()
    assert lengths.mean() < 1.02 * np.mean(relaxed) < 0.9 * (offsets**2).sum(axis=1).mean()
    assert recentred(offsets, extra[:, :0]) == pytest.approx(offsets)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_all_targets_by_subsets_of_one_size(share: float) -> None:
    """d = 1: exact covering by the largest gap; 80 samples at three candidates either side."""
    eps = 0.02
    n = covering_threshold("normal", 1, eps, share=share)
    rates = []
    for size in (n - 3, n + 3):
        chosen = members_of(size) == math.floor(share * size)
        gaps = []
        for X in drawn("normal", 80, size, 1, 13):
            sums = np.sort(subset_sums(X)[chosen, 0])
            inside = sums[np.abs(sums) < 1 + eps]
            gaps.append(np.diff(np.concatenate([[-1 - eps], inside, [1 + eps]])).max())
        rates.append(np.mean(np.array(gaps) <= 2 * eps))
    assert rates[0] <= 0.75
    assert rates[1] >= 0.25
    assert rates[0] < rates[1]


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_one_size_covers_less_than_all_sizes(d: int) -> None:
    n, eps = covering_threshold("normal", d, 0.3) + 2, 0.3
    one, free = (conditional_union_bound("normal", n, d, eps, k) for k in (n // 2, None))
    assert one < free
    sizes = [conditional_union_bound("normal", n, d, eps, k) for k in (2, n // 4, n // 2)]
    assert sizes == sorted(sizes)


def test_a_certificate_that_fails_on_fresh_draws_is_sought_further_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pilot of two draws misses widely; 60 tries of one candidate each once ended the errors."""
    monkeypatch.setattr("slth.theory.centred_existence.PILOT", 2)
    found = [centred_existence_certificate(32, 0.1, draws=500, seed=seed) for seed in range(6)]
    assert min(each.bound for each in found) >= 1 / 3
    assert max(each.n for each in found) <= 300


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("eps", "z"), [(1e-300, 0.5), (0.1, 1e160), (0.1, 1e300)])
def test_nothing_is_certified_far_out(eps: float, z: float) -> None:
    assert centred_certificate(10, 2, eps, z, draws=50) == 0


def test_a_tiny_tolerance_has_its_certificate() -> None:
    """About log2(1 / eps) candidates."""
    found = centred_existence_certificate(1, 1e-300, draws=500)
    assert found.bound >= 1 / 3
    assert 997 <= found.n < 1020


@pytest.mark.parametrize("asked", [{"chance": 0.9999}, {"share": 0.999}, {"draws": 16}])
def test_what_no_size_certifies_is_named(asked: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"^chance: got .* which 20000 candidates"):
        centred_existence_certificate(1, 0.1, **asked)  # type: ignore[arg-type]


def test_a_size_needs_two_candidates() -> None:
    with pytest.raises(ValueError, match=r"^n: got 1"):
        conditional_union_bound("normal", 1, 2, 0.1, k=1)
