"""Longer trainings: paired with the masks of the run, and the sentences that they choose."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from slth.intervals import Interval
from slth.studies.learned.claims_longer import longer_macros, verdict
from slth.studies.learned.learn import learn_masks
from slth.studies.learned.longer import COLUMNS, learn_longer
from slth.studies.learned.longer_gains import last, lengths, together
from slth.studies.learned.settings import Settings
from slth.studies.learned.tables import longer_table
from slth.studies.learned.wordings import Longer
from tests.studies.learned.test_learned_rendering import masks

NONE = pd.DataFrame()
ARMS = ("edge_popup", "magnitude-1-0")
WOBBLE = {0: -0.001, 1: 0.0, 2: 0.001}


def short(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Masks of 5 epochs: every network at 90 %."""
    return (masks() if table is None else table).assign(epochs=5, accuracy=0.9)


def longer(*gains: float, networks: int = 3, arms: tuple[str, ...] = ARMS) -> pd.DataFrame:
    """Rows after 10, 20, … epochs, each with a gain over 90 %, the first arm twice as much."""
    return pd.DataFrame(
        {
            "arm": arm,
            "granularity": "edge",
            "asked": 0.2,
            "replicate": r,
            "epochs": 10 * 2**i,
            "accuracy": 0.9 + gain * (2 if arm == ARMS[0] else 1) + WOBBLE[r] * (i + 1),
        }
        for arm in arms
        for i, gain in enumerate(gains)
        for r in range(networks)
    )


def interval(low: float) -> Interval:
    return Interval(low + 1, low, low + 2)


@pytest.mark.parametrize(
    ("gaps", "wanted"),
    [
        ({}, Longer.NOTHING),
        ({"a": Interval(1.0, np.nan, np.nan)}, Longer.UNKNOWN),
        ({"a": interval(-1), "b": interval(0)}, Longer.NONE),
        ({"a": interval(-1), "b": interval(1)}, Longer.SOME),
        ({"a": interval(1), "b": interval(1)}, Longer.ALL),
    ],
)
def test_a_rise_is_certain_where_the_interval_lies_above_zero(
    gaps: dict[str, Interval], wanted: Longer
) -> None:
    assert verdict(gaps) is wanted


def test_networks_are_paired_and_the_rest_left_out() -> None:
    found = lengths(short(), longer(0.01, 0.02))
    assert list(found.columns) == [5, 10, 20]
    assert len(found) == 6
    gap = last(found)["edge_popup"]
    assert gap.mean == pytest.approx(0.02)
    half = 4.302653 * 0.001 / 3**0.5  # 97.5 % point of t with two degrees of freedom
    assert (gap.low, gap.high) == pytest.approx((0.02 - half, 0.02 + half))
    mean = together(found)
    assert mean is not None
    assert mean.mean == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ((0.01, 0.02), "still rises for certain with every method"),
        ((0.01, 0.01), "no method becomes more accurate for certain"),
        ((0.01, 0.005), "no method becomes more accurate for certain"),
    ],
)
def test_the_sentence_follows_the_last_step(gains: tuple[float, ...], words: str) -> None:
    told = longer_macros(short(), longer(*gains))
    assert words in told["MasksLonger"]
    assert "From 10 to 20 epochs" in told["MasksLonger"]
    assert "From 5 to 20 epochs" in told["MasksLongerGain"]
    assert "10 and 20 epochs" in told["MasksLongerSetting"]
    assert "nan" not in str(told)


@pytest.mark.parametrize(
    ("learned", "more"),
    [(NONE, NONE), (short(), NONE), (NONE, longer(0.1)), (short(), longer(0.1, networks=1))],
    ids=["none", "no longer", "no short", "one network"],
)
def test_any_shape_is_set(learned: pd.DataFrame, more: pd.DataFrame) -> None:
    told = longer_macros(learned, more)
    table = longer_table(learned, more)
    assert {len(row) for row in table.rows} <= {len(table.columns)}
    assert "nan" not in str(told) + str(table.rows)
    if learned.empty or more.empty:
        assert "no mask for longer" in told["MasksLongerSetting"]
        assert told["MasksLonger"] == told["MasksLongerGain"] == ""
    else:
        assert "too few for intervals" in told["MasksLonger"]


def settings(**more: Any) -> Settings:
    return Settings(
        channels=[4], kept_fractions=[0.3], granularities=["edge"], methods=["edge_popup"],
        seeds=2, epochs=1, shards=1, **more,
    )  # fmt: skip


def test_the_multiple_one_is_the_mask_of_the_run() -> None:
    """Same networks and seeds: trained for the same epochs, the same accuracies."""
    chosen = settings(longer=[2], longer_seeds=9)
    rows = learn_longer(chosen.model_copy(update={"longer": [1, 2]}), 3, "edge_popup")
    assert list(rows.columns) == COLUMNS
    assert list(rows["epochs"]) == [1, 1, 2, 2]
    of_run = learn_masks(chosen, 3, 0)
    of_run = of_run[of_run["arm"] == "edge_popup"].sort_values("replicate")
    assert list(rows[rows["epochs"] == 1]["accuracy"]) == list(of_run["accuracy"])
