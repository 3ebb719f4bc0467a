"""Theory functions of an array of n are, entry by entry, those of each n."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from slth import theory

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("success_probability", {"ensemble": "normal", "d": 2, "eps": 0.1}),
    ("success_probability", {"ensemble": "uniform", "d": 1, "eps": 0.1, "z": 0.5}),
    ("expected_hits", {"ensemble": "normal", "d": 2, "eps": 0.1, "z": [0.5, -0.2]}),
    ("log_expected_hits", {"ensemble": "quantized", "d": 1, "eps": 0, "z": 3}),
    ("best_error", {"d": 3}),
]
SIZES = [3, 8, 5, 8]


@pytest.mark.parametrize(("name", "asked"), CALLS, ids=lambda x: x if isinstance(x, str) else "")
@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor, pd.Series, np.uint16])
def test_every_entry_is_that_of_its_n(name: str, asked: dict[str, Any], kind: Any) -> None:
    function = getattr(theory, name)
    found = function(n=kind(SIZES), **asked)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float64
    assert found.tolist() == [function(n=n, **asked) for n in SIZES]


def test_shape_is_kept_and_n_may_stand_at_its_place() -> None:
    sizes = np.array([[4, 9, 4], [1, 2, 3]])
    found = theory.success_probability("normal", sizes, 2, 0.1)
    assert found.shape == (2, 3)
    assert found[0, 0] == found[0, 2] == theory.success_probability("normal", 4, 2, 0.1)
    assert theory.best_error(range(1, 4), 2).shape == (3,)


def test_one_n_gives_a_float() -> None:
    for n in (8, np.int64(8), np.array(8), torch.tensor(8)):
        assert type(theory.best_error(n, 2)) is float  # type: ignore[call-overload]
    assert math.isfinite(theory.log_expected_hits("normal", 8, 2, 0.1, 0.5))


@pytest.mark.parametrize(
    ("n", "error", "words"),
    [
        ([], ValueError, "n: got shape .*empty"),
        ([1.5, 2.0], TypeError, "n: got dtype float64"),
        ([True], TypeError, "n: got dtype bool"),
        (["3"], TypeError, "n: got dtype"),
        ([[1], [2, 3]], ValueError, "n: got rows of different lengths"),
        ([4, 0], ValueError, "n: got 0"),
        ([4, 2**40], ValueError, "n: got "),
        (np.ma.array([1, 2], mask=[False, True]), TypeError, "n: got a masked array"),
        ({"n": 3}, TypeError, "n: got"),
    ],
)
def test_what_is_no_array_of_integers_is_named(n: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        theory.best_error(n, 2)
