"""Device "cuda": exact answers equal brute force and the CPU's solver, whatever the chunks."""

import subprocess
import sys

import numpy as np
import pytest

from slth import devices as gpu
from slth import seeding
from slth.checks import TooLargeError
from slth.ensembles import ENSEMBLES, sample, sample_target
from slth.problem import Instance, Status
from slth.solvers import _auto as auto
from slth.solvers import _registry as registry
from slth.solvers import _solve as front
from slth.solvers._base import Options
from slth.solvers.mitm.torch import line as mitm_torch_line
from slth.solvers.mitm.torch import search as mitm_torch
from slth.solvers.mitm.torch import space as mitm_torch_space
from tests.solvers import gpu_places
from tests.solvers.solver_checks import brute_force, check_batch, check_solver, scale

SHAPES = [(1, 1), (2, 1), (7, 1), (14, 1), (1, 3), (6, 2), (13, 2), (12, 4), (9, 20)]
ABLE = [name for name in registry.SOLVERS if "cuda" in registry.get(name).devices]


@pytest.fixture(params=gpu_places.PLACES, autouse=True)
def _place(request, monkeypatch):
    gpu_places.use(request.param, monkeypatch)


def solve(X, z, eps=None, **options):
    return check_solver("mitm", X, z, eps, device="cuda", **options)


def small_chunks(monkeypatch):
    """Many chunks even of small instances."""
    monkeypatch.setattr(mitm_torch_line, "CHUNK", 64)
    monkeypatch.setattr(mitm_torch_line, "LEAST_CHUNK", 64)
    monkeypatch.setattr(mitm_torch_space, "ROWS", 50)
    monkeypatch.setattr(mitm_torch_space, "LEAST_ROWS", 50)
    monkeypatch.setattr(mitm_torch_space, "EDGES", 16)


