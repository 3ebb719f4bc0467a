"""`solve` takes an Instance in place of X, z and eps, checked as they are."""

from typing import Any

import numpy as np
import pytest

import slth
from slth import Instance, Status

X = slth.sample("normal", n=10, d=2, seed=3)
WHOLE = np.array([[3, 1], [2, 5], [4, 4], [-1, 2]])


@pytest.mark.parametrize("eps", [None, 0.2, 1e-6])
def test_an_instance_gives_the_answer_of_its_parts(eps: float | None) -> None:
    z = slth.sample_target(2, seed=1)
    asked: dict[str, Any] = {"solver": "enumeration", "threads": 1}
    parts = slth.solve(X, z, eps, **asked)
    whole = slth.solve(Instance.of(X, z, eps), **asked)
    assert (whole.keep == parts.keep).all()
    assert (whole.error, whole.status, whole.work) == (parts.error, parts.status, parts.work)


def test_whole_numbers_may_ask_for_equality() -> None:
    found = slth.solve(Instance.of(WHOLE, [5, 6], 0), solver="enumeration")
    assert found.status is Status.HIT
    assert found.keep.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: slth.solve(X), TypeError, "^z: got None"),
        (lambda: slth.solve(Instance.of(X, [0, 1]), [0, 1]), TypeError, "^z: got a value beside"),
        (lambda: slth.solve(Instance.of(X, [0, 1]), eps=1), TypeError, "^eps: got a value beside"),
        (lambda: slth.solve(Instance(X, np.array([np.nan, 0]))), ValueError, "^z: got nan"),
        (lambda: slth.solve(Instance(X, np.zeros(3))), ValueError, r"^z: got shape \(3,\)"),
        (lambda: slth.solve(Instance(X[0], np.zeros(2))), ValueError, "^X: got shape"),
        (lambda: slth.solve(Instance(X, np.zeros(2), -1.0)), ValueError, "^eps: got -1"),
        (lambda: slth.solve(Instance(X, np.zeros(2), 0.0)), ValueError, "^eps: got 0"),
    ],
)
def test_what_is_wrong_is_named(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
