"""Cases of a sweep beyond its first: `make test-all` runs them, `make test` does not."""

from collections.abc import Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet

sweep = pytest.mark.sweep


def swept(values: Iterable[Any], kept: int) -> list[ParameterSet]:
    """Return the values of one argument, those after the first ``kept`` marked as of a sweep."""
    return [
        pytest.param(value, marks=sweep if place >= kept else ())
        for place, value in enumerate(values)
    ]


def swept_rows(rows: Iterable[tuple[Any, ...]], kept: int) -> list[ParameterSet]:
    """Return rows of several arguments, those after the first ``kept`` marked as of a sweep."""
    return [
        pytest.param(*row, marks=sweep if place >= kept else ()) for place, row in enumerate(rows)
    ]
