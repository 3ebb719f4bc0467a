"""Meet-in-the-middle on integers: exact hits by a linear form of all coordinates."""

import numpy as np
import pytest

from slth import seeding
from slth.problem import Status
from slth.solvers import _solve as front
from slth.solvers.mitm import rounds
from slth.solvers.mitm.exact import LARGEST_FORM, with_form
from tests.solvers.solver_checks import brute_force, check_solver


def integers(seed, n, d, largest, low=None):
    """Candidates of [−largest, largest], with ties, and the sum of about half of them."""
    rng = seeding.generator(seed, "integers", n, d, largest)
    X = rng.integers(-largest if low is None else low, largest, (n, d), endpoint=True)
    return X, X[rng.random(n) < 0.5].sum(axis=0)


def sums_of_every_subset(X):
    sums = np.zeros((1, X.shape[1]), dtype=X.dtype)
    for row in X:
        sums = np.concatenate([sums, sums + row])
    return sums


def is_sum(X, z, size=None):
    """Whether a subset has the sum z, by enumeration in int64."""
    rows, goal = np.asarray(X), np.asarray(z)
    if size is not None:
        rows, goal = np.column_stack([rows, np.ones(len(X), dtype=np.int64)]), np.append(goal, size)
    return bool((sums_of_every_subset(rows) == goal).all(axis=1).any())


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("largest", [1, 3, 40, 10**6])
def test_a_hit_is_found_exactly_where_enumeration_finds_one(d, largest):
    statuses = set()
    for seed in range(24):
        n = 1 + seed % 15
        X, z = integers(seed, n, d, largest)
        if seed % 2:
            z[seed % d] += 1
        there = is_sum(X, z)
        s = check_solver("mitm", X, z, 0, decide=True)
        assert s.status is (Status.HIT if there else Status.NO_HIT)
        statuses.add(s.status)
        for eps in (0, None):
            s = check_solver("mitm", X, z, eps)
            assert s.error == brute_force(X, z)
            assert s.proved or eps == 0 == s.error
    assert statuses == {Status.HIT, Status.NO_HIT}


