"""Inputs to the solvers that were once answered wrongly, or by an error that names nothing."""

import ctypes

import numpy as np
import pytest
import torch

import slth
from slth.problem import Status
from tests.solvers.solver_checks import EXACT, NAMES
from tests.sweeps import swept_rows

WIDE = np.array([[2**53 + 1], [2**54]])
ONE_ARGUMENT = r"^(X|X3)\b.*(2\^53|float64)"


@pytest.mark.parametrize("eps", [0.5, None, 0])
@pytest.mark.parametrize("solver", NAMES)
def test_case_8_integers_that_float64_does_not_hold_are_refused(solver, eps):
    z = np.array([2**53])
    with pytest.raises(ValueError, match=ONE_ARGUMENT):
        slth.solve(WIDE, z, eps=eps, solver=solver)
    with pytest.raises(ValueError, match=ONE_ARGUMENT):
        slth.solve_batch(WIDE[None], z[None], eps=eps, solver=solver)
    with pytest.raises(ValueError, match=ONE_ARGUMENT):
        slth.solve_targets(WIDE, z[None], eps=eps, solver=solver)
    with pytest.raises(ValueError, match=r"^z\b.*float64"):
        slth.solve([[1.0], [2.0]], WIDE[0], eps=eps or 1.0, solver=solver)


@pytest.mark.parametrize("eps", [0.5, None])
def test_case_8_integers_whose_sums_float64_rounds_are_refused(eps):
    X, z = np.array([[2**52, 1], [2**52, 1], [1, 0]]), np.array([2**53, 2])
    with pytest.raises(ValueError, match=r"^X: .*2\^53.*floats"):
        slth.solve(X, z, eps=eps)
    with pytest.raises(ValueError, match=r"^X3: .*2\^53.*floats"):
        slth.solve_batch(X[None], z[None], eps=eps)
    with pytest.raises(ValueError, match=r"^X: .*2\^53.*floats"):
        slth.solve_targets(X, z[None], eps=eps)
    assert slth.solve(X * 1.0, z * 1.0, eps=eps).error <= 1


@pytest.mark.parametrize("solver", EXACT)
def test_case_8_multiples_of_a_power_of_two_are_exact_beyond_2_53(solver):
    X, z = np.array([[3], [5], [6]]) * 2**54, np.array([8 * 2**54])
    s = slth.solve(X, z, eps=0, solver=solver)
    assert s.status is Status.HIT
    assert s.keep.tolist() == [True, True, False]


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("d", [1, 2])
def test_case_8_a_proof_about_integers_near_2_53_is_exact(solver, d):
    even = 2 * np.array([2**50 - 1, 2**49 + 3, 2**49 - 2, 2**48 + 5, 3, 7])
    X = even[:, None] * np.ones(d, int)
    subsets = (np.arange(1 << len(X))[:, None] >> np.arange(len(X))) & 1
    for z in (2**51 + 1, 2**51 + 5, 2**50 + 2**49 + 1):
        least = np.abs(subsets @ X[:, 0] - z).min()
        s = slth.solve(X, np.full(d, z), solver=solver)
        assert s.proved
        assert s.error == least
        decided = slth.solve(X, np.full(d, z), eps=least - 0.5, solver=solver, decide=True)
        assert decided.status is Status.NO_HIT


SLACK = [  # the rounding of real sums of this size is beyond the differences of these errors
    (
        [
            [-204945231555902, -131096757904764],
            [270618812162359, 116450507717325],
            [125715409196660, 268215789801399],
            [-4, 50],
            [48, 10],
            [3, -59],
        ],
        [-204945231555917, -131096757904772],
    ),
    (
        [
            [-144677119968446, 238346956472963],
            [228800991590356, 66383528477618],
            [228795106156829, -116725271614127],
            [-228459608161825, -75589277128179],
            [-43, -28],
            [-50, 49],
            [28, 26],
        ],
        [-228459608161900, -75589277128108],
    ),
]


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(("X", "z"), SLACK)
def test_case_8_integers_are_told_apart_where_real_sums_would_not_be(solver, X, z):
    subsets = (np.arange(1 << len(X))[:, None] >> np.arange(len(X))) & 1
    least = np.abs(subsets @ np.array(X) - z).max(axis=1).min()
    assert slth.solve(X, z, solver=solver).error == least
    hit = slth.solve(X, z, eps=float(least), solver=solver, decide=True)
    assert hit.status is Status.HIT
    none = slth.solve(X, z, eps=least - 0.5, solver=solver, decide=True)
    assert none.status is Status.NO_HIT


