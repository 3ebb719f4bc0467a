"""Error against depth: each layer's exact error, and what bounds the whole."""

import itertools

import numpy as np
import pytest
import torch

from slth.studies.depth.measure import deep_target, layer_error, measure_depth
from slth.studies.depth.settings import Settings

SETTINGS = Settings(
    kinds=["signed", "positive"], layers=[1, 2], replicates=1, kernel=2, channels=1, n=12
)
SEARCH = {"samples": 64, "restarts": 1, "steps": 5}


@pytest.mark.parametrize("signed", [True, False])
def test_layer_error_is_that_of_every_vertex(signed):
    rng = np.random.default_rng(2)
    K, plus, minus = torch.from_numpy(rng.standard_normal((3, 2, 1, 2, 2)))
    levels = (-1.0, 0.0, 1.0) if signed else (0.0, 1.0)  # piecewise linear: vertices suffice
    seen = 0.0
    for entries in itertools.product(levels, repeat=4):
        x = torch.tensor(entries, dtype=torch.float64).view(1, 1, 2, 2)
        gap = (K * x - plus * x.clamp(min=0) - minus * (-x).clamp(min=0)).sum(dim=(1, 2, 3))
        seen = max(seen, float(gap.abs().max()))
    assert layer_error(K, plus, minus, signed) == pytest.approx(seen, rel=1e-12)


def test_the_whole_is_below_what_bounds_it():
    rows = measure_depth(SETTINGS, SEARCH, seed=4, shard=0)
    assert len(rows) == 4
    assert (rows["lower"] <= rows["upper"]).all()
    assert (rows["lower"] <= rows["theorem"] * (1 + 1e-12)).all()
    one = rows[rows["layers"] == 1]  # one layer: the whole is its layer, but for the last ReLU
    assert (one["upper"] <= one["layer_sum"] * (1 + 1e-9)).all()
    assert (rows["layer_sum"] > 0).all()


def test_shallow_targets_are_the_first_layers_of_deep_ones():
    deep, shallow = (deep_target("signed", depth, SETTINGS, 3, 0) for depth in (3, 1))
    assert torch.equal(deep[0].weight, shallow[0].weight)
    positive = deep_target("positive", 1, SETTINGS, 3, 0)
    assert torch.equal(positive[0].weight, shallow[0].weight.abs())
    assert float(positive[0].weight.sum()) == pytest.approx(1.0)
