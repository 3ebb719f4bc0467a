"""Seeds: a child depends on its name alone; other names and seeds give other numbers."""

import itertools

import numpy as np
import pytest

from slth import seeding

KEYS = [("a",), ("b",), ("a", 1), ("a", "1"), ("a", 1.0), ("ab",), ("a", "b"), (1, 2), (12,)]


def test_children_are_distinct() -> None:
    draws = {(seed, key): seeding.child(seed, *key) for seed in (0, 1) for key in KEYS}
    assert len(set(draws.values())) == len(draws)


def test_same_name_same_bytes() -> None:
    first, again = (seeding.generator(7, "x", 3).normal(size=50) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_neighbouring_children_are_uncorrelated() -> None:
    # 36 pairs at |r| > 4/sqrt(m): two-sided normal tail 6e-5 each, 0.2 % in all; fixed seed
    m = 10_000
    draws = [seeding.generator(0, *key).normal(size=m) for key in KEYS]
    for a, b in itertools.combinations(draws, 2):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(m)


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True])
def test_bad_seed_is_named(seed: object) -> None:
    with pytest.raises((TypeError, ValueError), match="seed"):
        seeding.sequence(seed)  # type: ignore[arg-type]
