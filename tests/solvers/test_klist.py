"""The k-list tree: plans, merges, what a budget buys; nothing depends on the threads."""

import functools
import itertools
import tracemalloc

import numpy as np
import pytest

from slth import seeding
from slth.problem import Instance
from slth.solvers._base import Options
from slth.solvers.kernels.workers import Workers
from slth.solvers.klist import tiers as klist_tiers
from slth.solvers.klist.merge import merge
from slth.solvers.klist.plan import Plan, plan
from slth.solvers.klist.solver import DEFAULT_BUDGET, KList

GIB = 2**30
SIZES = [(30, 2), (60, 9), (100, 9), (300, 18), (1000, 9), (1000, 36), (5000, 64), (200, 1)]


def instance(n, d, seed, eps=None, ensemble="normal"):
    rng = seeding.generator(seed, "klist test", n, d, ensemble)
    X = rng.standard_normal((n, d))
    if ensemble == "nsn":
        X *= rng.standard_normal((n, 1))
    return Instance(X, rng.uniform(-1, 1, d), eps)


def error(problem, **options):
    return problem.error(KList().search(problem, Options(**options)).keep)


def planned(n, d, budget, memory=4 * GIB) -> Plan:
    found = plan(n, d, budget, memory)
    assert found is not None
    return found


@pytest.mark.parametrize(("n", "d"), SIZES)
@pytest.mark.parametrize("log_budget", [22, 27, 33])
def test_plan_keeps_to_its_limits(n, d, log_budget):
    found = planned(n, d, 2**log_budget)
    assert found.work <= 2**log_budget
    assert found.bytes <= 4 * GIB
    assert 2 <= found.groups <= found.used <= n
    assert len(found.lists) == len(found.bits) == found.depth
    assert found.lists[0] <= 2.0 ** (found.used / found.groups) + 1
    assert all(b <= a * a for a, b in zip(found.lists, found.lists[1:], strict=False))


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_plan_promises_more_for_more(n, d):
    radii = [planned(n, d, 2**k).radius for k in range(22, 36, 3)]
    assert all(b <= a for a, b in itertools.pairwise(radii))


