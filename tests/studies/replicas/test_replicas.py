"""Published experiments run again: tickets as asked, LeNet-5 as counted, claims chosen by data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from slth import seeding
from slth.configuration import ConfigError, check
from slth.networks import build_dense_network, read_layers
from slth.networks.lenet import IMITATED, build_lenet, imitated, train_lenet, with_imitated
from slth.studies.benchmark.claims import headline
from slth.studies.replicas.claims import macros
from slth.studies.replicas.dense import COEFFICIENTS, dense_rows, tickets
from slth.studies.replicas.images import unit_images
from slth.studies.replicas.published_sums import nearest_sums, tensor_error
from slth.studies.replicas.settings import Dense

ROOT = Path(__file__).parents[3]
TABLES = ("replicas_dense", "replicas_lenet", "replicas_failures")
EPS = 0.05
DENSE = Dense(data="digits", side=4, held_out=0.1, eps=EPS, n=[6], seeds=2, shards=3)


def target():
    return build_dense_network([16, 3, 10], seed=1)


@pytest.mark.parametrize("kind", COEFFICIENTS)
def test_tickets_are_the_target_with_weights_moved_by_the_errors_stated(kind: str) -> None:
    """Oracle: the ticket's layers, multiplied out by hand on one unit input at a time."""
    found = dict(tickets(target(), kind, 14, 0, EPS, seed=3))
    assert found["least"].source is found["within"].source
    first = read_layers(target())[0].weight
    for ticket in found.values():
        rows = ticket.solutions
        assert len(rows) == 16 * 3 + 3 * 10  # one problem a weight: inputs are not negative
        hidden = torch.nn.Sequential(*list(ticket.masked())[:4])  # Flatten, U, ReLU, V
        moved = hidden(torch.eye(16, dtype=torch.float64)).T - first
        errors = rows[rows["layer"] == 0].pivot(index="group", columns="channel", values="error")
        np.testing.assert_allclose(moved.abs().numpy(), errors.to_numpy(), atol=1e-12)
    assert (found["least"].solutions["error"] <= found["within"].solutions["error"] + 1e-12).all()


def test_any_split_into_shards_gives_the_same_rows() -> None:
    whole = dense_rows(DENSE.model_copy(update={"shards": 1}), target(), seed=2)
    parts = [dense_rows(DENSE, target(), seed=2, shard=shard) for shard in range(3)]
    keys = ["coefficients", "n", "replicate", "asked"]
    stacked = pd.concat(parts).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(stacked, whole.sort_values(keys, ignore_index=True))
    sums = whole.groupby(["coefficients", "n", "replicate"])["candidates"].nunique()
    assert (sums == 1).all()  # both questions, one random network
    assert (whole["proved"] == whole["problems"]).all()
    assert (whole["hits"] <= whole["problems"]).all()


