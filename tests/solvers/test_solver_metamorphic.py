"""Changes of an instance that must not change its optimum, or change it in a known way."""

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import sample, sample_target
from tests.solvers.solver_checks import EXACT, check_solver, scale

SIZES = [(13, 1), (12, 2), (12, 4)]


def optimum(solver, X, z):
    s = check_solver(solver, X, z)
    assert s.proved
    return s.error


def permute_candidates(X, z, rng):
    return X[rng.permutation(len(X))], z, 1.0


def negate(X, z, rng):
    return -X, -z, 1.0


def halve(X, z, rng):
    return X / 2, z / 2, 0.5


def stretch(X, z, rng):
    return 3e5 * X, 3e5 * z, 3e5


def permute_coordinates(X, z, rng):
    order = rng.permutation(len(z))
    return X[:, order], z[order], 1.0


def flip_a_coordinate(X, z, rng):
    sign = np.where(np.arange(len(z)) == 0, -1.0, 1.0)
    return sign * X, sign * z, 1.0


def add_a_zero_vector(X, z, rng):
    return np.concatenate([X, np.zeros((1, X.shape[1]))]), z, 1.0


def complement(X, z, rng):
    return X, X.sum(axis=0) - z, 1.0


def repeat_a_coordinate(X, z, rng):
    return np.column_stack([X, X[:, 0]]), np.append(z, z[0]), 1.0


CHANGES = [
    permute_candidates,
    negate,
    halve,
    stretch,
    permute_coordinates,
    flip_a_coordinate,
    add_a_zero_vector,
    complement,
    repeat_a_coordinate,
]


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("change", CHANGES)
def test_optimum_follows_the_change(solver, n, d, change):
    for seed in range(2):
        X, z = sample("normal", n, d, seed), sample_target(d, seed)
        changed_X, changed_z, factor = change(X, z, seeding.generator(seed, "change"))
        expected = factor * optimum(solver, X, z)
        found = optimum(solver, changed_X, changed_z)
        assert abs(found - expected) <= 1e-12 * max(
            scale(changed_X, changed_z), factor * scale(X, z)
        )


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("copy", [False, True])
def test_one_more_candidate_never_worsens_the_optimum(solver, n, d, copy):
    for seed in range(2):
        X, z = sample("normal", n + 1, d, seed), sample_target(d, seed)
        longer = np.concatenate([X[:n], X[:1]]) if copy else X
        assert optimum(solver, longer, z) <= optimum(solver, X[:n], z) + 1e-12 * scale(X, z)
