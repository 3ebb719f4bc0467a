"""All targets for vectors of every length: the bound against drawn coverings."""

import numpy as np
import pytest

from slth import theory
from slth.ensembles import lookup, sample_batch
from slth.studies.atlas.covering_radius import covering_radius, subset_sums
from slth.theory.conditional_union import _best, _bound
from slth.theory.quenched import over_spreads


def radii(n: int, d: int, count: int) -> np.ndarray:
    """Covering radii of nsn candidates, upper ends of brackets of 5 %."""
    found = []
    for X in sample_batch("nsn", count, n, d, 77):
        sums = subset_sums(X)
        found.append(covering_radius(sums[(np.abs(sums) < 2.2).all(axis=1)], 0.05)[1])
    return np.array(found)


@pytest.mark.parametrize(("n", "d", "count"), [(12, 1, 100), (13, 2, 50), (13, 3, 16)])
def test_half_of_the_samples_are_covered_within_two_candidates(n: int, d: int, count: int) -> None:
    """The rate at the tolerance where n + 2 has even odds is above ½, at that of n − 2 below.

    α = 4 standard errors of a rate of ½ either way.
    """
    seen, margin = radii(n, d, count), 2 / np.sqrt(count)
    eps = float(np.median(seen))
    assert theory.conditional_union_bound("nsn", n - 2, d, eps) < 0.5 + margin / 2
    assert theory.conditional_union_bound("nsn", n + 2, d, eps) > 0.5 - margin / 2
    if d == 2:
        # where normal candidates of the same spread would do, nsn ones mostly do not
        assert theory.conditional_union_bound("nsn", n, d, eps) < normal_like(n, d, eps) - 0.1


def normal_like(n: int, d: int, eps: float) -> float:
    """The bound given the scales alone, which sees no short vectors."""
    return over_spreads(
        lookup("nsn"), n, lambda spread: _best(lambda t: _bound(n, d, eps, spread / 2, t))
    )


def test_the_density_formula_refuses_what_it_gets_wrong() -> None:
    with pytest.raises(ValueError, match=r"^ensemble: got 'nsn' with d = 2.*conditional_union"):
        theory.covering_probability("nsn", 13, 2, 0.1337)
    with pytest.raises(ValueError, match=r"^ensemble: got 'nsn'"):
        theory.covering_error("nsn", 13, 3)
    assert 0 < theory.covering_probability("nsn", 12, 1, 0.01) < 1


def test_same_arguments_same_bytes() -> None:
    values = {theory.conditional_union_bound("nsn", 9, 2, 0.5) for _ in range(2)}
    assert len(values) == 1
