"""Clopper–Pearson: exact tails, and coverage computed from the binomial law itself."""

import numpy as np
import pytest
from scipy.stats import binom

from slth.intervals import clopper_pearson


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (3, 10), (10, 10), (150, 300)])
def test_ends_are_the_exact_tails(hits: int, trials: int) -> None:
    low, high = clopper_pearson(hits, trials, 0.99)
    if hits:
        assert binom.sf(hits - 1, trials, low) == pytest.approx(0.005)
    if hits < trials:
        assert binom.cdf(hits, trials, high) == pytest.approx(0.005)
    assert (low == 0) == (hits == 0)
    assert (high == 1) == (hits == trials)


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
