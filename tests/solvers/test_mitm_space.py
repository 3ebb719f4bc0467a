"""Meet-in-the-middle for d >= 2: sizes, shapes and structures that its sieve could get wrong."""

import itertools

import numpy as np
import pytest

from slth.ensembles import sample, sample_target
from slth.problem import Status
from slth.solvers import _solve as front
from slth.solvers.mitm import halves as mitm_halves
from slth.solvers.mitm import plan as mitm_plan
from slth.solvers.mitm import rounds as mitm_rounds
from slth.solvers.mitm import sieve as mitm_sieve
from tests.solvers.solver_checks import brute_force, check_solver, scale
from tests.sweeps import swept_rows


@pytest.mark.parametrize("n", range(1, 23))
@pytest.mark.parametrize("d", [2, 3, 5, 9])
def test_least_error_for_every_n(n, d):
    X, z = sample("normal", n, d, seed=50 + n), sample_target(d, seed=n)
    s = check_solver("mitm", X, z)
    assert s.proved
    assert s.error == pytest.approx(brute_force(X, z), abs=1e-12 * scale(X, z))


def halves_by_sorting(X, z):
    """The least error by another meet in the middle: windows of sorted half sums."""
    n = len(X)
    A, B = np.zeros((1, X.shape[1])), z[None]
    for x in X[: n // 2]:
        A = np.concatenate([A, A + x])
    for x in X[n // 2 :]:
        B = np.concatenate([B, B - x])
    A, B = A[np.argsort(A[:, 0])], B[np.argsort(B[:, 0])]
    radius = 0.3
    while True:
        first = np.searchsorted(A[:, 0], B[:, 0] - radius)
        last = np.searchsorted(A[:, 0], B[:, 0] + radius)
        least = min(
            np.abs(A[low:high] - b).max(axis=1).min(initial=np.inf)
            for b, low, high in zip(B, first, last, strict=True)
        )
        if least <= radius:
            return least
        radius *= 2


@pytest.mark.parametrize(("n", "d"), swept_rows([(27, 2), (28, 3), (26, 6)], 1))
@pytest.mark.parametrize("ensemble", ["normal", "nsn", "uniform"])
def test_least_error_of_halves_beyond_brute_force(ensemble, n, d):
    X, z = sample(ensemble, n, d, seed=n), sample_target(d, seed=n)
    s = check_solver("mitm", X, z)
    assert s.proved
    assert s.error == pytest.approx(halves_by_sorting(X, z), abs=1e-12 * scale(X, z))


@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("d", [2, 4])
def test_halves_of_unlike_size_and_place(spread, d):
    X, z = sample("normal", 20, d, seed=2), sample_target(d, seed=2)
    X[10:] *= spread
    X[:, 0] += 3.0
    s = check_solver("mitm", X, z)
    assert s.proved
    assert s.error == pytest.approx(brute_force(X, z), abs=1e-12 * scale(X, z))


def with_copies(n, d, copies, seed):
    """Few distinct candidates, so that n = 64 has few distinct half sums; last one distinct."""
    X = np.repeat(sample("normal", -(-n // copies), d, seed), copies, axis=0)[:n]
    X[-1] = sample("normal", 1, d, seed + 1)
    return X


@pytest.mark.parametrize("n", [60, 61, 62, 63, 64])
@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("decide", [False, True])
def test_a_planted_subset_of_64_is_found(n, d, decide):
    X = with_copies(n, d, 6, seed=n)
    keep = np.random.default_rng(n).random(n) < 0.5
    keep[-1] = True
    s = check_solver("mitm", X, X[keep].sum(axis=0), 1e-9, decide=decide)
    assert s.status is Status.HIT
    assert s.keep[-1]


@pytest.mark.parametrize("n", [60, 64])
def test_no_hit_of_64_is_proved_and_so_is_the_optimum(n):
    X = with_copies(n, 3, 6, seed=n)
    z = sample_target(3, seed=n)
    best = check_solver("mitm", X, z)
    assert best.proved
    assert best.error > 1e-6
    for factor, status in ((1 - 1e-9, Status.NO_HIT), (1 + 1e-9, Status.HIT)):
        assert check_solver("mitm", X, z, factor * best.error, decide=True).status is status


@pytest.mark.parametrize("n", [60, 64])
def test_any_hit_of_64_generic_candidates(n):
    X, z = sample("normal", n, 3, seed=n), sample_target(3, seed=n)
    assert check_solver("mitm", X, z, 3e-3).status is Status.HIT


@pytest.mark.parametrize("size", range(17))
@pytest.mark.parametrize("d", [2, 3])
def test_every_size(size, d):
    X, z = sample("uniform", 16, d, seed=3), sample_target(d, seed=3)
    sums = (X[list(S)].sum(axis=0) for S in itertools.combinations(range(16), size))
    s = check_sized(X, z, size)
    assert s.proved
    assert s.error == pytest.approx(min(np.abs(t - z).max() for t in sums), abs=1e-12)


def check_sized(X, z, size, *args, **options):
    s = front.solve(X, z, *args, solver="mitm", size=size, threads=1, **options)
    assert s.keep.sum() == size
    assert s.error == np.abs(np.add.accumulate(X[s.keep])[-1] - z).max() if size else True
    return s


@pytest.mark.parametrize("n", [40, 64])
def test_a_planted_subset_of_known_size(n):
    X = with_copies(n, 3, 6, seed=n)
    keep = np.random.default_rng(n).random(n) < 0.3
    keep[-1] = True
    size, z = int(keep.sum()), X[keep].sum(axis=0)
    assert check_sized(X, z, size, 1e-9).status is Status.HIT
    assert check_sized(X, z, size + 1, 1e-9, decide=True).status is Status.NO_HIT


def test_size_does_not_confuse_candidates_of_value_zero():
    """4 of 20 candidates are not zero: sizes 0, 1 miss (1, 1); 19, 20 take three or four."""
    X = np.zeros((20, 2))
    X[:4] = np.eye(2).repeat(2, axis=0)
    for size in range(21):
        assert check_sized(X, np.ones(2), size).error == (1.0 if size in (0, 1, 19, 20) else 0.0)


@pytest.mark.parametrize("ensemble", ["quantized", "binary"])
@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("n", [18, 33])
def test_exact_hits_of_integers(ensemble, d, n):
    X = sample(ensemble, n, d, seed=n).astype(int)
    z = X[::2].sum(axis=0)
    for decide in (False, True):
        s = check_solver("mitm", X, z, 0, decide=decide)
        assert s.error == 0
        odd = check_solver("mitm", 2 * X, 2 * z + 1, 0, decide=decide)
        assert decide or odd.error == 1
        assert odd.status is (Status.NO_HIT if decide else Status.OPTIMAL)


@pytest.mark.parametrize("d", [2, 4, 7])
def test_the_sieve_drops_no_partner(d):
    """Sums within reach of a marked sum always pass, however coarse or fine the cells."""
    rng = np.random.default_rng(d)
    X = rng.normal(size=(12, d))
    half = mitm_halves.half(X, 1.0, (0, 6, 12))
    sums = (half.u[:, None] + half.v[None]).reshape(-1, d)
    order = half.u_mask[:, None] | half.v_mask[None]
    for reach in (1e-9, 1e-3, 0.1, 2.0):
        for width in (3.0, 10.0, 1e4):
            scales = np.full(d, mitm_sieve.UNIT / (width * reach))
            cells = mitm_sieve.cells_of(np.arange(d), scales, np.full(d, reach))
            codes = mitm_sieve.encode(half, cells)
            shifted = mitm_halves.moved(half, rng.uniform(-reach, reach, d) * (1 - 1e-9))
            near = mitm_sieve.encode(shifted, cells)
            bits, keys, crossed = (np.zeros(size, dtype=np.uint32) for size in (1 << 12, 64, 64))
            whole = mitm_sieve.walk(half, -np.inf, np.inf)
            assert mitm_sieve.mark(
                half, codes, cells, whole, 1 << 20, bits, 15, keys, crossed
            ) == len(sums)
            found = np.empty(8192, dtype=np.int64)
            again = mitm_sieve.walk(shifted, -np.inf, np.inf)
            count, seen = mitm_sieve.sieve(shifted, near, cells, again, 64, bits, 15, keys, found)
            assert count == seen == order.size


def test_quarters_of_one_sample_serve_any_target():
    X = sample("normal", 18, 3, seed=0)
    quarters = mitm_rounds.Quarters.of(X, np.zeros(3), None)
    for seed in range(5):
        z = sample_target(3, seed=seed)
        problem = mitm_rounds.Problem.of(quarters, z, None)
        rows = (problem.B.u[:, None] + problem.B.v[None]).reshape(-1, 3)
        assert np.isfinite(rows).all()
    Z = np.stack([sample_target(3, seed=seed) for seed in range(5)] + [np.full(3, 1e9)])
    b = front.solve_targets(X, Z, solver="mitm", threads=1)
    for k, z in enumerate(Z):
        assert b.error[k] == pytest.approx(brute_force(X, z), abs=1e-12 * scale(X, z))


def test_descent_counts_its_steps_and_keeps_the_size():
    X, z = sample("normal", 30, 4, seed=0), sample_target(4, seed=0)
    for size in (-1, 0, 7, 30):
        error, mask, work = mitm_plan.descend(X, z, size, 10_000)
        assert size < 0 or bin(mask).count("1") == size
        keep = (mask >> np.arange(30)) & 1 == 1
        assert error == pytest.approx(np.abs(X[keep].sum(axis=0) - z).max())
        assert 1 <= work <= 10_000
