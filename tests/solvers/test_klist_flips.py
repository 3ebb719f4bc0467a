"""The flip sieve: short sums of disjoint sets, what a plan promises, fixed sizes."""

import itertools
import tracemalloc

import numpy as np
import pytest

from slth import seeding
from slth.problem import Instance
from slth.solvers._base import Options
from slth.solvers.kernels.workers import Workers
from slth.solvers.klist.flips import Sieve
from slth.solvers.klist.flips_plan import FlipPlan, plan_flips
from slth.solvers.klist.near import Sums, near, unite
from slth.solvers.klist.solver import KList
from tests.sweeps import swept_rows

GIB = 2**30
SIZES = [(30, 2), (100, 9), (300, 18), (1000, 9), (1000, 36), (60000, 9)]


def normal(n, d, seed):
    rng = seeding.generator(seed, "flips test", n, d)
    return Instance(rng.standard_normal((n, d)), rng.uniform(-1, 1, d))


def singles(X):
    marks = seeding.generator(0, "marks").integers(0, 2**64, len(X), dtype=np.uint64)
    return Sums(X.astype(np.float32), np.arange(len(X), dtype=np.uint16)[:, None], marks)


def planned(n, d, log_budget) -> FlipPlan:
    found = plan_flips(n, d, 2**log_budget, 4 * GIB)
    assert found is not None
    return found


@pytest.mark.parametrize("d", [1, 3, 9, 18])
def test_near_finds_the_shortest_disjoint_pairs(d):
    X = seeding.generator(1, "near", d).standard_normal((400, d))
    with Workers(1, lambda: None) as workers:
        i, j, work = near(singles(X), 500, 2, 24, seeding.generator(2, "near"), workers.run)
    assert (i != j).all()
    assert len({frozenset(pair) for pair in zip(i.tolist(), j.tolist(), strict=True)}) == len(i)
    norms = np.square(X[:, None] + X[None]).sum(axis=2)[np.triu_indices(400, 1)]
    closest = np.sort(norms)
    assert work >= 400
    assert len(i) <= 500
    found = np.square(X[i] + X[j]).sum(axis=1)
    assert np.mean(found <= closest[400]) > 0.7


def test_near_never_joins_sets_that_share_a_candidate():
    X = seeding.generator(3, "near").standard_normal((40, 2))
    pairs = np.array(list(itertools.combinations(range(40), 2)))
    with Workers(1, lambda: None) as workers:
        fours = singles(X)
        for _ in range(2):
            i, j, _ = near(fours, 2000, 1, 8, seeding.generator(4, "near"), workers.run)
            fours = unite(fours, i, j, X, workers.run)
    assert len(pairs) < len(fours.flips) <= 2000
    assert (np.diff(fours.flips.astype(int), axis=1) > 0).all()
    assert len(np.unique(fours.flips, axis=0)) == len(fours.flips)
    sums = X[fours.flips].sum(axis=1)
    scale = sums[0, 0] / fours.vectors[0, 0]
    np.testing.assert_allclose(fours.vectors * scale, sums, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("log_budget", [24, 28, 33])
def test_plan_keeps_to_its_limits(n, d, log_budget):
    found = plan_flips(n, d, 2**log_budget, 4 * GIB)
    if n * n > 2**log_budget:
        assert found is None
        return
    assert found is not None
    assert found.work <= 2**log_budget
    assert found.bytes <= 4 * GIB
    assert 4 <= 2**found.depth <= n // 2


@pytest.mark.parametrize(("n", "d"), SIZES[1:5])
def test_plan_promises_more_for_more(n, d):
    radii = [planned(n, d, k).radius for k in range(24, 36, 3)]
    assert all(b <= a for a, b in itertools.pairwise(radii))


@pytest.mark.parametrize(("n", "d"), [(200, 9), (1000, 16)])
@pytest.mark.parametrize("sized", [False, True])
def test_rests_are_those_of_the_flips(n, d, sized):
    problem = normal(n, d, 5)
    members = np.arange(0, n, 2)
    plus = np.arange(len(members)) % 3 == 0
    offset = np.full(d, 0.3)
    with Workers(1, lambda: None) as workers:
        plan = planned(len(members), d, 22)
        sieve = Sieve(problem.X, offset, members, plus, plan, 6, workers.run, sized)
        rests, flips = sieve.climb(64)
    assert 0 < len(rests) <= 64
    for rest, flip in zip(rests, flips, strict=True):
        after = plus.copy()
        after[flip] ^= True
        assert len(set(flip.tolist())) == 2**plan.depth
        assert after.sum() == plus.sum() or not sized
        signs = np.where(after, 0.5, -0.5)
        np.testing.assert_allclose(signs @ problem.X[members] - offset, rest, atol=1e-11)


def test_memory_predicted_covers_the_arrays_made():
    problem, plan = normal(1000, 9, 7), planned(1000, 9, 27)
    KList().search(problem, Options(budget=2**20))
    tracemalloc.start()
    KList().search(problem, Options(budget=2**27))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= plan.bytes


@pytest.mark.parametrize(("n", "d", "figure"), swept_rows([(1000, 9, 0.006), (2000, 25, 0.45)], 1))
def test_reaches_its_figure_for_a_small_budget(n, d, figure):
    found = []
    for seed in range(3):
        problem = normal(n, d, seed)
        answer = KList().search(problem, Options(budget=2**28, seed=seed))
        found.append(problem.error(answer.keep))
    assert np.median(found) <= figure


@pytest.mark.parametrize(("n", "d"), [(26, 2), (60, 5), (400, 9), (3000, 4)])
@pytest.mark.parametrize("budget", [1, 10**4, 2**22])
def test_fixed_sizes_are_kept_for_any_budget(n, d, budget):
    problem = normal(n, d, 8)
    for size in {0, 1, 2, n // 3, n - 1, n}:
        answers = [
            KList().search(problem, Options(budget=budget, size=size, threads=t)) for t in (1, 2)
        ]
        assert answers[0].keep.sum() == size
        assert np.array_equal(answers[0].keep, answers[1].keep)


def test_a_fixed_size_costs_little_error():
    problem = normal(400, 9, 9)
    free, held = (
        problem.error(KList().search(problem, Options(budget=2**25, size=size)).keep)
        for size in (None, 200)
    )
    assert held <= 4 * free
