"""Sizes and tolerances at and beyond the ends of float64, in the theory and in samples."""

import inspect
import math
import warnings

import numpy as np
import pytest
import torch

import slth
from slth import theory

TAKES = {
    "d": 2, "eps": 0.1, "n": 8, "k": 4, "z": 0.5, "ensemble": "normal", "probability": 0.5,
    "constant": 1.0, "share": 0.5, "samples": 8, "seed": 0, "ratio": 3.0,
    "chance": 0.3, "confidence": 0.9, "draws": 64, "extra": 0, "y": 0.5, "X": [[1]], "bound": 1,
}  # fmt: skip
FUNCTIONS = {
    name: {p: TAKES[p] for p in inspect.signature(getattr(theory, name)).parameters}
    for name in theory.__all__
    if inspect.isfunction(getattr(theory, name))
}
for exact in ("off_lattice_probability", "lattice_covering_probability"):
    FUNCTIONS[exact]["ensemble"] = "quantized"
CLOSED = ("annealed_threshold", "quenched_n_star", "counting_bound", "fixed_size_n_star")
NO_SIZE = [None, True, 0, -1, 1.5, 10**400, 2**63, "x", [], object(), np.array([1, 2]), math.nan]
SIZES = [(name, at) for name, asked in FUNCTIONS.items() for at in ("n", "d", "k") if at in asked]


ARRAYS = ("success_probability", "best_error", "expected_hits", "log_expected_hits")  # of n


@pytest.mark.parametrize(("name", "at"), SIZES)
def test_what_is_no_size_is_named(name, at):
    optional = inspect.signature(getattr(theory, name)).parameters[at].default is None
    for value in NO_SIZE[optional:]:
        if at == "n" and name in ARRAYS and isinstance(value, np.ndarray):
            continue
        with pytest.raises((TypeError, ValueError), match=f"^{at}: "):
            getattr(theory, name)(**{**FUNCTIONS[name], at: value})


def test_there_are_functions_to_walk():
    assert len(SIZES) > 30


@pytest.mark.parametrize("name", ["best_error", "covering_probability", "success_probability"])
def test_arrays_of_one_integer_are_sizes(name):
    asked = FUNCTIONS[name]
    wanted = getattr(theory, name)(**asked)
    for made in (np.array, torch.tensor, np.int16):
        assert getattr(theory, name)(**{**asked, "d": made(2), "n": made(8)}) == wanted


@pytest.mark.parametrize("eps", [5e-324, 1e-310, 8e307, 1.7e308])
@pytest.mark.parametrize("name", CLOSED)
def test_tolerances_at_the_ends_of_float64(name, eps):
    found = getattr(theory, name)(**{**FUNCTIONS[name], "eps": eps})
    assert math.isfinite(found)
    assert (found == 0) == (eps > 1)
    if name == "counting_bound" and eps < 1:
        assert found == pytest.approx(-2 * math.log2(eps) - 1)


@pytest.mark.parametrize("at", ["n", "d"])
def test_what_is_no_size_of_a_sample_is_named(at):
    for value in NO_SIZE:
        with pytest.raises((TypeError, ValueError), match=f"^{at}: "):
            slth.sample(**{"name": "normal", "n": 3, "d": 2, "seed": 1, at: value})
    with pytest.raises(ValueError, match=r"^n: got .*several"):
        slth.sample("normal", 2**30, 2**30, 0)


@pytest.mark.parametrize("X", [np.float16(2), [np.float16(2)], [[np.float16(2), np.float16(1)]]])
def test_numbers_of_half_precision_are_taken_without_a_warning(X):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d = np.shape(X)[-1] if np.ndim(X) == 2 else 1
        if np.ndim(X):
            assert slth.solve(X, [2.0, 1.0][:d]).error == 0
        assert slth.solve([2.0], np.float16(2)).error == 0
