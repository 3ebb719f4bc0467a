"""d = 1 meet-in-the-middle: bit-exact optima whatever the lane, the block or the path taken."""

import itertools
import tracemalloc

import numpy as np
import pytest

from slth import seeding
from slth.ensembles import ENSEMBLES, sample, sample_target
from slth.problem import Instance, Status
from slth.solvers import _solve as front
from slth.solvers.kernels import stopping
from slth.solvers.mitm.line import lanes as mitm_line_lanes
from slth.solvers.mitm.line import merge as mitm_line_merge
from slth.solvers.mitm.line import search as mitm_line
from slth.solvers.mitm.line import sizes as mitm_line_sizes
from slth.solvers.mitm.line.shared import Table
from tests.solvers.solver_checks import brute_force, check_solver
from tests.sweeps import swept, swept_rows

SHAPES = ["uniform", "integers", "duplicates", "zeros", "mixed", "tenths", "far", "tiny", "huge"]


def draw(shape, n, seed):
    """Candidates (n,) and a target: generic, or with ties, or hard to hold in integers."""
    rng = seeding.generator(seed, "line", n)
    x, z = rng.uniform(-1, 1, n), float(rng.uniform(-1, 1))
    change = {
        "uniform": lambda: (x, z),
        "integers": lambda: (np.rint(9 * x), np.rint(9 * z) + 0.5),
        "duplicates": lambda: (np.repeat(x, 3)[:n], z),
        "zeros": lambda: (np.where(x > 0, x, 0.0), z),
        "mixed": lambda: (x * np.logspace(-9, 9, n), z),
        "tenths": lambda: (np.rint(9 * x) / 10, 0.25),
        "far": lambda: (x, 1e7 * z),
        "tiny": lambda: (1e-300 * x, 1e-300 * z),
        "huge": lambda: (1e300 * x, 1e300 * z),
    }
    return change[shape]()


def batch(count, n):
    """Instances of every shape in turn, so that neighbours in the lanes differ."""
    drawn = [draw(SHAPES[k % len(SHAPES)], n, k) for k in range(count)]
    return np.stack([x for x, _ in drawn]), np.array([z for _, z in drawn])


def in_lanes(X, z, size=-1, wide=False):
    """Keep, error and failed of the lanes kernel alone, with a flag as the solver calls it.

    Without one numba compiles the kernel a second time.
    """
    B, n = X.shape
    space = mitm_line.Space.of(n)
    keep, failed = np.zeros((B, n), dtype=bool), np.zeros(B, dtype=bool)
    error = np.full(B, np.inf) if size >= 0 else np.abs(z)
    lanes = space.wide if wide else space.narrow
    flag = stopping.flag()
    mitm_line_lanes.search(X, z, n, size, np.arange(B), lanes, keep, error, failed, flag)
    return keep, error, failed


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 7, 8, 9, 11, 14])
def test_the_error_is_the_least_float64_one(shape, n):
    for seed in range(8):
        x, z = draw(shape, n, seed)
        error, least = check_solver("mitm", x, z).error, brute_force(x, z)
        assert error == least or (shape == "tenths" and error < least + 1e-12)  # ties but for bits


@pytest.mark.parametrize("wide", swept([False, True], 1))
@pytest.mark.parametrize("n", swept([8, 9, 13, 16], 1))
def test_both_widths_of_lanes_settle_generic_instances(wide, n):
    X = np.stack([sample("uniform", n, 1, seed)[:, 0] for seed in range(37)])
    z = np.array([sample_target(1, seed)[0] for seed in range(37)])
    keep, error, failed = in_lanes(X, z, wide=wide)
    assert not failed.any()
    for b in range(len(X)):
        assert error[b] == brute_force(X[b], z[b]) == Instance(X[b, :, None], z[b]).error(keep[b])


