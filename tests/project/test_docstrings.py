"""The examples in the docstrings of the public functions run, and print what they say."""

import doctest
from typing import Any

import pytest

import slth

NAMES = [
    "Instance.of",
    "plot.kernels",
    "plot.success",
    "plot.ticket",
    "plot.trace",
    "sample",
    "sample_target",
    "solve",
    "solve_all",
    "solve_batch",
    "solve_targets",
    "solvers",
    "theory.best_error",
    "theory.expected_hits",
    "theory.threshold",
]


def named(name: str) -> Any:
    found: Any = slth
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_example_prints_what_it_says(name: str) -> None:
    text = named(name).__doc__
    test = doctest.DocTestParser().get_doctest(text, {"slth": slth}, name, None, 0)
    said: list[str] = []
    ran = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert ran.attempted >= 1
    assert ran.failed == 0, "".join(said)


def test_every_function_of_the_top_has_an_example() -> None:
    functions = {name for name in slth.__all__ if type(getattr(slth, name)).__name__ == "function"}
    assert functions <= set(NAMES)
