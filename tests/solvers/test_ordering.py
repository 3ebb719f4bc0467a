"""The compiled stable sort gives numpy's order, ties by index."""

import numpy as np
import pytest

from slth import seeding
from slth.solvers.kernels.ordering import RUN, stable_order


@pytest.mark.parametrize("levels", [1, 3, 10**6])
def test_order_is_the_stable_one(levels: int) -> None:
    sizes = [*range(2 * RUN + 2), *(RUN * 2**k + j for k in range(2, 7) for j in (-1, 0, 1))]
    for m in sizes:
        rng = seeding.generator(m, "ordering", levels)
        keys = rng.integers(-levels, levels, m) / 8.0
        assert (stable_order(keys) == np.argsort(keys, kind="stable")).all()
    keys = np.array([np.inf, 0.0, -np.inf, -0.0, 0.0, np.inf])
    assert stable_order(keys).tolist() == [2, 1, 3, 4, 0, 5]
