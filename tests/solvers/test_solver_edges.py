"""Edges: one candidate, n < d, extreme scales, ties, eps = 0, decide, a budget of one."""

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.problem import Status
from slth.solvers import _solve as front
from tests.solvers.solver_checks import EXACT, NAMES, brute_force, check_solver, scale


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("d", [1, 2, 40])
def test_one_candidate_is_kept_exactly_when_that_helps(solver, d):
    x = np.linspace(0.5, 1.0, d)
    assert check_solver(solver, x[None], x).keep.all()
    assert not check_solver(solver, x[None], -x).keep.any()


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(("n", "d"), [(2, 3), (5, 9), (9, 40)])
def test_fewer_candidates_than_coordinates(solver, n, d):
    X, z = sample("normal", n, d, 0), sample_target(d, 0)
    s = check_solver(solver, X, z)
    assert s.proved
    assert s.error == pytest.approx(brute_force(X, z), abs=1e-12 * scale(X, z))


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1e150])
@pytest.mark.parametrize("d", [1, 3])
def test_extreme_scales(solver, unit, d):
    X, z = unit * sample("normal", 11, d, 1), unit * sample_target(d, 1)
    s = check_solver(solver, X, z)
    assert s.proved
    assert abs(s.error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2, 4])
def test_mixed_scales(solver, d):
    X = sample("normal", 12, d, 2) * np.logspace(-8, 8, 12)[:, None]
    z = sample_target(d, 2)
    s = check_solver(solver, X, z)
    assert abs(s.error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("X", [np.ones((15, 1)), np.zeros((15, 1)), -np.ones((15, 1))])
def test_all_candidates_alike(solver, d, X):
    X = np.repeat(X, d, axis=1)
    z = np.full(d, 3.25)
    s = check_solver(solver, X, z)
    assert s.proved
    assert s.error == brute_force(X, z)


def test_duplicates_cost_mitm_nothing_more():
    X = np.repeat(sample("binary", 4, 3, 0), 10, axis=0)
    s = check_solver("mitm", X, np.full(3, 0.5))
    assert s.error == 0.5
    assert s.proved
    assert s.work < 2**20


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("d", [1, 2])
def test_eps_zero_on_integers(solver, d):
    X = np.arange(1, 9)[:, None] * np.arange(1, d + 1)
    hit = check_solver(solver, X, 11 * np.arange(1, d + 1), eps=0)
    assert hit.status is Status.HIT
    assert hit.error == 0
    miss = check_solver(solver, 2 * X, 11 * np.arange(1, d + 1), eps=0)
    assert miss.status is (Status.OPTIMAL if miss.solver in EXACT else Status.BUDGET)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_decide_proves_no_hit_exactly_when_brute_force_finds_none(solver, d):
    statuses = set()
    for seed in range(12):
        X, z = sample("normal", 9, d, seed), sample_target(d, seed)
        eps = (0.003, 0.2, 0.4, 0.8)[min(d, 4) - 1]
        s = check_solver(solver, X, z, eps, decide=True)
        assert s.status is (Status.HIT if brute_force(X, z) <= eps else Status.NO_HIT)
        statuses.add(s.status)
    assert len(statuses) == 2


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2])
def test_eps_on_the_border_of_integers(solver, d):
    X, z = 4 * sample("quantized", 9, d, 0).round(), np.ones(d)
    least = brute_force(X, z)
    for decide in (False, True):
        assert check_solver(solver, X, z, least, decide=decide).status is Status.HIT
        below = check_solver(solver, X, z, least - 0.5, decide=decide)
        assert below.status is (Status.NO_HIT if decide else Status.OPTIMAL)


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("budget", [1, 40])
def test_a_small_budget_gives_a_legal_incumbent(solver, d, budget):
    X, z = sample("normal", 16, d, 4), sample_target(d, 4)
    s = check_solver(solver, X, z, eps=1e-9, budget=budget)
    assert s.status is Status.BUDGET
    if s.solver in EXACT:
        assert s.work <= budget


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2])
def test_more_budget_is_never_worse_at_the_end(solver, d):
    X, z = sample("normal", 14, d, 4), sample_target(d, 4)
    full = front.solve(X, z, solver=solver, threads=1)
    enough = front.solve(X, z, solver=solver, threads=1, budget=full.work + 1)
    assert enough.proved
    assert (enough.keep == full.keep).all()
    short = front.solve(X, z, solver=solver, threads=1, budget=full.work // 2)
    assert not short.proved
    assert short.error >= full.error


@pytest.mark.parametrize("solver", EXACT)
def test_read_only_and_strided_arrays_are_taken(solver):
    X, z = sample("normal", 20, 2, 0)[::2], sample_target(2, 0)
    frozen = X.copy()
    frozen.setflags(write=False)
    assert check_solver(solver, frozen, z).error == check_solver(solver, X, z).error


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("far", [5.0, 30.0, 1e6])
@pytest.mark.parametrize("signs", [(1, 0, 0), (0, -1, 0), (1, -1, 1)])
def test_target_out_of_reach(solver, far, signs):
    X, z = sample("normal", 12, 3, 3), far * np.array(signs) + sample_target(3, 3)
    s = check_solver(solver, X, z)
    assert s.proved
    assert abs(s.error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("flat", [(0,), (1,), (0, 2)])
def test_coordinates_in_which_no_candidate_has_a_part(solver, flat):
    X, z = sample("normal", 12, 3, 3), sample_target(3, 3)
    X[:, flat] = 0.0
    s = check_solver(solver, X, z)
    assert s.proved
    assert abs(s.error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("z", [[100.0, 0.0], [0.0, 100.0], [20.0, 0.0]])
def test_a_target_out_of_reach_does_not_cost_mitm_all_pairs(z):
    s = check_solver("mitm", sample("normal", 36, 2, 0), np.array(z))
    assert s.proved
    assert s.work < 2**22
