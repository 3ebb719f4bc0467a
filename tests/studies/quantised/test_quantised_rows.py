"""Rows of the coverings: those of all subsets, whatever the split into jobs; the predictions."""

import pandas as pd
import pytest

from slth import seeding
from slth.configuration import ConfigError, check, read
from slth.ensembles import Quantized, sample
from slth.studies.quantised.measure import COLUMNS, measure_quantised
from slth.studies.quantised.predict import predict_quantised
from slth.studies.quantised.settings import Block, Settings
from slth.theory import lattice_covering_probability, threshold
from tests.configuration.test_configuration import ROOT
from tests.theory.test_lattice_covering import by_all_subsets

SMALL = Settings(grid=[Block(d=1, bits=[2, 4]), Block(d=2, bits=[2])], most=12, replicates=11)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return measure_quantised(SMALL, 7, 0)


def test_rows_are_those_of_all_subsets(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == list(COLUMNS)
    assert rows.groupby(["d", "M"]).size().to_dict() == {(1, 1): 11, (1, 7): 11, (2, 1): 11}
    for row in rows.to_dict("records"):
        d, bits, seed = row["d"], row["bits"], row["seed"]
        assert seed == seeding.child(7, "quantised", d, bits, row["replicate"])
        assert row["size"] == by_all_subsets(sample(Quantized(bits), 12, d, seed), row["M"])


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    """As the rule gathers shards."""
    return rows.sort_values("replicate", kind="stable", ignore_index=True)


@pytest.mark.parametrize("shards", [2, 3, 11])
def test_any_split_gives_the_same_rows(rows: pd.DataFrame, shards: int) -> None:
    settings = SMALL.model_copy(update={"shards": shards})
    parts = [measure_quantised(settings, 7, shard) for shard in range(shards)]
    pd.testing.assert_frame_equal(_sorted(pd.concat(parts, ignore_index=True)), _sorted(rows))


def test_more_candidates_change_no_size_that_was_found(rows: pd.DataFrame) -> None:
    more = measure_quantised(SMALL.model_copy(update={"most": 30}), 7, 0)
    found = rows["size"] > 0
    assert (more.loc[found, "size"] == rows.loc[found, "size"]).all()
    assert (more.loc[~found, "size"] > 12).all()


def test_predictions_are_those_of_the_theory() -> None:
    law = predict_quantised(SMALL)
    for row in law[law["d"] == 2].to_dict("records"):
        assert row["chance"] == lattice_covering_probability(Quantized(2), row["n"], 2)
        assert row["one"] == threshold(Quantized(2), 2, 0)
    assert law.groupby(["d", "M"])["n"].min().to_dict() == {(1, 1): 2, (1, 7): 4, (2, 1): 4}


def test_the_defaults_are_those_of_the_config() -> None:
    assert Settings(**check(read([ROOT / "config.yaml"]))["quantised"]) == Settings()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"shards": 500}, "quantised.shards: got 500, takes at most one job per replicate"),
        ({"grid": []}, "quantised.grid"),
        ({"grid": [{"d": 5, "bits": [2]}]}, r"quantised.grid\[0\].d: got 5"),
        ({"grid": [{"d": 1, "bits": [1]}]}, "bits"),
        ({"grid": [{"d": 1, "bits": [2]}, {"d": 1, "bits": [3]}]}, "one block per dimension"),
        (
            {"grid": [{"d": 2, "bits": [12]}]},
            r"got 12 with d = 2, 16,769,025 targets, takes at most",
        ),
        ({"grid": [{"d": 4, "bits": [8]}]}, r"quantised.grid\[0\].bits: got 8 with d = 4"),
    ],
)
def test_faults_are_said(change: dict[str, object], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        check({"quantised": change})
