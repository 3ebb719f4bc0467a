"""A planted subset is found: z = Σ_S X_i for a random S."""

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import sample
from tests.solvers.solver_checks import EXACT, OPTIMAL, check_batch, check_solver, scale


def plant(n, d, seed):
    X = sample("normal", n, d, seed)
    keep = seeding.generator(seed, "planted").random(n) < 0.5
    return X, X[keep].sum(axis=0)


@pytest.mark.parametrize("solver", OPTIMAL)
@pytest.mark.parametrize(("n", "d"), [(8, 1), (14, 2), (14, 6)])
def test_planted_subset_is_hit(solver, n, d):
    for seed in range(3):
        X, z = plant(n, d, seed)
        assert check_solver(solver, X, z, eps=1e-5).status.name == "HIT"


@pytest.mark.parametrize("decide", [False, True])
@pytest.mark.parametrize(("n", "d"), [(30, 1), (30, 3), (36, 2), (34, 10)])
def test_mitm_finds_a_planted_subset_to_rounding(n, d, decide):
    X, z = plant(n, d, seed=n)
    eps = 1e-13 * scale(X, z)
    assert check_solver("mitm", X, z, eps, decide=decide).status.name == "HIT"


@pytest.mark.parametrize("solver", EXACT)
def test_planted_in_a_batch(solver):
    planted = [plant(12, 2, seed) for seed in range(6)]
    b = check_batch(
        solver, np.stack([X for X, _ in planted]), np.stack([z for _, z in planted]), eps=1e-9
    )
    assert all(status.name == "HIT" for status in b.status)