@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("largest", [2, 50])
def test_a_hit_of_a_fixed_size_is_found_where_there_is_one(d, largest):
    statuses = []
    for seed in range(20):
        n = 4 + seed % 9
        X, z = integers(seed, n, d, largest)
        for size in (0, 1, n // 2, n):
            s = front.solve(X, z, 0, "mitm", size=size, decide=True, threads=1)
            assert s.keep.sum() == size
            assert s.status is (Status.HIT if is_sum(X, z, size) else Status.NO_HIT)
            statuses.append(s.status)
    assert len(set(statuses)) == 2


@pytest.mark.parametrize(
    "case", ["zero rows", "a zero column", "copies", "one value", "far target"]
)
@pytest.mark.parametrize("decide", [False, True])
def test_degenerate_integers(case, decide):
    for seed in range(8):
        X, z = integers(seed, 12, 3, 4)
        if case == "zero rows":
            X[::2] = 0
        elif case == "zero column":
            X[:, 1] = 0
            z[1] = seed % 2
        elif case == "copies":
            X[:] = X[:1]
            z = seed * X[0]
        elif case == "one value":
            X[:] = 3
            z = np.array([9, 9, 9 + 3 * (seed % 2)])
        else:
            z = z + 10**6
        s = check_solver("mitm", X, z, 0, decide=decide)
        assert (s.status is Status.HIT) == is_sum(X, z)
        assert decide or s.error == brute_force(X, z)


@pytest.mark.parametrize("bits", [20, 40, 46, 49, 50])
def test_large_integers_to_the_limit_of_float64(bits):
    """Up to Σ|X| + |z| = 2^53, with and without a form, and next to a coordinate of few values."""
    for seed in range(6):
        X, _ = integers(seed, 14, 3, 2, low=0)
        rng = seeding.generator(seed, "large", bits)
        X[:, seed % 3] = rng.integers(0, 2 ** (bits - 1), 14)
        z = X[:6].sum(axis=0)
        for change in (0, 1, -1):
            goal = z + np.eye(3, dtype=np.int64)[seed % 3] * change
            if np.abs(X).sum(axis=0).max() + np.abs(goal).max() > 2**53:
                X, goal = X // 2, goal // 2
            s = check_solver("mitm", X, goal, 0, decide=True)
            assert (s.status is Status.HIT) == is_sum(X, goal)


def test_a_form_is_there_while_float64_holds_it():
    X, z = integers(0, 10, 3, 7)
    assert with_form(X.astype(float), z.astype(float), -1) is not None
    assert with_form(X.astype(float), z.astype(float), 4)[0].shape == (10, 5)
    assert with_form(X * 2.0**40, z * 2.0**40, -1) is not None, "a common power of two is taken out"
    wide = X.astype(float)
    wide[0] = [2.0**51, 1, 1]
    assert with_form(wide, z.astype(float), -1) is None
    assert with_form(X + 2.0**-50, z.astype(float), -1) is None, "not integers of float64"


@pytest.mark.parametrize("largest", [1, 30, 2**46])
def test_the_form_is_exact_and_tells_sums_apart(largest):
    X, z = integers(1, 12, 3, largest)
    rows, goal = with_form(X.astype(float), z.astype(float), -1)
    assert np.abs(rows[:, 0]).sum() + abs(goal[0]) <= LARGEST_FORM
    sums = sums_of_every_subset(rows.astype(np.int64))
    of_sums = {}
    for row in sums.tolist():
        assert of_sums.setdefault(tuple(row[1:]), row[0]) == row[0], "a function of the sum"
    assert len(set(of_sums.values())) == len(of_sums), "no two sums have the same form"


def test_larger_instances_agree_with_the_search_without_a_form(monkeypatch):
    planted = [integers(seed, 26, 4, 12) for seed in range(4)]
    free = [(X, X.sum(axis=0) // 2) for X, _ in planted]
    cases = [(X, z, size) for X, z in planted + free for size in (None, 13)]
    found = [
        front.solve(X, z, 0, "mitm", size=size, decide=True, threads=1) for X, z, size in cases
    ]
    least = [front.solve(X, z, solver="mitm", size=size, threads=1) for X, z, size in cases]
    monkeypatch.setattr(rounds, "with_form", lambda *_: None)
    for (X, z, size), hit, best in zip(cases, found, least, strict=True):
        other = front.solve(X, z, 0, "mitm", size=size, decide=True, threads=1)
        assert hit.status is other.status
        other = front.solve(X, z, solver="mitm", size=size, threads=1)
        assert (best.error, best.proved) == (other.error, True)
    assert {s.status for s in found} == {Status.HIT, Status.NO_HIT}


def test_a_wrong_form_loses_hits(monkeypatch):
    """What the tests above would see if the form were not one of the coordinates."""
    right = with_form

    def wrong(*args):
        rows, goal = right(*args)
        rows[3, 0] += 1
        return rows, goal

    X, z = integers(2, 24, 3, 30)
    X[3] = 100
    z = X[:8].sum(axis=0)
    assert check_solver("mitm", X, z, 0, decide=True).status is Status.HIT
    monkeypatch.setattr(rounds, "with_form", wrong)
    assert check_solver("mitm", X, z, 0, decide=True).status is Status.NO_HIT


@pytest.mark.parametrize("eps", [0, None])
@pytest.mark.parametrize("largest", [3, 60])
def test_one_subset_from_solve_batch_and_targets_at_any_threads(eps, largest):
    X, z = integers(5, 20, 3, largest)
    targets = np.stack([z, z + 1, X[:3].sum(axis=0), X.sum(axis=0), z * 0])
    for decide in (False, True) if eps == 0 else (False,):
        one = [
            front.solve(X, t, eps, "mitm", threads=threads, decide=decide)
            for t in targets
            for threads in (1, 3)
        ]
        for s, again in zip(one[::2], one[1::2], strict=True):
            assert (s.keep == again.keep).all()
            assert (s.work, s.status) == (again.work, again.status)
        batch = np.broadcast_to(X, (len(targets), *X.shape)).copy()
        many = front.solve_batch(batch, targets, eps, solver="mitm", threads=2, decide=decide)
        shared = front.solve_targets(X, targets, eps, solver="mitm", threads=2, decide=decide)
        for k, s in enumerate(one[::2]):
            assert (many.keep[k] == s.keep).all()
            assert (shared.keep[k] == s.keep).all()
            assert many.work[k] == shared.work[k] == s.work


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_budget_ends_the_search_and_proves_nothing(share):
    X, z = integers(3, 26, 4, 40)
    X, z = 2 * X, 2 * z + 1
    full = check_solver("mitm", X, z, 0, decide=True)
    assert full.status is Status.NO_HIT
    budget = int(share * full.work)
    short = check_solver("mitm", X, z, 0, decide=True, budget=budget)
    assert short.status is Status.BUDGET
    assert short.work <= budget


def test_the_work_is_that_of_two_passes_over_the_half_sums():
    """40 candidates in 5 equations: 2 · 2^20 sums, and no pairs but a few."""
    X = seeding.generator(0, "market split").integers(0, 100, (40, 5))
    z = X.sum(axis=0) // 2
    s = check_solver("mitm", X, z, 0, decide=True)
    assert s.work < 1.2 * 2**21
