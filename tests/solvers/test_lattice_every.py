"""`solve_all`: the same subsets as enumeration finds, the cap, the budget, refusals."""

import numpy as np
import pytest

import slth
from slth import seeding
from slth.checks import TooLargeError
from slth.ensembles import sample, sample_target
from slth.problem import Instance
from slth.solvers._all import solve_all


def subsets_within(X, z, eps, size=None):
    """All hits by brute force, as a set of masks."""
    found, instance = set(), Instance(np.asarray(X, float), np.asarray(z, float))
    for mask in range(1 << len(X)):
        keep = (mask >> np.arange(len(X))) & 1 == 1
        if instance.error(keep) <= eps and size in (None, int(keep.sum())):
            found.add(mask)
    return found


def masks(hits):
    return {int(row @ (1 << np.arange(hits.keep.shape[1]))) for row in hits.keep}


def market_split(m, n, largest, seed):
    """Equations of the market split problem (Cornuéjols and Dawande 1999)."""
    A = seeding.generator(seed, "market split", m, n).integers(0, largest, (n, m))
    return A, A.sum(axis=0) // 2


@pytest.mark.parametrize("ensemble", ["normal", "nsn", "quantized"])
@pytest.mark.parametrize(
    ("n", "d", "size"), [(9, 1, None), (10, 3, None), (10, 2, 4), (1, 2, None)]
)
def test_the_hits_are_those_of_brute_force(ensemble, n, d, size):
    for seed in range(3):
        X, z = sample(ensemble, n, d, seed), sample_target(d, seed, ensemble)
        eps = slth.solve(X, z, solver="enumeration", size=size).error * 1.5 + 1e-9
        hits = slth.solve_all(X, z, eps, size=size)
        assert hits.complete
        assert masks(hits) == subsets_within(X, z, eps, size)
        assert len(masks(hits)) == len(hits)
        assert (np.diff(hits.error) >= 0).all()
        assert hits.error.tolist() == [Instance(X, z).error(row) for row in hits.keep]


@pytest.mark.parametrize(("m", "n", "largest"), [(2, 14, 20), (3, 15, 10), (3, 16, 6)])
def test_market_splits_are_counted_as_by_brute_force(m, n, largest):
    total = 0
    for seed in range(4):
        A, b = market_split(m, n, largest, seed)
        hits = solve_all(A, b, 0)
        sums = np.zeros((1, m), dtype=np.int64)
        for row in A:
            sums = np.concatenate([sums, sums + row])
        assert (len(hits), hits.complete) == (int((sums == b).all(axis=1).sum()), True)
        assert (hits.error == 0).all()
        total += len(hits)
    assert total > 0


def test_a_market_split_that_brute_force_cannot_count():
    """m = 4, n = 30: mitm finds a hit exactly where there is one."""
    for seed in range(4):
        A, b = market_split(4, 30, 60, seed)
        hits = solve_all(A, b, 0)
        assert hits.complete
        hit = slth.solve(A, b, eps=0, solver="mitm", decide=True, threads=1).status.name == "HIT"
        assert hit == (len(hits) > 0)
        assert all((A[row].sum(axis=0) == b).all() for row in hits.keep)


@pytest.mark.parametrize(("n", "m"), [(20, 30), (60, 59), (90, 100)])
def test_as_many_equations_as_unknowns_leave_one_solution_or_none(n, m):
    """Some are solved in fractions, some at a radius below the unit."""
    rng = seeding.generator(0, "equations", n, m)
    A, keep = rng.integers(-50, 50, (n, m)), rng.random(n) < 0.5
    hits = solve_all(A, A[keep].sum(axis=0), 0)
    assert hits.complete
    assert hits.keep.tolist() == [keep.tolist()]
    none = solve_all(A, A[keep].sum(axis=0) + 1, 0)
    assert (len(none), none.complete) == (0, True)


def test_the_cap_is_exact():
    X, z = sample("normal", 12, 1, 0), sample_target(1, 0)
    everything = solve_all(X, z, 0.01)
    k = len(everything)
    assert k > 5
    assert everything.complete
    at, below = solve_all(X, z, 0.01, cap=k), solve_all(X, z, 0.01, cap=k - 1)
    assert (len(at), at.complete) == (k, True)
    assert (len(below), below.complete) == (k - 1, False)
    assert masks(below) < masks(everything)


def test_the_budget_ends_the_search():
    X, z = sample("normal", 24, 6, 0), sample_target(6, 0)
    full = solve_all(X, z, 0.5)
    short = solve_all(X, z, 0.5, budget=full.work // 2)
    assert full.complete
    assert not short.complete
    assert short.work <= full.work // 2
    assert masks(short) <= masks(full)


def test_the_work_is_within_every_budget_and_the_last_is_enough():
    """A level is entered with several nodes at once."""
    X, z = sample("normal", 16, 3, 1), sample_target(3, 1)
    full = solve_all(X, z, 0.2)
    assert full.complete
    for budget in range(1, full.work, 1 + full.work // 60):
        short = solve_all(X, z, 0.2, budget=budget)
        assert (short.work, short.complete) == (budget, False)
        assert masks(short) <= masks(full)
    assert solve_all(X, z, 0.2, budget=full.work) == full


def test_large_numbers_are_scaled():
    X, z = np.ldexp(sample("normal", 9, 2, 0), 900), np.ldexp(sample_target(2, 0), 900)
    assert masks(solve_all(X, z, 2.0**899)) == subsets_within(X, z, 2.0**899)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ({"eps": None}, TypeError, "eps.*None.*slth.solve"),
        ({"eps": 0.0}, ValueError, "eps.*> 0"),
        ({"cap": 0}, ValueError, "cap"),
        ({"budget": 0}, ValueError, "budget"),
        ({"size": 7}, ValueError, r"size.*\[0, 3\]"),
        ({"memory": 1000}, TooLargeError, "memory"),
        ({"X": np.ones((129, 2))}, ValueError, "n = 129.*n <= 128"),
    ],
)
def test_refusals_name_the_argument(call, error, words):
    with pytest.raises(error, match=words):
        solve_all(**{"X": np.eye(3)[:, :2] / 3, "z": [0.5, 0.25], "eps": 0.1, **call})


def test_an_instance_is_taken_for_its_candidates_target_and_tolerance():
    problem = slth.Instance.of([1, 2, 3, 4], 5, eps=0)
    assert slth.solve_all(problem) == slth.solve_all([1, 2, 3, 4], 5, eps=0)
    with pytest.raises(TypeError, match=r"^eps: got a value beside an Instance"):
        slth.solve_all(problem, eps=1)
    with pytest.raises(TypeError, match=r"^eps: got None"):
        slth.solve_all(slth.Instance.of([1, 2, 3, 4], 5))
    with pytest.raises(TypeError, match=r"^z: got None"):
        slth.solve_all([1, 2])