@pytest.mark.parametrize("n", swept([17, 18, 19, 20, 21, 23, 25, 26, 27, 30], 0))
def test_every_depth_of_the_network_agrees_with_merging(n):
    B = 5
    X = np.stack([sample("nsn", n, 1, seed)[:, 0] for seed in range(B)])
    z = np.array([sample_target(1, seed)[0] for seed in range(B)])
    buffers, flag = mitm_line.Space.of(n).buffers(n), stopping.flag()
    keep, error = np.zeros((B, n), dtype=bool), np.abs(z)
    work, ended = np.zeros(B, dtype=np.int64), np.zeros(B, dtype=bool)
    mitm_line_merge.search(X, z, n, np.arange(B), 1 << 62, buffers, keep, error, work, ended, flag)
    assert ended.all()
    for wide in (True,) if n > mitm_line_lanes.NARROW_N else (False, True):
        _, mine, failed = in_lanes(X, z, wide=wide)
        assert not failed.any()
        assert (mine <= error).all()
        assert np.allclose(mine, error, rtol=0, atol=1e-12)


@pytest.mark.parametrize("eps", [None, 1e-3, 0.3])
@pytest.mark.parametrize("n", [10, 15])
def test_neighbours_and_threads_change_nothing(n, eps):
    X, z = batch(150, n)
    b = front.solve_batch(X, z, eps, "mitm", threads=1)
    other = front.solve_batch(X[::-1], z[::-1], eps, "mitm", threads=3)
    assert (b.keep == other.keep[::-1]).all()
    assert (b.work == other.work[::-1]).all()
    assert (b.status == other.status[::-1]).all()
    for k in range(0, 150, 7):
        s = front.solve(X[k], z[k], eps, "mitm", threads=1)
        assert (s.keep == b.keep[k]).all()
        assert (s.error, s.work, s.proved) == (b.error[k], b.work[k], b.proved[k])


@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize("decide", [False, True])
def test_with_eps_a_miss_is_proved_and_a_hit_may_stop_early(ensemble, decide):
    n, B, eps = 14, 60, 0.004
    X = np.stack([sample(ensemble, n, 1, seed)[:, 0] for seed in range(B)])
    z = np.array([sample_target(1, seed, "normal")[0] for seed in range(B)])
    b = front.solve_batch(X, z, eps, "mitm", decide=decide, threads=1)
    for k in range(B):
        least = brute_force(X[k], z[k])
        if least <= eps:
            assert b.status[k] is Status.HIT
        else:
            assert b.status[k] is (Status.NO_HIT if decide else Status.OPTIMAL)
            assert b.proved[k]
        if b.proved[k]:
            assert b.error[k] == least


def test_a_loose_eps_costs_less_than_the_optimum():
    X = np.stack([sample("uniform", 21, 1, seed)[:, 0] for seed in range(64)])
    z = np.array([sample_target(1, seed)[0] for seed in range(64)])
    loose = front.solve_batch(X, z, 0.01, "mitm", threads=1)
    assert all(status is Status.HIT for status in loose.status)
    assert loose.proved.sum() < 16
    assert loose.work.mean() < front.solve_batch(X, z, solver="mitm", threads=1).work.mean() / 4


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 2, 9, 12])
def test_a_table_of_any_size_finds_the_optimum(shape, n):
    x, _ = draw(shape, n, 0)
    scale = max(float(np.abs(x).sum()), 1e-300)
    z = np.array([*np.linspace(-1.2, 1.2, 23) * scale, 0.0, x[0]])
    z = z[np.isfinite(z)]
    for t in range(n + 1):
        masks, _ = Table.of(x, t).closest(z, np.zeros(len(z)))
        for mask, target in zip(masks, z, strict=True):
            kept = x[(int(mask) >> np.arange(n)) & 1 == 1]
            assert abs(abs(kept.sum() - target) - brute_force(x, target)) <= 1e-12 * scale


@pytest.mark.parametrize("n", [1, 4, 9])
def test_a_table_says_where_no_other_subset_is_as_near(n):
    rng = np.random.default_rng(n)
    x, z = rng.integers(-9, 10, n) * 1.0, np.arange(-30, 30) / 2
    subsets = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    gaps = np.sort(np.abs(subsets @ x[:, None] - z), axis=0)
    for t in range(n + 1):
        for slack in (0.0, 1.0):
            _, alone = Table.of(x, t).closest(z, np.full(len(z), slack))
            assert (alone == (gaps[1] > gaps[0] + slack)).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("eps", [None, 0.02])