@pytest.mark.parametrize("call", [slth.solve, slth.solve_targets, slth.solve_batch])
def test_case_8_masked_arrays_are_refused(call):
    masked = np.ma.masked_array([0.1, 0.2, 0.7], mask=[0, 1, 0])
    X, z = (masked[None], [0.2]) if call is slth.solve_batch else (masked, [0.2])
    with pytest.raises(TypeError, match=r"^X3?: got a masked array"):
        call(X, z)
    with pytest.raises(TypeError, match=r"^(z|Z|Z2): got a masked array"):
        call(np.ones((1, 3)) if call is slth.solve_batch else np.ones(3), masked[2:])


def test_case_12_tensors_with_gradients_and_of_any_precision_are_taken():
    weight = torch.nn.Linear(12, 1, dtype=torch.float64).weight.view(-1)
    plain = slth.solve(weight.detach().numpy(), 0.3)
    assert (slth.solve(weight, 0.3).keep == plain.keep).all()
    assert (
        slth.solve(list(weight), torch.tensor(0.3, dtype=torch.float64)).keep == plain.keep
    ).all()
    for precision in (torch.bfloat16, torch.float16, torch.float32):
        short = weight.detach().to(precision)
        assert slth.solve(short, 0.3).error == slth.solve(short.double().numpy(), 0.3).error


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (torch.eye(3).to_sparse(), "not dense.*to_dense"),
        (torch.ones(3, device="meta"), "meta tensor"),
        (torch.ones(3, dtype=torch.complex64), "complex64"),
    ],
)
def test_case_12_tensors_without_real_values_are_refused_by_name(X, words):
    with pytest.raises(TypeError, match=f"^X: .*{words}"):
        slth.solve(X, 0.3)


@pytest.mark.parametrize("solver", EXACT)
def test_sums_beyond_float64_are_proved_right(solver):
    X = np.array([1.2e308, 1.1e308, -1.2e308, -1.1e308, 0.9e308])
    s = slth.solve(X, 0.0, solver=solver)
    assert (s.error, s.proved) == (0.0, True)
    missed = slth.solve(X, 0.5e308, eps=2e306, solver=solver)
    assert missed.status is Status.OPTIMAL
    assert missed.error == pytest.approx(3e307)
    for exact in (slth.solve_batch(X[None], [0.0]), slth.solve_targets(X, [0.0, 0.0])):
        assert exact.error[0] == 0


def test_an_error_beyond_float64_is_infinite_and_no_hit():
    s = slth.solve([1.7e308, 1.7e308], -1.7e308, eps=1e308, solver="mitm", size=2)
    assert s.error == np.inf
    assert s.status is not Status.HIT


def test_a_range_that_float64_cannot_sum_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^X: .*4.94e-324.*1.79e\+308.*takes"):
        slth.solve([[1.79e308], [1.79e308], [5e-324]], [0.0])
    with pytest.raises(ValueError, match=r"^X3: got instance 1 with"):
        slth.solve_batch([[1.0, 1.0], [1.79e308, 5e-324]], [0.0, 1e308])


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("d", [1, 2, 3])
def test_tiny_candidates_with_a_large_eps(solver, d):
    X = 2e-320 * np.ones((4, d))
    s = slth.solve(X, np.zeros(d), eps=1e308, solver=solver)
    assert s.status is Status.HIT
    assert slth.solve(X, np.full(d, 1e-320), eps=5e-324, solver=solver).error == 1e-320


