"""Intervals: exact tails, and coverage computed from the binomial law itself."""

import numpy as np
import pytest
from scipy.stats import binom, chi2
from scipy.stats import t as student

from slth.intervals import clopper_pearson, grouped_rate, lower_mean, quantile_interval, residuals


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (3, 10), (10, 10), (150, 300)])
def test_ends_are_the_exact_tails(hits: int, trials: int) -> None:
    low, high = clopper_pearson(hits, trials, 0.99)
    if hits:
        assert binom.sf(hits - 1, trials, low) == pytest.approx(0.005)
    if hits < trials:
        assert binom.cdf(hits, trials, high) == pytest.approx(0.005)
    assert (low == 0) == (hits == 0)
    assert (high == 1) == (hits == trials)


def test_groups_that_agree_within_widen_the_interval() -> None:
    """20 groups of 50 trials, all or nothing: as wide as 20 trials, not as 1000."""
    hits = np.array([50] * 10 + [0] * 10)
    rate, low, high = grouped_rate(hits, np.full(20, 50), 0.99)
    error = np.std(hits / 50, ddof=1) / np.sqrt(20)
    assert rate == 0.5
    assert (high - low) / 2 == pytest.approx(student.ppf(0.995, 19) * error)
    assert high - low > 5 * np.subtract(*clopper_pearson(500, 1000, 0.99)[::-1])
    assert np.isnan(grouped_rate([3], [4]).low)
    assert np.isnan(grouped_rate([4, 4], [4, 4]).low)


def test_residuals_see_what_a_count_of_intervals_does_not() -> None:
    found = residuals([1.5] * 40 + [np.nan])
    assert found.points == 40
    assert found.chi2 == pytest.approx(90)
    assert found.p == pytest.approx(chi2.sf(90, 40))
    assert found.p < 1e-4  # and every point is inside its 99 % interval
    assert np.isnan(residuals([]).p)


def test_coverage_is_at_least_the_confidence() -> None:
    trials, ends = 40, [clopper_pearson(h, 40, 0.95) for h in range(41)]
    for p in np.linspace(0.01, 0.99, 33):
        covered = sum(
            binom.pmf(h, trials, p) for h, (low, high) in enumerate(ends) if low <= p <= high
        )
        assert covered >= 0.95


@pytest.mark.parametrize("arguments", [(5, 4), (-1, 4), (0, 0), (1, 2, 1.0), (1, 2, 0.0)])
def test_bad_input(arguments: tuple) -> None:
    with pytest.raises(ValueError, match=r"hits|trials|confidence"):
        clopper_pearson(*arguments)


@pytest.mark.parametrize(("trials", "share"), [(8, 0.5), (40, 0.5), (41, 0.2), (5, 0.5)])
def test_quantile_interval_holds_the_quantile(trials: int, share: float) -> None:
    """Draws 1..N stand for ranks: the interval covers when low <= K < high, K binomial."""
    low, high = quantile_interval(np.arange(1.0, trials + 1), share, 0.99)
    first, last = max(low, 0), min(high, trials + 1)
    covered = binom.cdf(last - 1, trials, share) - binom.cdf(first - 1, trials, share)
    assert covered >= 0.99
    if trials >= 8:
        assert np.isfinite(low) or share < 0.3
        assert np.isfinite(high)
    if trials == 5:  # 1 - 2/2^5 < 0.99: too few draws for any interval
        assert (low, high) == (-np.inf, np.inf)


def test_quantile_interval_names_its_arguments() -> None:
    for arguments in (([], 0.5), ([1.0], 0.0), ([1.0], 0.5, 1.0), ([np.nan], 0.5)):
        with pytest.raises(ValueError, match=r"values|share|confidence"):
            quantile_interval(*arguments)


@pytest.mark.parametrize("p", [0.02, 0.4, 0.99])
def test_lower_limits_of_means_hold(p: float) -> None:
    """Rates of 60 trials, all 61 of them with their chances: below the mean in 95 % or more."""
    values = [np.repeat([1.0, 0.0], [hits, 60 - hits]) for hits in range(61)]
    held = np.array([lower_mean(drawn, 0.95) <= p for drawn in values])
    assert (binom.pmf(np.arange(61), 60, p) @ held) >= 0.95


def test_a_lower_limit_narrows_with_draws_and_refuses_what_has_no_bounds() -> None:
    draws = np.random.default_rng(0).uniform(0.3, 0.5, 4000)
    assert 0.39 < lower_mean(draws) < draws.mean() < 0.41
    assert lower_mean(draws[:100]) < lower_mean(draws)
    for bad in ([0.5], [0.5, 1.5], [-0.1, 0.5]):
        with pytest.raises(ValueError, match="values: got"):
            lower_mean(bad)
