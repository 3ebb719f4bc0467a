"""What ``budget=`` and ``memory=`` promise of every solver: never more, a way out that works."""

import re

import numpy as np
import pytest

from slth.checks import TooLargeError
from slth.ensembles import sample, sample_target
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from slth.solvers._base import DEFAULT_MEMORY, Options
from tests.solvers.solver_checks import check_solver
from tests.sweeps import swept

NAMES = list(registry.SOLVERS)
SIZES = [(1, 1), (7, 2), (16, 1), (16, 3), (40, 9), (300, 4), (2000, 2)]
BUDGETS = [1, 2, 3, 17, 100, 999, 4096, 20_000, 60_000]
LARGEST = {"milp": 16, "lp_rounding": 40}  # so that the tests stay short
ENOUGH = 4096  # of their budgets for the first kind: what a larger one ends takes ten times as long
KINDS = ["normal", "nsn", "alike"]


def problem(kind, n, d):
    if kind == "alike":
        return np.ones((n, d)), np.full(d, 2.5)
    return sample(kind, n, d, n + d), sample_target(d, n)


def takes(solver, n, d, size=None):
    return registry.get(solver).takes(n, d, Options(size=size))


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("kind", swept(KINDS, 1))
@pytest.mark.parametrize("sized", [False, True])
def test_work_is_at_least_one_unit_and_at_most_the_budget(solver, kind, sized):
    """Warnings are errors here: a small budget raises none."""
    for n, d in SIZES:
        size = n // 3 if sized else None
        if not takes(solver, n, d, size) or n > LARGEST.get(solver, n):
            continue
        X, z = problem(kind, n, d)
        for budget in BUDGETS if n <= 300 else BUDGETS[::3]:
            if solver in LARGEST and budget > ENOUGH and kind == KINDS[0]:
                continue
            for eps in (None, 0.05):
                s = check_solution(solver, X, z, eps, budget, size)
                assert 1 <= s.work <= budget, (n, d, budget, eps)


def check_solution(solver, X, z, eps, budget, size):
    if size is None:
        return check_solver(solver, X, z, eps, budget=budget)
    found = front.solve(X, z, eps, solver, budget, threads=1, size=size)
    assert found.keep.sum() == size
    return found


@pytest.mark.parametrize("solver", NAMES)
def test_a_budget_is_per_instance_of_a_batch(solver):
    X3 = np.stack([sample("normal", 12, 2, seed) for seed in range(3)])
    Z2 = np.stack([sample_target(2, seed) for seed in range(3)])
    for budget in (1, 50, 3000):
        found = front.solve_batch(X3, Z2, None, solver, budget, threads=1)
        assert (found.work >= 1).all()
        assert (found.work <= budget).all()


def test_a_small_budget_of_the_k_list_still_signs_every_candidate():
    """One trial a candidate is enough to be far below the empty subset."""
    X, z = sample("nsn", 4000, 9, 0), sample_target(9, 0)
    errors = [front.solve(X, z, None, "klist", budget).error for budget in (4000, 20_000, 64_000)]
    assert errors[0] < np.abs(z).max() / 2
    assert errors == sorted(errors, reverse=True)


def way_out(error: ValueError) -> str | None:
    found = re.search(r"use solver='(\w+)'", str(error))
    return found[1] if found else None


@pytest.mark.parametrize("solver", [*NAMES, "auto"])
@pytest.mark.parametrize("memory", [1000, 3 * 2**20, 2**25, 2**28, 2**30, DEFAULT_MEMORY])
def test_the_solver_that_a_refusal_names_takes_the_same_call(solver, memory):
    for n, d in [(6, 2), (31, 2), (40, 9), (54, 1), (64, 1), (70, 1), (64, 3), (3000, 20)]:
        X, z = sample("normal", n, d, 0), np.full(d, 0.1)
        for size in (None, 3):
            call = {"eps": 0.5, "memory": memory, "size": size, "threads": 1, "budget": 1}
            chosen = solver
            try:
                front._choose(chosen, n, d, 0.5, options(call), 1)
                continue
            except ValueError as error:
                named = way_out(error)
                if named is None:
                    assert not any(registry.get(s).takes(n, d, options(call)) for s in NAMES)
                    continue
            answer = front.solve(X, z, solver=named, **call)
            assert answer.solver == named
            assert answer.work == 1


def options(call):
    return Options(call["budget"], memory=call["memory"], size=call["size"])


def test_a_gibibyte_is_enough_for_the_k_list_at_any_budget():
    X, z = sample("normal", 60, 1, 0), [0.1]
    with pytest.raises(TooLargeError, match="use solver='klist'"):
        front.solve(X, z, solver="mitm", memory=2**30, budget=1000)
    assert front.solve(X, z, solver="klist", memory=2**30, budget=1000).work <= 1000
    assert front.solve(X, z, solver="auto", memory=2**30, budget=1000).solver == "klist"
