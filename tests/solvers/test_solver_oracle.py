"""Every solver that promises the optimum agrees with brute force, on every ensemble.

What the others promise is in `test_solver_heuristics`.
"""

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import ENSEMBLES, sample, sample_target
from tests.solvers.solver_checks import (
    EXACT,
    OPTIMAL,
    brute_force,
    check_batch,
    check_solver,
    scale,
)

CASES = [
    (ensemble, n, d)
    for ensemble, law in ENSEMBLES.items()
    for n, d in ((1, 1), (7, 1), (16, 1), (6, 2), (13, 2), (16, 3), (11, 4), (15, 4))
    if law.max_d is None or d <= law.max_d
]


def slack(solver, X, z):
    """MILP works to 1e-6 of the data; the others are exact up to rounding at these sizes."""
    return (2e-6 if solver == "milp" else 1e-12) * scale(X, z)


@pytest.mark.parametrize("solver", OPTIMAL)
@pytest.mark.parametrize(("ensemble", "n", "d"), CASES)
def test_least_error_is_the_brute_force_one(solver, ensemble, n, d):
    X = sample(ensemble, n, d, seed=seeding.child(1, n))
    z = sample_target(d, seed=seeding.child(2, n), ensemble=ensemble)
    s = check_solver(solver, X, z)
    assert abs(s.error - brute_force(X, z)) <= slack(solver, X, z)
    assert s.proved == (solver in EXACT or s.solver in EXACT)


@pytest.mark.parametrize("solver", OPTIMAL)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize("factor", [0.5, 0.999, 1.001, 3.0])
def test_eps_is_met_exactly_when_it_can_be(solver, ensemble, factor):
    d = ENSEMBLES[ensemble].max_d or 2
    for seed in range(3):
        X = sample(ensemble, 10, d, seed)
        z = sample_target(d, seed, "normal")
        eps = factor * brute_force(X, z)
        for decide in (False, True):
            s = check_solver(solver, X, z, eps, decide=decide)
            if s.solver != "milp":
                assert (s.status.name == "HIT") == (factor > 1)
            if s.solver in EXACT and factor < 1:
                assert s.status.name == ("NO_HIT" if decide else "OPTIMAL")


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_batch_is_the_single_answers(solver, d):
    X3 = np.stack([sample("normal", 12, d, seed) for seed in range(300 if d == 1 else 8)])
    Z2 = np.stack([sample_target(d, seed) for seed in range(len(X3))])
    b = check_batch(solver, X3, Z2)
    for k in range(0, len(X3), 5):
        s = check_solver(solver, X3[k], Z2[k])
        assert (b.keep[k] == s.keep).all()
        assert (b.error[k], b.work[k], b.status[k]) == (s.error, s.work, s.status)


@pytest.mark.parametrize("n", [22, 26])
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_mitm_agrees_with_enumeration_where_slabs_and_cells_matter(n, d):
    for seed in range(2):
        X, z = sample("nsn" if seed else "uniform", min(n, 24), d, seed), sample_target(d, seed)
        exact, other = check_solver("enumeration", X, z), check_solver("mitm", X, z)
        assert abs(exact.error - other.error) <= 1e-12 * scale(X, z)