def test_lenet_has_the_published_count_and_answers_to_its_weights() -> None:
    network = build_lenet(12, seed=4)
    weights = imitated(network)
    assert weights.shape == (IMITATED,)
    images = torch.rand(
        3, 1, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    same = with_imitated(network, weights)(images)
    assert torch.equal(same, network(images))
    assert not torch.equal(with_imitated(network, weights + 0.01)(images), same)
    trained = train_lenet(network, images, torch.arange(3), epochs=3, seed=1)
    assert np.array_equal(imitated(network), weights)
    assert not np.array_equal(imitated(trained), weights)
    assert build_lenet(28, seed=4)[7].in_features == 400  # as published


def test_nearest_sums_are_nearest() -> None:
    w = np.linspace(-0.5, 0.7, 20)
    sums, error = nearest_sums(w, 8, seed=5)
    np.testing.assert_allclose(np.abs(sums - w), error, atol=1e-15)
    subsets = (np.arange(256)[:, None] >> np.arange(8)) & 1
    X = seeding.generator(5, "weight errors", 8).uniform(-1.0, 1.0, (20, 8))
    np.testing.assert_allclose(error, np.abs(X @ subsets.T - w[:, None]).min(axis=1), atol=1e-12)


def test_the_error_is_over_the_largest_of_its_tensor() -> None:
    """Oracle: tensor by tensor, from the network's own parameters; theirs, not ours, divides so."""
    network = build_lenet(12, seed=4)
    with torch.no_grad():
        for p in network[0].parameters():
            p.add_(0.3)
        network[3].get_parameter("bias").fill_(-0.5)
    rng = np.random.default_rng(0)
    weights = imitated(network)
    error = rng.uniform(0, 1e-3, IMITATED)
    moved = with_imitated(network, weights + error)
    by_tensor = [
        float((p - q).abs().max() / p.abs().max())
        for layer in (0, 3)
        for p, q in zip(network[layer].parameters(), moved[layer].parameters(), strict=True)
    ]
    assert tensor_error(weights, error) == pytest.approx(max(by_tensor), rel=1e-9)
    weights[0], error[0] = 1e-9, 1e-3  # a small weight of a large tensor
    assert tensor_error(weights, error) < 0.1 < (error / np.abs(weights)).max()


def lenet(*errors: float) -> pd.DataFrame:
    row: dict[str, float | str] = {"n": 30, "weights": 2572, "max_relative_error": 0.5}
    row |= {"output_error": 0.1, "output_scale": 1.0, "data": "mnist", "side": 28}
    row |= {"accuracy_target": 0.9, "held_out": 100, "images": 10, "decisions_changed": 0}
    row |= {"size_at_largest": 1e-4, "median_size": 0.1, "max_error": 1e-5}
    row |= {"median_relative_error": 1e-3}
    return pd.DataFrame([row | {"sample": i, "tensor_error": e} for i, e in enumerate(errors)])


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ((7e-6, 3e-5), "the figures are reproduced"),
        ((7e-6, 8e-6), "above all of ours"),
        ((1e-6, 2e-6), "are not reproduced"),
    ],
)
def test_lenet_is_compared_by_the_published_kind_of_error(errors, words) -> None:
    frames = {name: pd.DataFrame() for name in TABLES} | {"replicas_lenet": lenet(*errors)}
    said = macros(frames)["ReplicasLenetVerdict"]
    assert words in said
    assert "recomputed from their cached data" in said


def test_resizing_keeps_the_box_and_constants() -> None:
    flat = torch.full((2, 1, 8, 8), 0.5, dtype=torch.float64)
    assert torch.allclose(unit_images(flat, 28), torch.full((2, 1, 28, 28), 0.75).double())
    assert torch.equal(unit_images(flat, 8), (flat + 1) / 2)


def failures(low: float, high: float) -> pd.DataFrame:
    rate = 0.0045
    row = {"factors": 1, "n": 15, "eps": 0.01, "trials": 1000, "failures": 4, "rate": rate}
    return pd.DataFrame([row | {"low": low, "high": high, "confidence": 0.99}])


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0.003, 0.005, "This run reproduces"), (0.0041, 0.005, "does not")]
)
def test_reproduced_is_said_only_when_the_interval_holds_the_published_rate(
    low: float, high: float, words: str
) -> None:
    frames = {name: pd.DataFrame() for name in TABLES} | {"replicas_failures": failures(low, high)}
    assert words in macros(frames)["ReplicasFailuresVerdict"]


def test_macros_have_the_same_names_whatever_the_data() -> None:
    empty = {name: pd.DataFrame() for name in TABLES}
    rows = dense_rows(
        DENSE.model_copy(update={"n": [21], "eps": 0.01, "shards": 4}), target(), seed=2
    )
    found = macros(empty | {"replicas_dense": rows})
    assert set(found) == set(macros(empty))
    assert "keeps" in found["ReplicasDenseKept"]
    assert "changed" in found["ReplicasDenseShared"]


def test_cost_is_that_of_the_published_number_of_weights() -> None:
    row = {"kind": "batch", "n": 21, "d": 1, "solver": "mitm", "threads": 1, "seconds": 1e-5}
    words = headline(pd.DataFrame([row | {"eps": np.nan}]))
    assert "773~CPU-hours" in words  # 77 266 s · 36 / 3600
    assert "$4.0$~CPU-seconds" in words  # 397 000 · 1e-5
    assert "not timed" in headline(pd.DataFrame([row | {"eps": np.nan, "n": 20}]))


def test_colour_images_are_refused_before_any_job() -> None:
    with pytest.raises(
        ConfigError, match=r"replicas\.lenet\.data: got 'cifar10', takes a set of grey"
    ):
        check({"replicas": {"lenet": {"data": "cifar10"}}})
