"""Experiments: cells keep their numbers however they are sharded; summaries count what is there."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from slth.ensembles import sample, sample_target
from slth.intervals import clopper_pearson
from slth.settings.networks import Network
from slth.studies.threshold import sample as thresholds
from slth.studies.threshold.measure import summarise
from slth.studies.threshold.settings import GridBlock, Settings
from slth.studies.threshold.solve import decide
from slth.studies.tickets.construct import construct_tickets
from slth.studies.tickets.measure import measure_tickets, one_layer_error
from slth.studies.tickets.sample import sample_sources
from slth.studies.tickets.settings import Arm
from slth.studies.tickets.solve import solve_blocks
from slth.studies.tickets.train import train_target

SETTINGS = Settings(
    ensembles=["normal", "nsn"],
    eps=0.2,
    grid=[GridBlock(d=1, n=[3, 5]), GridBlock(d=2, n=[6])],
    replicates=12,
    shards=3,
    solver="mitm",
)
ARM = Arm(
    name="arm", network="tiny", granularity="kernel", n=[3, 6], seeds=1, eps=0.2, solver="mitm"
)
NETWORK = Network(name="tiny", channels=[1], held_out=0.25, epochs=2, l1=1e-4)
SEARCH = {"samples": 64, "restarts": 1, "steps": 5}


def all_cells(shards: int) -> pd.DataFrame:
    settings = SETTINGS.model_copy(update={"shards": shards})
    parts = [thresholds.cells(settings, seed=1, shard=k) for k in range(shards)]
    return pd.concat(parts).sort_values(thresholds.KEY).reset_index(drop=True)


def test_sharding_changes_no_cell() -> None:
    whole = all_cells(1)
    pd.testing.assert_frame_equal(whole, all_cells(3))
    assert len(whole) == 2 * 3 * 12
    assert whole["seed"].is_unique


def test_decisions_equal_brute_force() -> None:
    rows = decide(all_cells(1), "mitm")
    for row in rows.to_dict("records"):
        X = sample(row["ensemble"], n=row["n"], d=row["d"], seed=row["seed"])
        z = sample_target(row["d"], seed=row["seed"], ensemble=row["ensemble"])
        subsets = np.array(list(itertools.product([0, 1], repeat=row["n"])))
        best = np.abs(subsets @ X - z).max(axis=1).min()
        assert (row["status"] == "HIT") == (best <= row["eps"])
        assert row["status"] == "HIT" or row["proved"]


def test_summary_counts_and_intervals() -> None:
    rows = decide(all_cells(1), "mitm")
    table = summarise(rows, 0.9)
    assert table["trials"].tolist() == [12] * 6
    for point in table.to_dict("records"):
        part = rows[(rows["ensemble"] == point["ensemble"]) & (rows["n"] == point["n"])]
        assert point["hits"] == (part["status"] == "HIT").sum()
        assert (point["low"], point["high"]) == clopper_pearson(point["hits"], 12, 0.9)
        assert point["inside"] == (point["low"] <= point["prediction"] <= point["high"])


def test_unsettled_cells_are_left_out_and_counted() -> None:
    rows = decide(all_cells(1), "mitm")
    miss = rows.index[(rows["status"] != "HIT") & (rows["n"] == 3)][:2]
    rows.loc[miss, "status"] = "BUDGET"
    rows.loc[miss, "proved"] = False
    table = summarise(rows, 0.9)
    assert table["unsettled"].sum() == 2
    assert table["trials"].sum() == len(rows) - 2


@pytest.mark.parametrize("seed", range(4))
def test_one_layer_error_is_the_largest_over_the_corners(seed: int) -> None:
    # the difference is piecewise linear with its kinks at 0: the sup is at entries in {−1, 0, 1}
    draws = torch.from_numpy(np.random.default_rng(seed).normal(size=(3, 2, 1, 2, 3)))
    K, plus, minus = draws[0], draws[1], draws[2]
    x = torch.tensor(list(itertools.product([-1.0, 0.0, 1.0], repeat=6)), dtype=torch.float64)
    K2, P2, M2 = K.flatten(1), plus.flatten(1), minus.flatten(1)
    difference = x @ K2.T - (x.clamp(min=0) @ P2.T + (-x).clamp(min=0) @ M2.T)
    assert one_layer_error(K, plus, minus) == pytest.approx(float(difference.abs().max()))


def test_chain_of_one_small_arm() -> None:
    target, row = train_target(NETWORK, seed=3)
    assert row["decisions_changed"].item() == 0
    assert row["accuracy_held_out"].item() == row["accuracy_before_normalisation"].item()
    sources = sample_sources(target, ARM, seed=3, replicate=0)
    blocks = solve_blocks(target, sources, ARM, seed=3, replicate=0)
    networks, rows = construct_tickets(target, sources, blocks, ARM, seed=3, replicate=0)
    measured = measure_tickets(target, networks, rows, NETWORK, SEARCH, seed=3)
    assert measured["n"].tolist() == [3, 6]
    assert (measured["hits"] <= measured["problems"]).all()
    assert (measured["lower"] <= measured["upper"]).all()
    assert (measured["data_error"] <= measured["upper"]).all()
    assert measured["layer_upper"].to_numpy() == pytest.approx(measured["exact"], rel=1e-9)
    assert (measured["control_lower"] > 0).all()


def test_arms_of_one_network_share_their_sources() -> None:
    target, _ = train_target(NETWORK, seed=3)
    one = sample_sources(target, ARM, seed=3, replicate=0)
    other = ARM.model_copy(update={"name": "other", "granularity": "filter"})
    two = sample_sources(target, other, seed=3, replicate=0)
    again = sample_sources(target, ARM, seed=3, replicate=1)
    U, V, W = (next(networks["3"].parameters()) for networks in (one, two, again))
    assert torch.equal(U, V)
    assert not torch.equal(U, W)
