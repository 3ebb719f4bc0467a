"""The conditional union bound against exact coverings, and in high dimension against quadrature."""

import itertools
import math

import numpy as np
import pytest

from slth import theory
from slth.ensembles import sample
from slth.theory import conditional_union as bound
from tests.sweeps import swept_rows

DRAWS = {1: 80, 2: 30}


def covered(X: np.ndarray, eps: float) -> bool:
    """Whether every point of [-1, 1]^d is within eps of a subset sum, d = 1 or 2, exactly.

    In two dimensions the squares' faces cut the cube into rectangles; a middle of each is tried.
    """
    n, d = X.shape
    subsets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    sums = subsets @ X
    sums = sums[(np.abs(sums) < 1 + eps).all(axis=1)]
    if d == 1:
        gaps = np.diff(np.sort(np.concatenate([[-1 - eps], sums[:, 0], [1 + eps]])))
        return bool(gaps.max() <= 2 * eps)
    cuts = np.unique(np.clip(np.concatenate([sums[:, 0] - eps, sums[:, 0] + eps]), -1, 1))
    for x in np.concatenate([0.5 * (cuts[1:] + cuts[:-1]), [-1.0, 1.0]]):
        column = np.sort(sums[np.abs(sums[:, 0] - x) <= eps, 1])
        gaps = np.diff(np.concatenate([[-1 - eps], column, [1 + eps]]))
        if gaps.max() > 2 * eps:
            return False
    return True


@pytest.mark.parametrize(
    ("ensemble", "d", "eps"),
    swept_rows([("normal", 1, 0.02), ("nsn", 1, 0.02), ("uniform", 1, 0.02), ("normal", 1, 0.002),
                ("normal", 2, 0.35), ("uniform", 2, 0.35)], 3),
)  # fmt: skip
def test_threshold_is_within_two_candidates_of_the_exact_covering(
    ensemble: str, d: int, eps: float
) -> None:
    """A rate of at most 1/2 gives three quarters or more with α = 2e-5 (80 draws), 3e-3 (30)."""
    n = theory.covering_threshold(ensemble, d, eps)
    below, above = (
        sum(covered(sample(ensemble, m, d, seed), eps) for seed in range(DRAWS[d]))
        for m in (n - 3, n + 3)
    )
    assert below <= 0.75 * DRAWS[d]
    assert above >= 0.25 * DRAWS[d]
    assert below < above


@pytest.mark.parametrize(("d", "eps"), swept_rows([(1, 0.01), (3, 0.3), (4, 0.3), (5, 0.3)], 3))
def test_it_lies_between_one_target_and_the_averaged_union_bound(d: int, eps: float) -> None:
    one, all_, loose = (
        f("normal", d, eps)
        for f in (theory.threshold, theory.covering_threshold, theory.union_bound)
    )
    assert one <= all_ <= loose


@pytest.mark.parametrize("n", [17, 22, 30])
def test_tilting_agrees_with_quadrature(n: int) -> None:
    s, half = 0.5 * math.sqrt(n), 0.1 / (0.5 * math.sqrt(n))
    count = n * math.log(2)
    exact, tilted = bound._tensor_mean(count, 3, s, half), bound._tilted_mean(count, 3, s, half)
    np.testing.assert_allclose(tilted, exact, rtol=0.015, atol=0.15)


def test_bound_grows_with_n_and_eps() -> None:
    chances = [theory.conditional_union_bound("normal", n, 2, 0.1) for n in range(12, 22)]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(chances))
    assert theory.conditional_union_bound("normal", 15, 2, 0.15) > chances[3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("binary", 2, 0.1), "ensemble: got 'binary'"),
        (("normal", 0, 0.1), "d: got 0"),
        (("normal", 2, 0.0), "eps: got 0"),
        (("normal", 2, 0.1, 1.0), "probability: got 1"),
    ],
)
def test_bad_arguments_are_named(arguments: tuple, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        theory.covering_threshold(*arguments)
