"""Bad input raises an error that names the argument, what it got and what it takes."""

import numpy as np
import pytest
import torch

from slth.checks import TooLargeError
from slth.solvers import _solve as front
from tests.solvers.solver_checks import NAMES

X = np.arange(12.0).reshape(6, 2) / 7
z = np.array([0.5, -0.25])

BAD = [
    ({"X": np.zeros((2, 3, 4))}, ValueError, r"X.*\(2, 3, 4\).*\(n, d\)"),
    ({"X": np.zeros((0, 2))}, ValueError, "X.*empty"),
    ({"X": [[1.0, 2.0], [3.0]]}, ValueError, "X.*different lengths"),
    ({"X": np.array([["a", "b"]])}, TypeError, "X.*dtype"),
    ({"X": X * np.nan}, ValueError, r"X.*nan at \[0, 0\].*finite"),
    ({"z": [np.inf, 0.0]}, ValueError, r"z.*inf at \[0\].*finite"),
    ({"z": [0.5]}, ValueError, r"z.*\(1,\).*\(2,\)"),
    ({"z": np.zeros((1, 2))}, ValueError, r"z.*\(1, 2\)"),
    ({"eps": 0.0}, ValueError, "eps.*> 0"),
    ({"eps": -1.0}, ValueError, "eps.*-1.0.*> 0"),
    ({"eps": np.nan}, ValueError, "eps.*finite"),
    ({"eps": True}, TypeError, "eps.*True"),
    ({"eps": "0.1"}, TypeError, "eps.*'0.1'"),
    ({"solver": "mitn"}, ValueError, "solver.*'mitn'.*did you mean mitm"),
    ({"solver": 3}, TypeError, "solver.*3"),
    ({"budget": 0}, ValueError, r"budget.*(>= 1|in \[1)"),
    ({"budget": 1.5}, TypeError, "budget.*1.5"),
    ({"seed": -1}, ValueError, "seed.*>= 0"),
    ({"threads": 0}, ValueError, "threads.*>= 1"),
    ({"memory": 0}, ValueError, "memory.*>= 1"),
    ({"device": "gpu"}, ValueError, "device.*'gpu'.*cpu"),
]


@pytest.mark.parametrize(("change", "error", "words"), BAD)
def test_solve_names_the_argument(change, error, words):
    with pytest.raises(error, match=words):
        front.solve(**{"X": X, "z": z, "eps": 0.1, **change})


@pytest.mark.parametrize(("change", "error", "words"), BAD)
def test_solve_batch_names_the_argument(change, error, words):
    batch = {"X3": X[None], "Z2": z[None], "eps": 0.1}
    if {"X", "z"} & set(change):
        pytest.skip("shapes of a batch are tested below")
    with pytest.raises(error, match=words):
        front.solve_batch(**{**batch, **change})


@pytest.mark.parametrize(
    ("X3", "Z2", "words"),
    [
        (np.zeros(3), np.zeros(3), r"X3.*\(3,\).*\(B, n, d\)"),
        (np.zeros((2, 3, 4, 5)), np.zeros((2, 5)), r"X3.*\(2, 3, 4, 5\)"),
        (np.zeros((2, 3, 4)), np.zeros((3, 4)), r"Z2.*\(3, 4\).*\(2, 4\)"),
        (np.zeros((2, 3, 4)), np.zeros((2, 3)), r"Z2.*\(2, 3\).*\(2, 4\)"),
        (np.zeros((2, 3)), np.zeros(3), r"Z2.*\(3, 1\).*\(2, 1\)"),
        (np.zeros((0, 3)), np.zeros(0), "X3.*empty"),
        (np.full((1, 3), np.nan), np.zeros(1), "X3.*nan"),
    ],
)
def test_batch_shapes(X3, Z2, words):
    with pytest.raises(ValueError, match=words):
        front.solve_batch(X3, Z2)


@pytest.mark.parametrize("solver", NAMES)
def test_a_device_that_is_not_there_or_not_taken(solver):
    if torch.cuda.is_available():
        pytest.skip("CUDA is present")
    with pytest.raises(ValueError, match=r"device.*cuda"):
        front.solve(X, z, solver=solver, device="cuda")


@pytest.mark.parametrize("solver", ["mitm", "enumeration", "klist"])
def test_memory_refusal_names_the_bytes(solver):
    with pytest.raises(TooLargeError, match=r"needs [\d,]+ bytes.*memory allows 1,000"):
        front.solve(X, z, solver=solver, memory=1000)


@pytest.mark.parametrize(("solver", "n"), [("enumeration", 31), ("mitm", 65)])
def test_size_refusal_says_what_to_use(solver, n):
    with pytest.raises(ValueError, match=f"n = {n}.*use solver="):
        front.solve(np.ones((n, 2)), np.ones(2), solver=solver)


def test_mitm_line_refuses_lists_beyond_memory():
    with pytest.raises(TooLargeError, match="bytes"):
        front.solve(np.ones(60), 1.0, solver="mitm")


BIG = np.array([[2**52, 1], [-(2**52), 1], [3, 0]])


@pytest.mark.parametrize("solver", NAMES)
def test_eps_zero_refuses_integers_that_float64_rounds(solver):
    Z = np.array([1, 1])
    with pytest.raises(ValueError, match=r"eps.*got 0.*X.*z.*9\.01e\+15.*2\^53"):
        front.solve(BIG, Z, eps=0, solver=solver)
    with pytest.raises(ValueError, match=r"eps.*X3.*Z2.*2\^53"):
        front.solve_batch(BIG[None], Z[None], eps=0, solver=solver)
    with pytest.raises(ValueError, match=r"eps.*X.*Z.*2\^53"):
        front.solve_targets(BIG, Z[None], eps=0, solver=solver)


def test_eps_zero_takes_integers_up_to_the_bound():
    half = BIG[:2] // 2
    s = front.solve(half, half[0], eps=0, solver="mitm")
    assert s.error == 0
    assert s.keep.tolist() == [True, False]
