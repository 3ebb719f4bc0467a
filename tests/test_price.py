"""The experiments on constructions: prices, LeNet-5's weights, failure rates."""

import numpy as np
import pytest

from slth.experiments.price import price_rows
from slth.experiments.published_sums import failure_rate, lenet_weights, weight_errors
from slth.networks import build_dense_network, normalise
from slth.tickets import CONSTRUCTIONS

TARGET = normalise(build_dense_network([2, 2, 2], seed=1))[0]


def test_a_row_for_every_arm_and_size():
    arms = [
        {"name": name, "construction": name, "n": [4, 8]}
        for name in CONSTRUCTIONS
        if name != "equivariant"
    ]
    rows = price_rows(TARGET, (2,), arms, seed=0, replicate=1)
    assert len(rows) == 2 * len(arms)
    assert (rows["error_lower"] <= rows["error_bound"] + 1e-12).all()
    assert (rows["overparameterisation"] > 1).all()
    again = price_rows(TARGET, (2,), arms[:2], seed=0, replicate=1)
    assert again.equals(rows[: len(again)])


def test_lenet_has_the_published_count():
    weights = lenet_weights()
    assert weights.shape == (2572,)
    rows = weight_errors(weights, [6, 12])
    assert rows["max_error"].is_monotonic_decreasing
    assert (rows["weights"] == 2572).all()


@pytest.mark.parametrize("factors", [1, 2])
def test_failure_rate_is_that_of_enumeration(factors):
    found = failure_rate(factors, n=6, eps=0.05, trials=2000, seed=3)
    rng = np.random.default_rng(5)
    X = rng.uniform(-1, 1, (factors, 2000, 6)).prod(axis=0)
    subsets = (np.arange(64)[:, None] >> np.arange(6)) & 1
    z = rng.uniform(-1, 1, 2000)
    missed = (np.abs(X @ subsets.T - z[:, None]).min(axis=1) > 0.05).mean()
    # two independent samples: 5 standard deviations of the difference
    assert abs(found["rate"] - missed) < 5 * np.sqrt(2 * 0.25 / 2000)
    assert found["low"] <= found["rate"] <= found["high"]
