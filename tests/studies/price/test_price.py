"""The experiments on constructions: prices, LeNet-5's weights, failure rates."""

import numpy as np
import pytest
import torch

from slth.networks import build_dense_network, normalise
from slth.studies.price.settings import Images, Points
from slth.studies.price.targets import price_target
from slth.studies.price.ticket import price_rows
from slth.studies.replicas.published_sums import failure_rate, lenet_weights, weight_errors
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


def test_brackets_and_refusals_are_rows():
    search = {"samples": 16, "restarts": 0, "steps": 0}
    settings = Points(points=3, channels=[2, 1])
    target = price_target("points", settings, seed=1)
    images = Images(kernel=2, channels=[1])
    arm = {"name": "a", "construction": "rss_dense", "n": [6]}
    row = price_rows(*target.of("rss_dense"), [arm], 0, 0, search).iloc[0]
    quick = price_rows(*target.of("rss_dense"), [arm], 0, 0).iloc[0]
    assert row["error_lower"] <= row["lower"] <= row["upper"] <= quick["upper"]
    assert quick["upper"] <= row["error_bound"]
    refused = price_rows(*price_target("images", images, 1).of("rss_dense"), [arm], 0, 0, search)
    assert refused["status"].tolist() == ["REFUSED"]
    assert "convolution" in refused["reason"].iloc[0]


def test_the_equivariant_target_is_the_plain_one():
    target = price_target("points", Points(points=3, channels=[2, 1]), seed=1)
    x = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (9, 3)))
    assert target.equivariant is not None
    assert torch.allclose(target.plain(x), target.equivariant(x[:, None]), atol=1e-14)
    weights = [m.weight for m in target.plain if isinstance(m, torch.nn.Linear)]
    assert all(float(w.abs().sum(dim=1).max()) <= 1 + 1e-12 for w in weights)
    assert 0 < target.scale(0) <= 1
