"""The answer and the work depend on the instance and the seed, never on the threads."""

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.solvers import _solve as front
from tests.solvers.solver_checks import NAMES


def key(s):
    return s.keep.tobytes(), s.error, s.status, s.proved, s.work


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("d", [1, 3])
def test_one_instance(solver, d):
    X, z = sample("normal", 12, d, 5), sample_target(d, 5)
    for eps in (None, 0.2):
        answers = [front.solve(X, z, eps, solver, seed=3, threads=t) for t in (1, 2, 3, 1)]
        assert len({key(s) for s in answers}) == 1


@pytest.mark.parametrize("budget", [None, 30_000, 90_000])
@pytest.mark.parametrize("eps", [None, 0.02])
def test_mitm_of_many_slabs(budget, eps):
    X, z = sample("normal", 32, 2, 5), sample_target(2, 5)
    answers = [front.solve(X, z, eps, "mitm", budget, threads=t) for t in (1, 2, 5)]
    assert len({key(s) for s in answers}) == 1
    assert budget is None or answers[0].work <= budget


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("d", [1, 2])
def test_batch(solver, d):
    X3 = np.stack([sample("uniform", 8, d, seed) for seed in range(600 if solver == "mitm" else 4)])
    Z2 = np.stack([sample_target(d, seed) for seed in range(len(X3))])
    answers = [front.solve_batch(X3, Z2, None, solver, seed=1, threads=t) for t in (1, 2, 3)]
    keys = {
        (a.keep.tobytes(), a.error.tobytes(), tuple(a.status), a.work.tobytes()) for a in answers
    }
    assert len(keys) == 1
