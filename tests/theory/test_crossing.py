"""The smallest n at which something is reached, from any guess, in few questions."""

import math

import pytest

from slth.theory.crossing import first_n


@pytest.mark.parametrize("guess", [1, 2, 7, 50, 1000])
@pytest.mark.parametrize("least", [1, 2, 3, 8, 49, 50, 51, 777, 10**6])
def test_first_n_is_the_first(least: int, guess: int) -> None:
    asked: list[int] = []

    def reached(n: int) -> bool:
        asked.append(n)
        return n >= least

    assert first_n(reached, guess) == least
    assert min(asked) >= 1
    assert len(asked) == len(set(asked)) <= 2 * math.log2(abs(least - guess) + 1) + 4
