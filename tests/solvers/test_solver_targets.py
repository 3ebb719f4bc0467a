"""One sample for many targets: the answers of as many single searches."""

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from tests.solvers.solver_checks import EXACT, brute_force, scale

SHAPES = [(9, 1), (14, 1), (8, 2), (12, 3)]


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("eps", [None, 0.05])
@pytest.mark.parametrize("decide", [False, True])
def test_targets_are_solved_as_one_by_one(solver, n, d, eps, decide):
    X = sample("normal", n, d, seed=3)
    Z = np.stack([sample_target(d, seed) for seed in range(20)])
    b = front.solve_targets(X, Z, eps, solver, decide=decide, threads=1)
    for k, z in enumerate(Z):
        s = front.solve(X, z, eps, solver, decide=decide, threads=1)
        assert b.status[k] is s.status
        assert b.proved[k] == s.proved
        if eps is None:
            assert b.error[k] == pytest.approx(brute_force(X, z), abs=1e-12 * scale(X, z))


@pytest.mark.parametrize("solver", [*registry.SOLVERS, "auto"])
@pytest.mark.parametrize("d", [1, 2])
def test_a_broadcast_batch_is_the_same_call(solver, d):
    X = sample("nsn", 10, d, seed=0)
    Z = np.stack([sample_target(d, seed) for seed in range(5)])
    batch = front.solve_batch(np.broadcast_to(X, (5, *X.shape)), Z, solver=solver, threads=1)
    targets = front.solve_targets(X, Z, solver=solver, threads=1)
    assert (batch.keep == targets.keep).all()
    assert (batch.error == targets.error).all()


@pytest.mark.parametrize(
    ("X", "Z", "words"),
    [
        (np.ones((2, 3, 4)), np.ones((2, 4)), r"X.*\(2, 3, 4\)"),
        (np.ones((3, 2)), np.ones(4), r"Z.*\(4, 1\).*\(B, 2\)"),
        (np.ones((3, 2)), np.ones((4, 3)), r"Z.*\(4, 3\).*\(B, 2\)"),
        (np.ones((3, 2)), np.ones((0, 2)), "Z.*empty"),
    ],
)
def test_bad_shapes(X, Z, words):
    with pytest.raises(ValueError, match=words):
        front.solve_targets(X, Z)
