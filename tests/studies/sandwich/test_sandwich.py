"""The sandwich: distances of pairs, probes that catch a bound, the theorem, the verdicts."""

import numpy as np
import pandas as pd
import pytest
import torch

from slth.configuration import ConfigError, check
from slth.studies.sandwich import claims as sandwich
from slth.studies.sandwich.measure import curves, sandwich_pairs
from slth.studies.sandwich.pairs import draw_pair, largest_probe
from slth.studies.sandwich.settings import Settings
from slth.supnorm import bracket

SETTINGS = Settings(
    networks=3,
    depths=[1, 2, 3],
    widths=[4, 6],
    kernels=[1, 2, 3],
    side=5,
    eps=[1e-2, 1e-4],
    probes=200,
    restarts=1,
    small=1,
    splits=3,
    shards=2,
)
SEARCH = {"samples": 32, "restarts": 7, "steps": 6}


@pytest.fixture(scope="module")
def frame():
    return pd.concat([sandwich_pairs(SETTINGS, SEARCH, 5, shard) for shard in (0, 1)])


@pytest.mark.parametrize("network", range(3))
def test_a_neighbour_lies_at_its_distance_on_one_line(network):
    far, near = (draw_pair(SETTINGS, 5, network, eps) for eps in (0.1, 0.001))
    for f, g, h in zip(far.f.parameters(), far.g.parameters(), near.g.parameters(), strict=True):
        ones = torch.ones(len(f), dtype=torch.float64)
        assert torch.allclose(f.flatten(1).abs().sum(1), ones)
        assert torch.allclose((g - f).flatten(1).abs().sum(1), 0.1 * ones)
        assert torch.allclose((g - f) / 100, h - f, atol=1e-15)


def test_probes_exceed_a_bound_that_is_too_small():
    drawn = draw_pair(SETTINGS, 5, 0, 0.1)  # one layer: the bound is attained
    bound = bracket(drawn.f, drawn.g, input_shape=drawn.shape, **SEARCH).upper
    largest, count = largest_probe(drawn, 600, 5, ())
    assert count == 600 + 12 * 40
    assert 0.9 * bound < largest <= bound


def test_rows_are_sound_and_shards_cover_every_pair(frame):
    pairs = frame[frame["part"] == "pair"]
    assert sorted(zip(pairs["replicate"], pairs["eps"], strict=True)) == [
        (network, eps) for network in range(3) for eps in (1e-4, 1e-2)
    ]
    assert not pairs["violated"].any()
    split = pairs[pairs["eps"] == 1e-4]
    assert (split["lower"] <= split["upper_split"]).all()
    assert (split["upper_split"] <= split["upper"]).all()
    assert pairs.loc[pairs["eps"] == 1e-2, "upper_split"].isna().all()
    assert frame.loc[frame["part"] == "small", "inside"].all()


def test_a_bound_that_probes_exceed_is_said_to_be_unsound(frame):
    claims = sandwich.macros({"sandwich": frame})
    assert "none exceeds" in claims["SandwichSound"]
    broken = frame.assign(violated=frame["part"] == "pair")
    assert "not sound" in sandwich.macros({"sandwich": broken})["SandwichSound"]


def test_order_and_slope_are_said_as_found(frame):
    claims = sandwich.macros({"sandwich": frame})
    assert claims["SandwichOrder"].startswith("On every pair")
    assert "is proportional" in claims["SandwichSlope"]
    assert "does not fall" in claims["SandwichCrown"]
    swapped = frame.assign(differential=frame["lower"] / 2)
    assert not sandwich.macros({"sandwich": swapped})["SandwichOrder"].startswith("On every")
    falling = frame.assign(crown=frame["eps"])
    assert "falls" in sandwich.macros({"sandwich": falling})["SandwichCrown"]
    flat = frame.assign(upper=1.0)
    assert "is not proportional" in sandwich.macros({"sandwich": flat})["SandwichSlope"]


def test_the_theorem_knows_only_the_worst_problem():
    ticket = {
        "arm": "a", "network": "two", "n": 9, "replicate": 0, "depth": 2, "readout": "exact",
        "data_error": 0.1, "held_out": 5, "worst_error": 0.01, "lower": 0.1, "upper": 0.2,
        "closed_form": 0.4, "differential": 0.3,
    }  # fmt: skip
    network = {"network": "two", "channels": "2-3", "kernel": 3, "input": "1×8×8"}
    rows = curves(pd.DataFrame([ticket]), pd.DataFrame([network]))
    assert rows["theorem"][0] == pytest.approx((1 + 9 * 0.01) * (1 + 18 * 0.01) - 1)
    kept = curves(pd.DataFrame([ticket | {"readout": "ticket"}]), pd.DataFrame([network]))
    assert np.isnan(kept["theorem"][0])
    assert "bound is missing" in sandwich.claims(kept)["SandwichMissing"]
    assert sandwich.claims(rows)["SandwichMissing"] == ""
    assert sandwich.claims(pd.DataFrame({"part": []}))["SandwichMissing"] == ""


def test_same_seed_same_rows(frame):
    again = sandwich_pairs(SETTINGS, SEARCH, 5, 1)
    first = frame.iloc[-len(again) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(first[again.columns], again, check_dtype=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widths": [8, 4]}, "sandwich.widths: got [8, 4], takes the least before the largest"),
        ({"kernels": [7], "side": 5}, "sandwich.kernels: got 7, takes at most sandwich.side, 5"),
    ],
)
def test_faults_between_keys_are_named(change, words):
    with pytest.raises(ConfigError) as caught:
        check({"sandwich": change})
    assert caught.value.faults == [words]
