"""What a solver without a guarantee does promise: legal, never below the optimum, good on average.

Quality: the median over REPEATS fixed seeds of error / optimum (proved by brute force) stays under
the solver's entry of QUALITY, which leaves a factor of two over what was measured, or, without an
entry, under that of the best of n random subsets. The seeds are fixed, so there is no chance of a
false alarm.
"""

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import ENSEMBLES, sample, sample_target
from slth.problem import Status
from slth.solvers import _solve as front
from tests.solvers.solver_checks import (
    EXACT,
    HEURISTIC,
    NAMES,
    OPTIMAL,
    brute_force,
    check_batch,
    check_solver,
    scale,
)
from tests.sweeps import swept

REPEATS = 20
# largest median of error / optimum at (n, d) = (12, 1), (12, 2), (12, 5)
QUALITY = {
    "annealing": (2.0, 2.0, 2.0),
    "beam": (2.0, 2.0, 2.0),
    "differencing": (200.0, 2.0, 2.0),
    "lp_rounding": (60.0, 12.0, 4.0),
}


def test_only_methods_without_a_guarantee_are_excused_from_the_optimum():
    assert {"enumeration", "mitm", "klist", "milp", "auto"} <= set(OPTIMAL)
    assert set(QUALITY) <= set(HEURISTIC)
    assert set(NAMES) == {*OPTIMAL, *HEURISTIC}
    assert not set(HEURISTIC) & set(EXACT)


@pytest.mark.parametrize("solver", HEURISTIC)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_legal_and_never_better_than_the_optimum(solver, ensemble):
    for n, d in ((1, 1), (7, 1), (12, 1), (6, 2), (13, 3)):
        if d > (ENSEMBLES[ensemble].max_d or d):
            continue
        X, z = sample(ensemble, n, d, seed=n), sample_target(d, seed=n, ensemble=ensemble)
        s = check_solver(solver, X, z)
        assert not s.proved
        assert s.status is Status.BUDGET
        assert s.error >= brute_force(X, z) - 1e-12 * scale(X, z)


@pytest.mark.parametrize("solver", HEURISTIC)
@pytest.mark.parametrize("case", swept(range(3), 1))
def test_error_is_within_a_factor_of_the_optimum_on_average(solver, case):
    n, d = ((12, 1), (12, 2), (12, 5))[case]
    ratios, random_ratios = [], []
    for seed in range(REPEATS):
        X, z = sample("normal", n, d, seed), sample_target(d, seed)
        least = brute_force(X, z)
        ratios.append(check_solver(solver, X, z).error / least)
        drawn = seeding.generator(seed, "random subsets").random((n, n)) < 0.5
        random_ratios.append(np.abs(drawn @ X - z).max(axis=1).min() / least)
    bound = QUALITY[solver][case] if solver in QUALITY else np.median(random_ratios)
    assert np.median(ratios) <= bound


@pytest.mark.parametrize("solver", HEURISTIC)
@pytest.mark.parametrize("decide", [False, True])
def test_an_eps_that_the_empty_subset_meets_is_met(solver, decide):
    X, z = sample("normal", 30, 3, 0), sample_target(3, 0)
    assert check_solver(solver, X, z, np.abs(z).max(), decide=decide).status is Status.HIT


@pytest.mark.parametrize("solver", HEURISTIC)
@pytest.mark.parametrize("unit", [2.0**-900, 2.0**-20, 2.0**40, 2.0**900])
@pytest.mark.parametrize("d", [1, 3])
def test_a_power_of_two_changes_no_decision(solver, unit, d):
    X, z = sample("normal", 14, d, 1), sample_target(d, 1)
    here = check_solver(solver, X, z, 0.01, seed=2)
    there = check_solver(solver, unit * X, unit * z, unit * 0.01, seed=2)
    assert (here.keep == there.keep).all()
    assert there.error == unit * here.error


