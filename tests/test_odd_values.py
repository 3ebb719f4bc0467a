"""Values that neither print, nor compare, nor have a length: refused by the argument's name."""

import decimal
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import slth
from slth import checks, theory
from slth.intervals import clopper_pearson, quantile_interval
from slth.supnorm import bracket

solve: Any = slth.solve  # called with what its types refuse
X = np.array([[3.0, 1.0], [2.0, 5.0], [4.0, 4.0]])
Z = np.array([5.0, 6.0])
LINE = nn.Linear(2, 2).double()


class Silent:
    """Does not print."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


ODD: list[Any] = [
    10**5000, [10**5000], (10**5000, 1), Silent(), [Silent()], {"x": Silent()}, np.array(5),
    np.array(["x"]), np.array("zonotope"), np.zeros((2, 2)), np.zeros((2, 0)), np.array([1 + 2j]),
    np.ma.masked_equal([1.0, 2.0], 2.0), torch.ones(2, 2), torch.ones(2, device="meta"),
    torch.ones(2, 2).to_sparse(), pd.NA, pd.DataFrame({"a": [1, 2]}), decimal.Decimal("sNaN"),
    np.ndarray, torch.Tensor, [[]], b"x", object(),
]  # fmt: skip


def _success(**given: Any) -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    slth.plot.success(**({"n": [1, 2], "rate": [0.1, 0.2], "ax": figure.subplots()} | given))


CALLS: dict[str, Callable[[Any], object]] = {
    "eps": lambda v: slth.solve(slth.Instance(X, Z, v)),
    "solver": lambda v: slth.solve(X, Z, 0.5, solver=v),
    "progress": lambda v: slth.solve(X, Z, 0.5, progress=None if callable(v) else v),
    "on_interrupt": lambda v: slth.solve(X, Z, 0.5, on_interrupt=v),
    "bounds": lambda v: slth.supnorm.bracket(LINE, LINE, bounds=v),
    "box": lambda v: slth.supnorm.bracket(LINE, LINE, box=v),
    "input_shape": lambda v: slth.supnorm.bracket(LINE, LINE, input_shape=v),
    "n": lambda v: slth.theory.expected_hits("normal", v, 2, 0.1, Z),
    "rate": lambda v: _success(rate=v),
    "low": lambda v: _success(low=v),
    "confidence": lambda v: clopper_pearson(1, 2, v),
    "example": lambda v: slth.networks.from_torch(LINE, example=v),
}
# an array without axes is a number, a table of integers an array; a class may be called; arrays
# (batch, 2) are examples
TAKEN = {"eps": 1, "progress": 2, "n": 2, "example": 3}


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_is_refused_by_name(name: str) -> None:
    refused: list[str] = []
    for value in ODD:
        try:
            CALLS[name](value)
        except (TypeError, ValueError) as error:
            refused.append(str(error))
    assert [words for words in refused if not words.startswith(name)] == []
    assert len(refused) >= len(ODD) - TAKEN.get(name, 0)


def test_names_of_bounds_may_be_the_keys_of_a_bracket() -> None:
    found = slth.supnorm.bracket(LINE, LINE, bounds=["one_layer"])
    again = slth.supnorm.bracket(LINE, LINE, bounds=found.bounds)
    assert again.bounds == found.bounds


def test_a_confidence_of_any_real_type_is_that_number() -> None:
    for exact in (Fraction(3, 4), decimal.Decimal("0.75"), torch.tensor(0.75)):
        assert clopper_pearson(1, 3, exact) == clopper_pearson(1, 3, 0.75)  # type: ignore[arg-type]
        ends = quantile_interval([1.0, 2.0, 3.0], exact, exact)  # type: ignore[arg-type]
        assert ends == quantile_interval([1.0, 2.0, 3.0], 0.75, 0.75)


def test_what_does_not_print_is_shown_by_its_class() -> None:
    assert checks.shown(10**5000) == "an integer of 16610 bits"
    assert checks.shown([10**5000]) == "a list"
    assert checks.shown(Silent()) == "a Silent"
    assert len(checks.shown("x" * 1000)) == 80


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: theory.best_error(range(10**12), 3), "n: got range(0, 1000000000000), takes"),
        (lambda: solve([[1.0]], [1.0], eps=bytearray(b"1")), "eps: got bytearray"),
        (lambda: bracket(nn.ReLU(), nn.ReLU(), input_shape=(2, 4096, 4096)), "input_shape: got"),
    ],
    ids=["endless n", "bytes as a number", "an input beyond reading"],
)
def test_what_is_no_number_or_too_many_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value).startswith(words)
