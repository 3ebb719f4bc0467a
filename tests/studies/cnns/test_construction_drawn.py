"""The construction as it is drawn: the subset is the best of all, and the drawing is repeatable."""

import itertools

import numpy as np
import pytest

from slth.seeding import generator
from slth.studies.cnns.figures_construction import best_subset, instance


@pytest.mark.parametrize("seed", range(5))
def test_the_drawn_subset_is_the_best_of_all(seed: int) -> None:
    rng = generator(seed, "test")
    rows, target = rng.standard_normal((7, 3)), rng.uniform(-1, 1, 3)
    kept = best_subset(rows, target)
    errors = [
        np.abs(np.array(mask) @ rows - target).max() for mask in itertools.product((0, 1), repeat=7)
    ]
    assert np.abs(kept @ rows - target).max() == pytest.approx(min(errors))


def test_an_instance_is_the_same_again() -> None:
    first, again = instance(), instance()
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert (first[0] >= 0).all()