@pytest.mark.parametrize("solver", HEURISTIC)
@pytest.mark.parametrize("d", [1, 2])
def test_degenerate_candidates_are_taken(solver, d):
    z = np.full(d, 3.25)
    for X in (np.zeros((9, d)), np.ones((9, d)), np.repeat(sample("normal", 2, d, 0), 8, axis=0)):
        check_solver(solver, X, z)
    assert check_solver(solver, np.ones((9, d)), z).error == 0.25
    check_solver(solver, np.ones((9, d)), np.zeros(d))
    check_solver(solver, sample("normal", 12, d, 2) * np.logspace(-8, 8, 12)[:, None], z)


@pytest.mark.parametrize("solver", HEURISTIC)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_batch_draws_from_children_of_the_seed(solver, d):
    X3 = np.stack([sample("normal", 11, d, seed) for seed in range(4)])
    Z2 = np.stack([sample_target(d, seed) for seed in range(4)])
    b = check_batch(solver, X3, Z2, seed=3, budget=300)
    for k in range(4):
        s = check_solver(solver, X3[k], Z2[k], seed=seeding.child(3, "instance", k), budget=300)
        assert (b.keep[k] == s.keep).all()
        assert b.work[k] == s.work


@pytest.mark.parametrize("solver", ["annealing", "lp_rounding"])
def test_work_keeps_to_the_budget_and_buys_smaller_errors(solver):
    errors = []
    for budget in (1, 30, 3000, 100_000):
        few = []
        for seed in range(5):
            X, z = sample("normal", 60, 3, seed), sample_target(3, seed)
            s = front.solve(X, z, solver=solver, budget=budget, seed=seed, threads=1)
            assert s.work <= budget
            few.append(s.error)
        errors.append(np.median(few))
    assert errors[-1] < errors[1] / 2
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_differencing_four_numbers_is_optimal(n):
    """Karmarkar–Karp partitions up to four numbers optimally; the target is one of them."""
    for seed in range(20):
        X, z = sample("uniform", n, 1, seed), sample_target(1, seed)
        found = check_solver("differencing", X, z).error
        assert found == pytest.approx(brute_force(X, z), abs=1e-12)


@pytest.mark.parametrize(
    ("n", "d", "most"), [(300, 1, 1e-7), (3000, 1, 1e-10), (300, 2, 1e-4), (3000, 2, 1e-7)]
)
def test_differencing_error_falls_faster_than_any_power(n, d, most):
    errors = [
        check_solver("differencing", sample("normal", n, d, seed), sample_target(d, seed)).error
        for seed in range(5)
    ]
    assert np.median(errors) <= most


@pytest.mark.parametrize("budget", [1, 5, 100, 5000, 10**6])
@pytest.mark.parametrize("d", [1, 3])
def test_differencing_keeps_to_its_budget(budget, d):
    X, z = sample("normal", 200, d, 0), sample_target(d, 0)
    assert check_solver("differencing", X, z, budget=budget).work <= budget


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("size", [0, 7, 20])
def test_annealing_keeps_the_size_and_gains_by_it(d, size):
    X = sample("normal", 20, d, 0)
    z = X[: size or 1].sum(axis=0) * (size > 0)
    s = front.solve(X, z, 1e-12, "annealing", size=size, budget=10**6, threads=1)
    assert s.keep.sum() == size
    if d == 1 or size != 7:
        assert s.status is Status.HIT


@pytest.mark.parametrize(("n", "d"), [(3, 3), (5, 9), (20, 24), (60, 80)])
def test_lp_rounding_solves_what_has_no_freedom(n, d):
    """With n ≤ d the equations Σ x_i X_i = z have one solution, the planted subset."""
    for seed in range(3):
        X = sample("normal", n, d, seed)
        planted = seeding.generator(seed, "planted").random(n) < 0.5
        s = check_solver("lp_rounding", X, X[planted].sum(axis=0), eps=1e-9)
        assert (s.keep == planted).all()
