"""Rows of the beam's errors: those of a direct call, whatever the split into jobs."""

import numpy as np
import pandas as pd
import pytest

from slth import seeding, solve_batch
from slth.configuration import ConfigError, check, read
from slth.ensembles import sample
from slth.solvers.beam.solver import Beam
from slth.studies.power import measure
from slth.studies.power.settings import Settings
from tests.configuration.test_configuration import ROOT

SMALL = Settings(d=[2, 5], n=[30, 60], widths=[4, 32], replicates=5)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return measure.measure_power(SMALL, 7, 0)


def test_every_point_and_width_has_its_rows(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == list(measure.COLUMNS)
    counts = rows.groupby(["ensemble", "d", "n", "width"]).size()
    assert len(counts) == 2 * 2 * 2 * 2
    assert set(counts) == {5}
    assert (rows["error"] <= rows["empty"]).all()
    assert set(rows["solver"]) == {"beam"}
    assert not rows["proved"].any()


@pytest.mark.parametrize("ensemble", ["nsn", "normal"])
def test_rows_are_those_of_a_direct_call(rows: pd.DataFrame, ensemble: str) -> None:
    seeds = [seeding.child(7, "power", ensemble, 5, 60, r) for r in range(5)]
    X = np.stack([sample(ensemble, 60, 5, seed) for seed in seeds])
    Z = 0.15 * np.stack(
        [seeding.generator(seed, "power target").standard_normal(5) for seed in seeds]
    )
    found = solve_batch(X, Z, solver=Beam(width=32), threads=1)
    own = rows.query("ensemble == @ensemble and d == 5 and n == 60 and width == 32")
    assert own["seed"].tolist() == seeds
    assert np.array_equal(own["error"], found.error)
    assert np.array_equal(own["kept"], found.keep.sum(axis=1))
    again = [np.abs(x[k].sum(axis=0) - z).max() for x, k, z in zip(X, found.keep, Z, strict=True)]
    np.testing.assert_allclose(own["error"], again, rtol=1e-12, atol=1e-15)


def test_lengths_differ_between_instances() -> None:
    X, Z = measure.instances(SMALL, [1, 2, 3], "nsn", 5, 60)
    lengths = np.linalg.norm(X, axis=2)
    assert len(np.unique(lengths)) == lengths.size
    assert Z.shape == (3, 5)


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    """As the rule gathers shards."""
    return rows.sort_values("replicate", kind="stable", ignore_index=True)


@pytest.mark.parametrize("shards", [2, 3, 5])
def test_any_split_gives_the_same_rows(rows: pd.DataFrame, shards: int) -> None:
    settings = SMALL.model_copy(update={"shards": shards})
    parts = [measure.measure_power(settings, 7, shard) for shard in range(shards)]
    pd.testing.assert_frame_equal(_sorted(pd.concat(parts, ignore_index=True)), _sorted(rows))


def test_portions_change_nothing(rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "HELD", 2 * 30 * 5)
    pd.testing.assert_frame_equal(_sorted(measure.measure_power(SMALL, 7, 0)), _sorted(rows))


def test_the_defaults_are_those_of_the_config() -> None:
    assert Settings(**check(read([ROOT / "config.yaml"]))["power"]) == Settings()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"shards": 300}, "power.shards: got 300, takes at most one job per replicate"),
        ({"widths": [0]}, "power.widths"),
        ({"ensembles": ["uniform"]}, "power.ensembles"),
        ({"n": [100000], "d": [288], "replicates": 2}, None),
    ],
)
def test_faults_are_said(change: dict[str, object], line: str | None) -> None:
    if line is None:
        assert check({"power": change})
        return
    with pytest.raises(ConfigError, match=line.replace("[", r"\[")):
        check({"power": change})
