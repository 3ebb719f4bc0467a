"""The refined prediction: against all 2^n subsets, closer than the simple one, its limits."""

import numpy as np
import pytest

from slth.ensembles import sample_batch, sample_target
from slth.solvers._solve import solve_batch
from slth.theory import refined_probability, success_probability
from tests.sweeps import swept_rows
from tests.theory.all_subsets import drawn, least_errors

BATCH = 1500  # standard error of a rate: at most 0.013


def best_errors(name: str, n: int, d: int) -> np.ndarray:
    """The least error of BATCH instances, each with its own target, by all 2^n subsets."""
    out = []
    for seed in range(0, BATCH, 100):
        X = drawn(name, 100, n, d, 7 + seed)
        z = np.array([sample_target(d, 5000 + seed + b) for b in range(100)])
        out.append(least_errors(X, z))
    return np.concatenate(out)


CASES = [
    *[("normal", n, d) for n, d in [(8, 1), (12, 2), (13, 3), (14, 4)]],
    *[("nsn", n, d) for n, d in [(8, 1), (12, 2), (13, 3), (14, 4)]],
    *[("uniform", n, d) for n, d in [(8, 1), (12, 2), (13, 3)]],
    ("product", 10, 1),
]


# α: 4 standard errors of the rate (0.052) beyond the slack claimed of the model
@pytest.mark.parametrize(("name", "n", "d"), swept_rows(CASES, 6))
def test_agrees_with_all_subsets(name, n, d):
    errors = best_errors(name, n, d)
    slack = 0.052 + (0.03 if d > 1 else 0.06)
    for share in (0.2, 0.5, 0.8):
        eps = float(np.quantile(errors, share))
        assert abs(refined_probability(name, n, d, eps) - share) <= slack


def test_is_as_close_as_the_simple_formula_where_eps_is_small():
    """Mean distance over points of d = 2, 3, 4, and of the simple formula without its own gain.

    600 instances per point, decided exactly: a mean of five distances has a standard error < 0.01.
    """
    simple, refined = [], []
    for name, n, d in [
        ("nsn", 12, 2),
        ("nsn", 13, 2),
        ("nsn", 15, 2),
        ("normal", 21, 3),
        ("normal", 26, 4),
    ]:
        X = sample_batch(name, 600, n, d, seed=17)
        Z = np.array([sample_target(d, 900 + b) for b in range(600)])
        rate = (solve_batch(X, Z, 0.05, "mitm", decide=True).error <= 0.05).mean()
        simple.append(abs(success_probability(name, n, d, 0.05) - rate))
        refined.append(abs(refined_probability(name, n, d, 0.05) - rate))
    assert np.mean(refined) < min(np.mean(simple), 0.03)


def test_one_candidate_is_its_exact_probability():
    """n = 1, z fixed: P(|z - X| <= eps) or the empty subset; m = n, no translate is left."""
    eps, z = 0.05, np.array([0.7])
    X = np.random.default_rng(0).standard_normal(200_000)
    exact = float((np.abs(X - z) <= eps).mean())
    # the Gaussian stands for the two sums 0 and X: the right size, not the right shape
    assert refined_probability("normal", 1, 1, eps, z, samples=20_000) == pytest.approx(
        exact, abs=0.08
    )


def test_certain_and_hopeless():
    assert refined_probability("normal", 5, 2, 0.5, [0.1, -0.3]) == 1.0
    assert refined_probability("normal", 60, 2, 0.05) > 0.999
    assert refined_probability("normal", 20, 9, 1e-4) < 1e-6
    assert 0 <= refined_probability("nsn", 2000, 30, 0.1, samples=64) <= 1


def test_same_seed_same_value_and_its_error():
    values = [refined_probability("nsn", 14, 2, 0.05, seed=s, samples=2048) for s in range(6)]
    assert values[0] == refined_probability("nsn", 14, 2, 0.05, seed=0, samples=2048)
    assert len(set(values)) == 6
    assert np.ptp(values) <= 6 * 0.5 / np.sqrt(2048)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ensemble": "binary"}, "ensemble.*'binary'.*density"),
        ({"n": 0}, r"n: got 0, takes an integer in \[1, "),
        ({"eps": 0.0}, "eps.*> 0"),
        ({"samples": 0}, "samples.*>= 1"),
        ({"z": [0.1, 0.2, 0.3]}, r"z.*\(3,\)"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        refined_probability(**{"ensemble": "normal", "n": 5, "d": 2, "eps": 0.1, **change})
