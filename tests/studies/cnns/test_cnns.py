"""Tickets of a trained network as the study measures them, against oracles of their own."""

import numpy as np
import pandas as pd
import pytest
import torch

from slth.configuration import ConfigError, check
from slth.seeding import generator
from slth.studies.cnns.collect import ordered
from slth.studies.cnns.controls import fit_readout
from slth.studies.cnns.measure import build_ticket, measure
from slth.studies.cnns.pictures import KINDS as DRAWN
from slth.studies.cnns.settings import Cell, Settings, cells, groups, shard
from tests.studies.cnns.cnns_data import SEED, digits_network, small, subjects


@pytest.fixture(scope="module")
def measured() -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    rows, tables, spent = measure(cells(small()), small(), subjects(), SEED)
    assert len(spent) == len(rows)
    assert not set(rows) & {"build", "measure", "seconds"}  # no time is in what is compared
    return rows, tables


def test_cells_are_the_last_size_in_full_and_the_others_once() -> None:
    found = cells(small())
    assert [c for c in found if c.n == 6] == [Cell(0, 6, "feedback", 0)]
    assert len([c for c in found if c.n == 30]) == len([c for c in found if c.arm == 1]) == 4
    assert len(set(found)) == len(found)


def test_shards_part_the_cells_and_hold_all_targets_of_a_random_network() -> None:
    settings = Settings().model_dump()
    parts = [shard(settings, k) for k in range(settings["shards"])]
    together = [cell for part in parts for cell in part]
    assert len(set(together)) == len(together)
    assert set(together) == set(cells(settings))
    whole = [part[i : i + 3] for part in parts for i in range(len(part) - 2)]
    for group in groups(settings):
        if len(group) > 1:
            assert [cell.targets for cell in group] == ["plain", "bias", "feedback"]
            assert group in whole


def test_any_split_into_shards_gives_the_same_rows(measured) -> None:
    parts = [measure(cells(small())[k::3], small(), subjects(), SEED) for k in range(3)]
    stacked = pd.concat([rows for rows, _, _ in parts])
    wanted = ordered(measured[0], ["vgg"])
    pd.testing.assert_frame_equal(ordered(stacked.reset_index(drop=True), ["vgg"]), wanted)
    for name in (*DRAWN, "balls"):
        tables = [tables[name] for _, tables, _ in parts if len(tables[name])]
        found = ordered(pd.concat(tables, ignore_index=True), ["vgg"])
        pd.testing.assert_frame_equal(found, ordered(measured[1][name], ["vgg"]), check_dtype=False)


def test_rows_say_what_the_built_network_does(measured) -> None:
    """Oracle: the pruned network as a torch module, layer by layer from the source's weights."""
    own, settings = digits_network(), small()
    for cell, row in zip(cells(settings), measured[0].to_dict("records"), strict=True):
        if cell.n == 6:
            continue
        ticket = build_ticket(cell, settings, own, SEED)
        with torch.no_grad():
            outputs = ticket.ticket(own.held)
        decided = outputs.argmax(1)
        assert row["agree"] == int((decided == own.outputs.argmax(1)).sum())
        assert row["accuracy_ticket"] == float((decided == own.labels).double().mean())
        gap = float((outputs - own.outputs).abs().max() / own.outputs.abs().max())
        assert row["error"] == pytest.approx(gap, rel=1e-6)
        assert row["low"] <= row["agreement"] <= row["high"]
        kept = sum(int(mask.sum()) for mask in ticket.keep.values())
        assert row["kept_parameters"] == kept


def test_certified_decisions_are_shared_on_all_inputs(measured) -> None:
    """Adversary: random images of the box and the held-out ones with signs of noise."""
    own, settings = digits_network(), small()
    cell = Cell(0, 30, "plain", 0)
    ticket = build_ticket(cell, settings, own, SEED)
    row = measured[0].query("granularity == 'entry' and n == 30 and targets == 'plain'").iloc[0]
    x = torch.from_numpy(generator(1, "images").uniform(0, 1, (300, 1, 8, 8)))
    gap = float((ticket.outputs(x) - ticket.target_outputs(x)).abs().max())
    bound = row["bound"] * own.size
    assert gap <= bound
    sure = own.margins > 2 * bound
    assert int(sure.sum()) == row["certified"]
    decided = ticket.outputs(own.held).argmax(1)
    assert torch.equal(decided[sure], own.outputs.argmax(1)[sure])