def test_plan_fits_a_small_memory():
    assert planned(1000, 9, 2**33, memory=GIB // 4).bytes <= GIB // 4
    assert plan(1000, 9, 2**33, memory=2**20) is None


def test_plan_is_none_when_the_budget_pays_for_no_tree():
    assert plan(1000, 9, 1000, 4 * GIB) is None


@pytest.mark.parametrize("d", [1, 3, 9, 18])
def test_merge_finds_the_closest_pairs(d):
    rng = seeding.generator(1, "merge", d)
    A, B = rng.standard_normal((300, d)), rng.standard_normal((257, d))
    with Workers(1, lambda: None) as workers:
        i, j, work = merge(A, B, 0, 500, rng, workers.run)
    norms = np.square(A[:, None] + B[None]).sum(axis=2)
    cut = np.sort(norms.ravel())[[250, 1000]]
    assert work >= norms.size
    assert cut[0] <= norms[i, j].max() <= cut[1]
    inside = np.argwhere(norms <= cut[0])
    assert set(map(tuple, inside)) <= set(zip(i.tolist(), j.tolist(), strict=True))


def test_merge_by_cells_finds_most_of_the_closest_pairs():
    rng = seeding.generator(2, "merge")
    A, B = rng.standard_normal((4000, 3)), rng.standard_normal((4000, 3))
    with Workers(2, lambda: None) as workers:
        i, j, work = merge(A, B, 4, 4000, rng, workers.run)
    closest = np.sort(np.square(A[:, None] + B[None]).sum(axis=2).ravel())[4000]
    assert work < 2 * 4000**2 / 2**4
    assert np.mean(np.square(A[i] + B[j]).sum(axis=1) <= closest) > 0.6


def test_merge_measures_few_pairs_when_all_vectors_are_tied():
    A = np.ones((3000, 2))
    with Workers(1, lambda: None) as workers:
        i, _, work = merge(A, -A, 6, 1000, seeding.generator(0, "ties"), workers.run)
    assert 0 < len(i) <= 1.25 * 1000 + 64
    assert work <= 3000**2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("d", [1, 2, 5])
def test_small_n_is_the_optimum(seed, d):
    problem = instance(11, d, seed)
    masks = (np.arange(2**11)[:, None] >> np.arange(11)) & 1
    best = np.abs(masks @ problem.X - problem.z).max(axis=1).min()
    answer = KList().search(problem, Options())
    assert problem.error(answer.keep) == pytest.approx(best, abs=1e-12)
    assert not answer.complete


@pytest.mark.parametrize("log_budget", [12, 18, 22, 25])
@pytest.mark.parametrize(("n", "d"), [(20, 3), (40, 2), (200, 9), (1500, 4)])
def test_work_stays_within_twice_the_budget(n, d, log_budget):
    answer = KList().search(instance(n, d, 3), Options(budget=2**log_budget))
    assert answer.work <= 2 * 2**log_budget + 16 * n


@functools.cache
def median_error(log_budget):
    return np.median([error(instance(200, 9, s), budget=2**log_budget) for s in range(5)])


def test_a_larger_budget_is_not_worse_in_the_median():
    assert median_error(27) <= median_error(24) <= median_error(20)


def test_d9_n200_reaches_its_figure():
    assert median_error(27) <= 0.04


def tiered(problem, log_budget=26):
    scales = np.sort(np.sqrt(np.mean(problem.X**2, axis=1)))[::-1]
    found = klist_tiers.choose(scales, problem.d, 2**log_budget, 4 * GIB)
    assert found is not None
    return scales, found


@pytest.mark.parametrize(("n", "d"), [(60, 9), (100, 9), (500, 18), (2000, 9), (300, 1)])
@pytest.mark.parametrize("ensemble", ["normal", "nsn"])
def test_tiers_and_tree_share_no_candidate_and_tiers_get_shorter(n, d, ensemble):
    scales, found = tiered(instance(n, d, 11, ensemble=ensemble))
    used = np.concatenate([found.members, *found.tiers])
    assert len(set(used.tolist())) == len(used) <= n
    assert all(b > a for a, b in itertools.pairwise(used))
    assert len(found.members) == found.plan.used
    assert found.work <= 2**26
    spreads = [float(np.linalg.norm(scales[tier])) for tier in found.tiers]
    assert spreads == sorted(spreads, reverse=True)


def test_only_short_candidates_make_tiers():
    assert not tiered(instance(500, 9, 11))[1].tiers
    assert tiered(instance(500, 9, 11, ensemble="nsn"))[1].tiers


def test_short_candidates_are_used():
    errors = [error(instance(500, 9, s, ensemble="nsn"), budget=2**26) for s in range(5)]
    assert np.median(errors) <= 0.02


@pytest.mark.parametrize("eps", [0.5, 0.2])
def test_eps_is_hit_for_a_fraction_of_the_budget(eps):
    problem = instance(200, 9, 5, eps)
    answer = KList().search(problem, Options(budget=2**28))
    assert problem.error(answer.keep) <= eps
    assert answer.work < 2**28 / 16


@pytest.mark.parametrize("ensemble", ["normal", "nsn"])
@pytest.mark.parametrize(("n", "d"), [(60, 9), (300, 9), (100, 1), (90, 40)])
def test_threads_change_nothing(n, d, ensemble):
    problem = instance(n, d, 7, ensemble=ensemble)
    answers = [KList().search(problem, Options(budget=2**24, threads=t)) for t in (1, 2, 3)]
    assert all(np.array_equal(a.keep, answers[0].keep) for a in answers)
    assert all(a.work == answers[0].work for a in answers)


@pytest.mark.parametrize("factor", [2.0**-990, 2.0**490, 3e-300, 1e150])
def test_scale_does_not_matter(factor):
    problem = instance(60, 9, 8)
    scaled = Instance(problem.X * factor, problem.z * factor)
    expected = error(problem, budget=2**22)
    assert error(scaled, budget=2**22) / factor == pytest.approx(expected, rel=0.5)


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((40, 3)),
        np.ones((40, 3)),
        np.where(np.arange(160).reshape(40, 4) % 3 == 0, 1.0, -1.0),
        np.repeat(np.linspace(-1, 1, 30).reshape(10, 3), 5, axis=0),
        np.eye(30, 64),
        np.vstack([np.zeros((50, 2)), np.full((1, 2), 0.5)]),
    ],
    ids=["zeros", "ones", "signs", "duplicates", "n < d", "one alive"],
)
def test_degenerate_candidates(X):
    z = np.full(X.shape[1], 0.75)
    problem = Instance(X, z)
    answer = KList().search(problem, Options(budget=2**22))
    assert answer.keep.shape == (len(X),)
    assert problem.error(answer.keep) <= problem.error(np.zeros(len(X), dtype=bool))


def test_one_dimension_reaches_float64_precision():
    assert error(instance(300, 1, 9), budget=2**24) < 1e-13


@pytest.mark.parametrize(("n", "d"), [*SIZES, (10**5, 64), (1, 1)])
def test_predicted_memory_is_bounded(n, d):
    assert 8 * n * d <= KList().bytes_needed(n, d) <= 4 * GIB


def test_memory_predicted_covers_the_arrays_made():
    problem = instance(300, 9, 10)
    KList().search(problem, Options(budget=2**20))
    found = planned(300, 9, int(15 / 16 * 2**26))
    tracemalloc.start()
    KList().search(problem, Options(budget=2**26))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= found.bytes
    assert DEFAULT_BUDGET > 2**26