@pytest.mark.parametrize("d", [1, 2])
def test_scales_far_apart_are_searched_to_the_end(d):
    X = np.array([1e219, 1e-184, 2e-184, -3e219, 5e-184])[:, None] * np.ones(d)
    for z, least in ((3e-184, 0.0), (4e-184, 1e-184)):
        s = slth.solve(X, np.full(d, z), solver="mitm")
        assert s.proved
        assert s.error == pytest.approx(least, abs=1e-199)
        assert slth.solve(X, np.full(d, z), 1.1e-184, "mitm", decide=True).status is Status.HIT
    far = slth.solve(X, np.full(d, 4e-184), 1e-190, "mitm", decide=True)
    assert far.status is Status.NO_HIT


def test_scales_far_apart_beyond_enumeration_name_the_way_out():
    X = np.ones((31, 2))
    X[0], X[1] = 1e200, 1e-200
    with pytest.raises(ValueError, match=r"^X: .*1e-200.*1e\+200.*klist"):
        slth.solve(X, [1.0, 1.0], solver="mitm")


@pytest.mark.parametrize("budget", [1, 40, 700])
@pytest.mark.parametrize("eps", [None, 5e-324])
def test_klist_with_next_to_no_budget_warns_of_nothing(budget, eps):
    rng = np.random.default_rng(0)
    for d in (1, 3):
        s = slth.solve(rng.normal(size=(26, d)), np.ones(d), eps, "klist", budget=budget)
        assert s.status is Status.BUDGET


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize(("n", "d"), swept_rows([(6, 1), (9, 2), (13, 1), (17, 1), (12, 3)], 2))
@pytest.mark.parametrize("eps", [None, 1.5])
def test_among_equals_targets_batches_and_single_solves_choose_alike(solver, n, d, eps):
    rng = np.random.default_rng(n * d)
    for high in (1, 4):
        X, Z = rng.integers(-high, high + 1, (n, d)), rng.integers(-3 * n, 3 * n, (12, d)) / 2
        targets = slth.solve_targets(X, Z, eps, solver, threads=1)
        batch = slth.solve_batch(np.repeat(X[None], len(Z), axis=0), Z, eps, solver, threads=1)
        one = np.array([slth.solve(X, z, eps, solver, threads=1).keep for z in Z])
        assert (targets.keep == batch.keep).all()
        assert (one == batch.keep).all()
        assert (targets.status == batch.status).all()


def from_c(word):
    ctypes.CDLL(None).puts(word.encode())
    ctypes.CDLL(None).fflush(None)


def test_no_word_of_highs_reaches_the_output(capfd):
    from_c("before")
    for solver in ("milp", "lp_rounding"):
        slth.solve(np.logspace(-12, 12, 6), 3.0, solver=solver)
    from_c("after")
    assert capfd.readouterr().out.split() == ["before", "after"]


@pytest.mark.parametrize(
    ("eps", "error"),
    [
        (np.inf, ValueError),
        (np.nan, ValueError),
        (10**400, ValueError),
        (np.longdouble("1e4000"), ValueError),
        (-5e-324, ValueError),
        ([0.1], TypeError),
        (np.array([0.1]), TypeError),
        (1j, TypeError),
        (np.ma.masked, TypeError),
        (torch.ones((), device="meta"), TypeError),
    ],
)
def test_eps_that_is_no_number_is_refused_by_name(eps, error):
    with pytest.raises(error, match=r"^eps: got"):
        slth.solve([0.5, 0.25], 0.75, eps=eps)


@pytest.mark.parametrize("solver", NAMES)
@pytest.mark.parametrize("eps", [5e-324, 1e-300, 1e308])
def test_the_least_and_the_largest_eps(solver, eps):
    s = slth.solve([[0.5, 1], [0.25, 2]], [0.75, 3], eps=eps, solver=solver)
    assert s.status is Status.HIT
    assert s.error <= eps


def test_decide_takes_a_truth_value():
    with pytest.raises(TypeError, match=r"^decide: got 'no'"):
        slth.solve([0.5], 0.5, decide="no")