@pytest.mark.parametrize("options", [{}, {"decide": True}, {"budget": 700}, {"memory": 1_200_000}])
def test_many_targets_of_one_sample(shape, eps, options):
    x, z = draw(shape, 13, 1)
    Z = z * np.linspace(-1, 1, 41)
    many = front.solve_targets(x, Z, eps, "mitm", threads=1, **options)
    tolerance = 1e-12 * (np.abs(x).sum() + abs(z))
    for k, target in enumerate(Z):
        s = check_solver("mitm", x, target, eps, **options)
        assert abs(s.error - many.error[k]) <= tolerance or s.status is Status.HIT
        assert many.status[k] is s.status
        assert many.proved[k] == s.proved
        if many.proved[k]:
            assert abs(many.error[k] - brute_force(x, target)) <= tolerance


def test_targets_do_not_depend_on_the_threads():
    x, _ = draw("uniform", 18, 2)
    Z = seeding.generator(0, "targets").uniform(-1, 1, 2000)
    keeps = [front.solve_targets(x, Z, 1e-4, "mitm", threads=t).keep.tobytes() for t in (1, 2, 5)]
    assert len(set(keeps)) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("n", "size"), [(1, 0), (6, 2), (8, 8), (9, 0), (10, 5), (11, 1), (11, 7)])
def test_the_best_subset_of_a_size_to_the_bit(shape, n, size):
    for seed in range(3):
        x, z = draw(shape, n, seed)
        sums = [
            np.add.accumulate([0.0, *x[list(S)]])[-1]
            for S in itertools.combinations(range(n), size)
        ]
        s = front.solve(x, z, solver="mitm", size=size, threads=1)
        assert s.keep.sum() == size
        assert s.error == np.abs(np.array(sums) - z).min()
        assert s.proved


@pytest.mark.parametrize(
    ("n", "size"), swept_rows([(17, 8), (18, 3), (19, 10), (22, 11), (27, 13)], 2)
)
def test_sizes_in_lanes_agree_with_merging_by_sizes(n, size):
    B = 5
    X = np.stack([sample("uniform", n, 1, seed)[:, 0] for seed in range(B)])
    z = np.array([sample_target(1, seed)[0] for seed in range(B)])
    buffers = mitm_line.Space.of(n).buffers(n)
    keep, error = np.zeros((B, n), dtype=bool), np.full(B, np.inf)
    work, ended = np.zeros(B, dtype=np.int64), np.zeros(B, dtype=bool)
    answers = keep, error, work, ended, stopping.flag()
    mitm_line_sizes.search(X, z, n, size, np.arange(B), 1 << 62, buffers, *answers)
    assert ended.all()
    assert (work < mitm_line_lanes.work(n, size)).all()
    for wide in (True,) if n > mitm_line_lanes.NARROW_SIZED_N else (False, True):
        kept, mine, failed = in_lanes(X, z, size, wide)
        assert not failed.any()
        assert (kept.sum(axis=1) == size).all()
        assert (mine <= error).all()
        assert np.allclose(mine, error, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [0, 3, 9])
@pytest.mark.parametrize("budget", [1, 30, 200, 10_000])
def test_a_budget_of_sizes_is_kept_to(size, budget):
    x, z = draw("uniform", 9, 0)
    s = front.solve(x, z, solver="mitm", size=size, budget=budget, threads=1)
    assert s.work <= budget
    assert s.keep.sum() == size
    assert s.proved == (budget >= 200)


def test_a_stream_needs_little_beyond_its_answers():
    X, z = np.zeros((60_000, 12)), np.ones(60_000)
    X[:] = sample("uniform", 12, 1, 0)[:, 0]
    tracemalloc.start()
    try:
        b = front.solve_batch(X, z, 0.1, "mitm", threads=1)
        answers = sum(a.nbytes for a in (b.keep, b.error, b.status, b.proved, b.work))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * answers + 4 * 2**20
