"""Rows of removed neurons: those of all subsets, by other ways to the error, in any split."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from slth import seeding, supnorm
from slth.configuration import ConfigError, check, read
from slth.studies.neurons.measure import COLUMNS, instance, measure_neurons, problem
from slth.studies.neurons.settings import Block, Settings
from tests.configuration.test_configuration import ROOT

SMALL = Settings(
    grid=[
        Block(inputs=1, n=[3, 8], replicates=10),
        Block(inputs=2, n=[7], replicates=10),
        Block(inputs=3, n=[6], replicates=10),
    ]
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return measure_neurons(SMALL, 7, 0)


def subsets(n: int) -> np.ndarray:
    return np.array(list(itertools.product((0.0, 1.0), repeat=n)))


def test_rows_are_there(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == list(COLUMNS)
    assert set(rows.groupby(["inputs", "n"]).size()) == {10}
    assert rows["proved"].all()
    assert (rows["error"] <= rows["empty"]).all()
    assert ((rows["kept"] == 0) == (rows["error"] == rows["empty"])).all()


def test_one_input_is_two_sums(rows: pd.DataFrame) -> None:
    """At x = 1 the neurons with u > 0 add up, at x = -1 the others."""
    for row in rows[rows["inputs"] == 1].to_dict("records"):
        seed, u, v, w = instance(7, 1, row["n"], row["replicate"])
        keep = subsets(row["n"])
        right = np.abs(max(w[0], 0) - keep @ (v * np.maximum(u[:, 0], 0)))
        left = np.abs(max(-w[0], 0) - keep @ (v * np.maximum(-u[:, 0], 0)))
        assert seed == row["seed"] == seeding.child(7, "neurons", 1, row["n"], row["replicate"])
        assert row["error"] == pytest.approx(np.maximum(right, left).min(), abs=1e-12)
        assert row["empty"] == pytest.approx(1.0)


def test_two_inputs_are_the_best_of_all_subsets_on_the_boundary(rows: pd.DataFrame) -> None:
    """The error of a subset from the ends of each kink's line and the corners, and from a grid."""
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=2)))
    side = np.linspace(-1, 1, 401)
    grid = np.concatenate([[(s, e), (e, s)] for s in side for e in (-1.0, 1.0)])
    for row in rows[rows["inputs"] == 2].to_dict("records"):
        _, u, v, w = instance(7, 2, row["n"], row["replicate"])
        lines = np.array([(y, -x) for x, y in (*u, w)])
        ends = lines / np.abs(lines).max(axis=1, keepdims=True)
        found = []
        for x in (np.concatenate([corners, ends, -ends]), grid):
            sums = subsets(row["n"]) @ (v[:, None] * np.maximum(u @ x.T, 0))
            found.append(np.abs(np.maximum(x @ w, 0) - sums).max(axis=1))
        assert row["error"] == pytest.approx(found[0].min(), abs=1e-12)
        assert (found[1] <= found[0] + 1e-12).all()


def test_three_inputs_agree_with_an_integer_program(rows: pd.DataFrame) -> None:
    """The least error is that of its subset by `supnorm.exact`, and no other is below it."""
    for row in rows[rows["inputs"] == 3].head(2).to_dict("records"):
        _, u, v, w = instance(7, 3, row["n"], row["replicate"])
        X, z = problem(u, v, w)
        keep = subsets(row["n"])
        errors = np.abs(keep @ X - z).max(axis=1)
        best = int(errors.argmin())
        assert row["error"] == pytest.approx(errors[best], abs=1e-12)
        for one in (best, 5, 40):
            rows_of = np.vstack([w, u])  # the same planes in both networks
            target = network(rows_of, np.append(1.0, np.zeros(len(u))))
            ticket = network(rows_of, np.append(0.0, v * keep[one]))
            found = supnorm.exact(target, ticket, input_shape=(3,))
            assert found == pytest.approx(errors[one], abs=1e-5)


def network(u: np.ndarray, v: np.ndarray) -> nn.Sequential:
    first = nn.Linear(u.shape[1], len(u), bias=False, dtype=torch.float64)
    last = nn.Linear(len(u), 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        first.weight.copy_(torch.from_numpy(u))
        last.weight.copy_(torch.from_numpy(v[None]))
    return nn.Sequential(first, nn.ReLU(), last)


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    """As the rule gathers shards."""
    return rows.sort_values("replicate", kind="stable", ignore_index=True)


@pytest.mark.parametrize("shards", [2, 3, 10])
def test_any_split_gives_the_same_rows(rows: pd.DataFrame, shards: int) -> None:
    settings = SMALL.model_copy(update={"shards": shards})
    parts = [measure_neurons(settings, 7, shard) for shard in range(shards)]
    pd.testing.assert_frame_equal(_sorted(pd.concat(parts, ignore_index=True)), _sorted(rows))


def test_the_defaults_are_those_of_the_config() -> None:
    assert Settings(**check(read([ROOT / "config.yaml"]))["neurons"]) == Settings()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"shards": 500}, r"neurons.grid\[0\].shards: got 500, takes at most one job"),
        ({"grid": []}, "neurons.grid"),
        ({"grid": [{"inputs": 2, "n": [50], "replicates": 10}]}, "n"),
        ({"grid": [{"inputs": 1, "n": [4], "replicates": 10}] * 2}, "twice"),
        (
            {"grid": [{"inputs": 8, "n": [40], "replicates": 10}]},
            r"neurons.grid\[0\].n: got 40 with 8 inputs, up to",
        ),
        (
            {"grid": [{"inputs": 4, "n": [40], "replicates": 10}]},
            r"neurons.grid\[0\].n: got 40 with 4 inputs, .* largest: it needs ",
        ),
    ],
)
def test_faults_are_said(change: dict[str, object], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        check({"neurons": change})
