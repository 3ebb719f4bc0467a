"""Error against depth: each layer's exact error, and what bounds the whole."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from slth.studies.depth.claims import exponent
from slth.studies.depth.measure import deep_target, layer_error, measure_depth, size
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


def test_layers_are_weighted_by_the_signal_that_they_see():
    """Oracle: positive kernels of norm 1 pass the input 1 on whole, so that every ‖f_i‖ is 1.

    Halved kernels halve the signal each layer and every error but the first by what came before.
    """
    whole = deep_target("positive", 3, SETTINGS, 3, 0)
    assert size(whole, 4, SEARCH, 0) == pytest.approx((1.0, 1.0), rel=1e-9)
    with torch.no_grad():
        for layer in whole[::2]:
            layer.weight.mul_(0.5)
    for depth in (1, 2, 3):
        found = size(whole[: 2 * depth], depth + 1, SEARCH, 0)
        assert found == pytest.approx((0.5**depth, 0.5**depth), rel=1e-9)


def test_the_sum_of_decaying_layers_is_smaller_than_that_of_their_errors():
    deep = SETTINGS.model_copy(update={"kinds": ["signed"], "layers": [1, 3]})
    rows = measure_depth(deep, SEARCH, seed=4, shard=0).set_index("layers")
    assert rows.loc[1, "layer_sum_low"] == rows.loc[1, "layer_sum"]  # f_0 is the input: 1
    assert rows.loc[3, "layer_sum_low"] <= rows.loc[3, "layer_sum"]
    assert (rows["size_low"] <= rows["size"]).all()
    assert rows.loc[3, "size"] <= rows.loc[1, "size"] <= 1 + 1e-9
    one = deep_target("signed", 1, deep, 4, 0)
    assert float(one[0].weight.abs().sum()) == pytest.approx(1.0)
    assert rows.loc[1, "size"] == pytest.approx(1.0, rel=1e-9)  # inputs of either sign: the norm


def test_growth_is_of_the_error_over_the_largest_output():
    """Errors that fall with the signal grow by no power once divided by it."""
    layers = np.array([1, 2, 4])
    rows = pd.DataFrame({"layers": layers, "upper": 0.1 * 0.5**layers, "size_low": 0.5**layers})
    slopes = exponent(pd.concat([rows.assign(replicate=r) for r in range(3)]))
    assert slopes.mean == pytest.approx(0.0, abs=1e-12)


def test_shallow_targets_are_the_first_layers_of_deep_ones():
    deep, shallow = (deep_target("signed", depth, SETTINGS, 3, 0) for depth in (3, 1))
    assert torch.equal(deep[0].weight, shallow[0].weight)
    positive = deep_target("positive", 1, SETTINGS, 3, 0)
    assert torch.equal(positive[0].weight, shallow[0].weight.abs())
    assert float(positive[0].weight.sum()) == pytest.approx(1.0)