def test_controls_are_measured_where_they_are_asked_for(measured) -> None:
    rows = measured[0]
    asked = rows[rows["random"].notna()]
    assert asked[["granularity", "n", "targets", "replicate"]].to_numpy().tolist() == [
        ["entry", 30, "plain", 0]
    ]
    assert asked["refitted"].iloc[0] > asked["random"].iloc[0]
    assert (rows["accuracy_empty"] == float((digits_network().labels == 0).double().mean())).all()


def test_a_readout_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(0)
    phi = torch.from_numpy(rng.normal(size=(200, 5)))
    labels = torch.from_numpy(rng.integers(0, 3, 200))
    found = fit_readout(phi, labels, 3)(phi).numpy()
    A = np.hstack([phi.numpy(), np.ones((200, 1))])
    W, *_ = np.linalg.lstsq(A, np.eye(3)[labels.numpy()], rcond=None)
    np.testing.assert_allclose(found, A @ W, atol=2e-3)


def test_pictures_are_of_the_first_random_network(measured) -> None:
    own, tables = digits_network(), measured[1]
    kernels = tables["kernels"]
    assert set(kernels["granularity"]) == {"entry", "filter"}
    target = own.network.layers[1].weight.numpy()
    for row in kernels.sample(20, random_state=0).to_dict("records"):
        at = row["output"], row["input"], row["row"], row["column"]
        assert row["target"] == target[at]
    fine = kernels[kernels["granularity"] == "entry"]
    assert (fine["target"] - fine["ticket"]).abs().max() < 0.02
    ticket = build_ticket(Cell(1, 40, "feedback", 0), small(), own, SEED)
    worst = tables["digits"].query("granularity == 'filter' and place == 0")["image"].iloc[0]
    gaps = (ticket.outputs(own.held) - own.outputs).abs().amax(1)
    assert int(gaps.argmax()) == worst


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ({"network": "resnet"}, r"arms\[0\]\.network: got 'resnet', takes one of cnns\.networks"),
        ({"largest_d": 9}, r"arms\[0\]\.largest_d: got 9"),
        ({"balls": -2}, r"arms\[0\]\.balls: got -2"),
        ({"n": [9, 3]}, r"arms\[0\]\.n: got \[9, 3\], takes sizes from few to many"),
        ({"controls": 9}, r"arms\[0\]\.controls: got 9"),
    ],
)
def test_faults_name_the_key(arm: dict, words: str) -> None:
    own = {"network": "vgg", "granularity": "kernel", "n": [5]} | arm
    with pytest.raises(ConfigError, match=words):
        check({"cnns": {"networks": [{"network": "vgg"}], "arms": [own], "shards": 1}})


def test_networks_of_28_pixels_refuse_other_images() -> None:
    with pytest.raises(ConfigError, match=r"cnns\.data: got 'digits', takes grey images of 28x28"):
        check({"cnns": {"data": "digits"}})


def test_proved_balls_hold_on_inputs_of_them(measured) -> None:
    """Adversary: corners and points of the balls; a refuted ball is no proved one."""
    own, settings, table = digits_network(), small(), measured[1]["balls"]
    assert set(table["targets"]) == {"feedback"}
    assert table["radius"].tolist() == settings["radii"]
    ticket = build_ticket(Cell(0, 30, "feedback", 0), settings, own, SEED)
    rng = generator(2, "balls")
    points = own.held[:: len(own.held) // 3][:3]
    for row in table.to_dict("records"):
        assert row["certified"] + row["refuted"] <= row["balls"] == 3
        assert row["certified"] <= row["alone"]
        kept = 0
        for x in points:
            noise = torch.from_numpy(rng.choice([-1.0, 1.0], (64, *x.shape))) * row["radius"]
            near = (x + noise).clamp(0, 1)
            both = [
                network(torch.cat([x[None], near])).argmax(1)
                for network in (own.network, ticket.outputs)
            ]
            kept += int(all(bool((y == both[0][0]).all()) for y in both))
        assert row["certified"] <= kept
    assert table["certified"].iloc[0] > 0
