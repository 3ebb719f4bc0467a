"""Fixed-size subsets: |S| = k exactly, against brute force; refused clearly where not taken."""

import itertools

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.problem import Status
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from tests.solvers.solver_checks import EXACT, HEURISTIC, fsum_error, scale

SIZED = [name for name in registry.SOLVERS if registry.get(name).sized]
ANY = [name for name in SIZED if name not in HEURISTIC]
ANY.append("auto")
UNSIZED = [name for name in registry.SOLVERS if not registry.get(name).sized]
CASES = [
    (1, 1, 1),
    (9, 1, 4),
    (12, 1, 0),
    (12, 1, 12),
    (13, 1, 6),
    (8, 2, 3),
    (11, 3, 5),
    (10, 6, 9),
]


def brute_force(X, z, size):
    """The least error over the C(n, size) subsets, and how many there are."""
    masks = [list(S) for S in itertools.combinations(range(len(X)), size)]
    return min(np.abs(X[S].sum(axis=0) - z).max() for S in masks)


@pytest.mark.parametrize("solver", ANY)
@pytest.mark.parametrize(("n", "d", "size"), CASES)
@pytest.mark.parametrize("ensemble", ["normal", "nsn", "quantized"])
def test_least_error_among_subsets_of_that_size(solver, ensemble, n, d, size):
    X, z = sample(ensemble, n, d, seed=n), sample_target(d, seed=d, ensemble=ensemble)
    s = front.solve(X, z, solver=solver, size=size, threads=1)
    assert s.keep.sum() == size
    assert s.error == pytest.approx(fsum_error(X, z, s.keep), abs=1e-12 * scale(X, z))
    assert s.error == pytest.approx(brute_force(X, z, size), abs=1e-12 * scale(X, z))
    assert s.proved == (s.solver in EXACT)


@pytest.mark.parametrize("solver", ANY)
@pytest.mark.parametrize("factor", [0.999, 1.001])
@pytest.mark.parametrize("d", [1, 2])
def test_eps_is_met_exactly_when_that_size_can(solver, factor, d):
    for size in (3, 5):
        X, z = sample("normal", 11, d, seed=size), sample_target(d, seed=size)
        eps = factor * brute_force(X, z, size)
        for decide in (False, True):
            s = front.solve(X, z, eps, solver, size=size, decide=decide, threads=1)
            assert s.keep.sum() == size
            assert (s.status is Status.HIT) == (factor > 1)


@pytest.mark.parametrize("solver", SIZED)
def test_batch_and_targets_keep_the_size(solver):
    X, Z = sample("normal", 10, 2, seed=0), np.stack([sample_target(2, seed) for seed in range(3)])
    batch = front.solve_batch(np.stack([X] * 3), Z, solver=solver, size=4, threads=1)
    targets = front.solve_targets(X, Z, solver=solver, size=4, threads=1)
    for b in (batch, targets):
        assert (b.keep.sum(axis=1) == 4).all()
        for k in range(3):
            assert b.error[k] == pytest.approx(brute_force(X, Z[k], 4), abs=1e-12)


@pytest.mark.parametrize("solver", SIZED)
@pytest.mark.parametrize("budget", [1, 100])
def test_a_small_budget_still_gives_a_subset_of_that_size(solver, budget):
    for n, d in ((14, 1), (30, 3)):
        X, z = sample("normal", n, d, seed=1), sample_target(d, seed=1)
        assert front.solve(X, z, solver=solver, size=7, budget=budget, threads=1).keep.sum() == 7


@pytest.mark.parametrize("solver", UNSIZED)
def test_refused_where_not_taken(solver):
    with pytest.raises(ValueError, match=rf"size.*'{solver}'.*use solver='mitm'"):
        front.solve(np.eye(3), np.ones(3), solver=solver, size=2)


@pytest.mark.parametrize(
    ("size", "error", "words"),
    [(-1, ValueError, r"\[0, 3\]"), (4, ValueError, r"\[0, 3\]"), (1.5, TypeError, "integer")],
)
def test_bad_size(size, error, words):
    with pytest.raises(error, match=f"size.*{words}"):
        front.solve(np.eye(3), np.ones(3), size=size)