@pytest.mark.parametrize("ensemble", ENSEMBLES)
@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("chunks", ["large", "small"])
def test_least_error_is_the_brute_force_one(monkeypatch, ensemble, n, d, chunks):
    if d > (ENSEMBLES[ensemble].max_d or d):
        pytest.skip("the ensemble has no such dimension")
    if chunks == "small":
        small_chunks(monkeypatch)
    X = sample(ensemble, n, d, seed=seeding.child(3, n))
    z = sample_target(d, seed=seeding.child(4, n), ensemble=ensemble)
    s = solve(X, z)
    assert s.proved
    assert abs(s.error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize(("n", "d"), [(21, 1), (24, 2), (24, 3), (22, 7), (26, 4)])
@pytest.mark.parametrize("ensemble", ["normal", "nsn"])
def test_agrees_with_the_cpu_where_slabs_and_cells_matter(monkeypatch, n, d, ensemble):
    monkeypatch.setattr(mitm_torch_space, "ROWS", 1 << 10)
    monkeypatch.setattr(mitm_torch_space, "LEAST_ROWS", 1 << 10)
    X, z = sample(ensemble, n, d, n), sample_target(d, n)
    assert abs(solve(X, z).error - check_solver("mitm", X, z).error) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("factor", [0.5, 0.999, 1.001, 3.0])
@pytest.mark.parametrize("decide", [False, True])
def test_eps_is_met_exactly_when_it_can_be(d, factor, decide):
    for seed in range(3):
        X, z = sample("normal", 11, d, seed), sample_target(d, seed)
        s = solve(X, z, factor * brute_force(X, z), decide=decide)
        no = Status.NO_HIT if decide else Status.OPTIMAL
        assert s.status is (Status.HIT if factor > 1 else no)


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("eps", [None, 0.02, 0.2])
@pytest.mark.parametrize("decide", [False, True])
@pytest.mark.parametrize("one", [False, True])
def test_batches_and_targets_are_the_single_answers(monkeypatch, d, eps, decide, one):
    B = 60 if d == 1 else 6
    X = np.stack([sample("normal", 12, d, 0 if one else seed) for seed in range(B)])
    Z = np.stack([sample_target(d, seed) for seed in range(B)])
    if one:
        batch = front.solve_targets(X[0], Z, eps, "mitm", device="cuda", decide=decide)
    else:
        batch = check_batch("mitm", X, Z, eps, device="cuda", decide=decide)
    small_chunks(monkeypatch)
    for k in range(B):
        if eps is None:
            assert batch.error[k] == pytest.approx(brute_force(X[k], Z[k]), abs=1e-12)
        assert (batch.error[k] <= (eps or 0)) == (brute_force(X[k], Z[k]) <= (eps or 0))
        s = solve(X[k], Z[k], eps, decide=decide)
        assert batch.status[k] is s.status


def test_the_cascade_settles_most_instances_early():
    X = np.stack([sample("uniform", 20, 1, seed) for seed in range(200)])
    Z = np.stack([sample_target(1, seed) for seed in range(200)])
    b = front.solve_batch(X, Z, 0.01, "mitm", device="cuda", decide=True)
    assert all(status is Status.HIT for status in b.status)
    assert np.median(b.work) < 2**9
    assert not b.proved[b.work < 2**9].any()


@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1e150])
@pytest.mark.parametrize("d", [1, 3])
def test_extreme_scales(unit, d):
    X, z = unit * sample("normal", 11, d, 1), unit * sample_target(d, 1)
    assert abs(solve(X, z).error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("d", [1, 2, 4])
def test_mixed_scales(d):
    X = sample("normal", 12, d, 2) * np.logspace(-8, 8, 12)[:, None]
    z = sample_target(d, 2)
    assert abs(solve(X, z).error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_all_candidates_alike(d, value):
    X, z = np.full((15, d), value), np.full(d, 3.25)
    s = solve(X, z)
    assert s.proved
    assert s.error == brute_force(X, z)


@pytest.mark.parametrize("far", [5.0, 1e6])
@pytest.mark.parametrize("flat", [(), (1,)])
def test_target_out_of_reach_and_flat_coordinates(far, flat):
    X, z = sample("normal", 12, 3, 3), far * np.array([1, 0, -1]) + sample_target(3, 3)
    X[:, flat] = 0.0
    assert abs(solve(X, z).error - brute_force(X, z)) <= 1e-12 * scale(X, z)


@pytest.mark.parametrize("d", [1, 2])
def test_integers_are_exact(d):
    X = np.arange(1, 13)[:, None] * np.arange(1, d + 1)
    hit = solve(X, 29 * np.arange(1, d + 1), eps=0)
    assert (hit.status, hit.error) == (Status.HIT, 0.0)
    for decide, status in ((False, Status.OPTIMAL), (True, Status.NO_HIT)):
        miss = solve(2 * X, 29 * np.arange(1, d + 1), eps=0, decide=decide)
        assert miss.status is status


@pytest.mark.parametrize(
    ("n", "d", "k"), [(1, 1, 1), (9, 1, 4), (12, 1, 0), (8, 2, 3), (11, 3, 11)]
)
@pytest.mark.parametrize("ensemble", ["normal", "nsn", "quantized"])
def test_fixed_sizes(n, d, k, ensemble):
    X, z = sample(ensemble, n, d, n), sample_target(d, d, ensemble=ensemble)
    expected = front.solve(X, z, solver="enumeration", size=k, threads=1).error
    found = mitm_torch.search_batch(X[None], z[None], None, Options(device="cuda", size=k))
    assert found.keep.sum() == k
    assert found.complete.all()
    error = Instance(X, z).error(found.keep[0])
    assert error == pytest.approx(expected, abs=1e-12 * scale(X, z))


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("budget", [1, 40, 400])
def test_a_small_budget_gives_a_legal_incumbent(d, budget):
    X, z = sample("normal", 16, d, 4), sample_target(d, 4)
    s = solve(X, z, eps=1e-9, budget=budget)
    assert s.status is Status.BUDGET
    assert s.work <= budget
    full = solve(X, z)
    assert solve(X, z, budget=full.work + 1).proved
    assert not solve(X, z, budget=full.work // 2).proved


@pytest.mark.parametrize("d", [1, 2])
def test_same_call_same_bytes(d):
    X, z = sample("normal", 22, d, 6), sample_target(d, 6)
    assert solve(X, z).keep.tobytes() == solve(X, z).keep.tobytes()


@pytest.mark.parametrize(("n", "d"), [(60, 1), (20, 2)])
def test_memory_is_that_of_the_device(n, d):
    with pytest.raises(TooLargeError, match=r"needs [\d,]+ bytes"):
        front.solve(np.ones((n, d)), np.ones(d), solver="mitm", device="cuda", memory=2**24)


def test_auto_names_the_device():
    name, reason = auto.choose(20, 2, None, Options(device="cuda"))
    assert name in ABLE
    assert "device cuda" in reason
    assert front.solve(np.eye(4), np.ones(4), device="cuda").error == 0


@pytest.mark.parametrize("solver", ABLE)
def test_without_a_gpu_the_error_says_so(monkeypatch, solver):
    monkeypatch.setattr(gpu, "available", lambda: False)
    with pytest.raises(ValueError, match=r"device: got 'cuda', this machine has no CUDA device"):
        front.solve(np.eye(3), np.ones(3), solver=solver, device="cuda")


def test_the_cpu_does_not_import_torch():
    code = (
        "import sys, slth; slth.solve([[1.0], [2.0]], 3.0, threads=1); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
