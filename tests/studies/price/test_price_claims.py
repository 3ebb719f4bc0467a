"""What the paper says of prices follows the data: other data, other sentences."""

import numpy as np
import pandas as pd
import pytest

from slth.studies.price import data
from slth.studies.price.claims import price_macros
from slth.studies.price.figures import figures
from slth.studies.price.sizes_data import summaries
from slth.studies.price.tables import tables
from slth.studies.printing import titles

SIZES = np.array([10.0, 20.0, 40.0, 80.0])


def sweep(arm: str, errors: np.ndarray, d: int = 1, target: str = "points") -> pd.DataFrame:
    """Three random networks whose errors differ by fixed factors."""
    rows = [
        {
            "target": target, "arm": arm, "construction": arm.split("-")[0], "n": n, "digits": 0,
            "d": d, "replicate": r, "status": "BUILT", "reason": "", "upper": error * factor,
            "lower": 0.9 * error * factor, "worst_error": error * factor / 2, "proved": 1.0,
            "overparameterisation": 4 * n, "kept_fraction": 0.5, "predicted_n": 30.0,
            "basis": "exact",
            "tolerance": 0.05, "equal_error": 0.1, "target_scale": 1.0, "method": "differential",
            "target_parameters": 36, "solver": "auto",
        }
        for r, factor in enumerate((0.8, 1.0, 1.25))
        for n, error in zip(SIZES, errors, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def fixed_sizes(shift: float) -> pd.DataFrame:
    rows = [
        {
            "d": 4, "fraction": fraction, "ratio": ratio, "n": ratio * 20, "size": 5,
            "threshold": 20.0, "problems": 100, "eps": 0.05, "replicate": 0,
            "hits": round(100 * np.clip(ratio - shift, 0, 1)), "kept_fraction": fraction / 2,
            "overparameterisation": 4 * ratio * 20,
        }
        for fraction in (0.25, 0.5)
        for ratio in (0.5, 1.0, 1.5)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_rates_laws_and_crossings_are_those_planted():
    power = data.built(sweep("single_weight", 3 / SIZES))
    assert data.per_doubling(power).mean == pytest.approx(1.0)
    assert data.law(power) == "power"
    exponential = data.built(sweep("rss_dense", np.exp2(-SIZES / 4), d=4))
    assert data.per_candidate(exponential).mean == pytest.approx(0.25)
    assert data.law(exponential) == "exponential"
    found = data.crossing(power[power["replicate"] == 1], 0.1, "error", "n")
    assert found == pytest.approx([30.0])
    assert data.crossing(power, 1e-9, "error", "n").tolist() == [np.inf] * 3
    assert data.middle(np.array([1.0, np.inf, np.inf])) == (np.inf, 1.0, np.inf)


@pytest.mark.parametrize(("exponent", "words"), [(1.0, "holds the one"), (0.5, "does not hold")])
def test_the_power_law_of_the_theorem_is_claimed_only_when_seen(exponent, words):
    rng = np.random.default_rng(0)
    rows = sweep("single_weight", SIZES**-exponent)
    rows["upper"] *= rng.uniform(0.99, 1.01, len(rows))
    said = price_macros(rows, pd.DataFrame())["PricePower"]
    assert words in said
    assert r"The $95$\,\% interval" in said


def test_structure_costs_only_when_it_does():
    cheap, dear = 1.5 / SIZES, 6 / SIZES
    for entry, kind in ((cheap, dear), (dear, cheap)):
        rows = pd.concat(
            [
                sweep("structured_convolution-entry", entry),
                sweep("structured_convolution-filter", kind, d=6),
            ]
        )
        macros = price_macros(rows, pd.DataFrame())
        assert ("structure costs a factor" in macros["PriceGranularity"]) == (kind is dear)
        assert ", on points ($d = 6$)" in macros["PriceAnswer"]
        for name in ("PriceGranularity", "PriceAnswer", "PriceAbstract"):
            assert "did not reach" not in macros[name]


@pytest.mark.parametrize("compared", [True, False])
def test_masks_that_stay_above_the_error_compared_are_named(compared):
    rows = [
        sweep("structured_convolution-entry", 1.5 / SIZES, target="images"),
        sweep("structured_convolution-kernel", np.full(4, 0.9), d=4, target="images"),
        sweep("structured_convolution-filter", np.full(4, 0.9), d=8, target="images"),
    ]
    if compared:
        rows.append(sweep("structured_convolution-entry", 1.5 / SIZES))
        rows.append(sweep("structured_convolution-filter", 6 / SIZES, d=3))
    macros = price_macros(pd.concat(rows), pd.DataFrame())
    unmet = "images, kernels and whole filters did not reach the error compared"
    assert f"{unmet}, $0.1$ of the target's size." in macros["PriceGranularity"]
    places = {
        "PriceAnswer": ", on points ($d = 3$).",
        "PriceAbstract": ", on the network on points.",
    }
    for name, place in places.items():
        assert f"{unmet}." in macros[name]
        assert (place in macros[name]) == compared
        assert ("cannot be compared" in macros[name]) != compared


def test_no_factor_is_taken_over_entries_that_stay_above_the_error_compared():
    rows = pd.concat(
        [
            sweep("structured_convolution-entry", np.full(4, 0.9)),
            sweep("structured_convolution-filter", 6 / SIZES, d=6),
        ]
    )
    assert "cannot be compared" in price_macros(rows, pd.DataFrame())["PriceAnswer"]


def test_neurons_are_judged_by_what_is_seen_from_below():
    rows = sweep("neuron_removal", np.full(4, 0.3))
    rows["lower"] *= rows["n"] ** (0.1 * (rows["replicate"] - 1))  # up, flat and down
    rows["upper"] = 100 / rows["n"]  # a loose bound that falls says nothing of the error
    assert data.built(rows)["error"].tolist() == rows["lower"].tolist()
    words = price_macros(rows, pd.DataFrame())["PriceNeurons"]
    assert "No trend is resolved" in words
    assert r"halvings per doubling, $95$\,\% interval" in words


def test_refusals_give_the_construction_s_own_reason():
    row = {
        "target": "images", "arm": "rss_dense", "construction": "rss_dense", "n": 0, "digits": 0,
        "status": "REFUSED", "reason": "target: got a convolution, takes dense layers; use x",
    }  # fmt: skip
    words = price_macros(pd.DataFrame([row]), pd.DataFrame())["PriceRefused"]
    assert ": the construction takes dense layers, and the target has a convolution." in words
    code = "target: module 0 (Conv2d): got Conv2d, takes QuarterTurnConv"
    words = price_macros(pd.DataFrame([row | {"reason": code}]), pd.DataFrame())["PriceRefused"]
    assert "takes convolutions that commute with quarter turns, and the target has a plain" in words
    other = price_macros(pd.DataFrame([row | {"reason": "too large"}]), pd.DataFrame())
    assert "cannot take the network on images: too large." in other["PriceRefused"]


def test_fixed_sizes_cross_where_half_is_hit():
    found = summaries(fixed_sizes(0.4))
    assert found["found"].tolist() == pytest.approx([18.0, 18.0])
    assert summaries(fixed_sizes(2.0))["found"].isna().all()
    assert "crosses" in price_macros(pd.DataFrame(), fixed_sizes(2.0))["PriceSizesWidth"]


def test_figures_and_tables_are_set_from_full_tables():
    price = pd.concat([sweep(arm, 3 / SIZES) for arm in titles.arms()])
    frames = {"price": price, "sizes": fixed_sizes(0.4)}
    assert all(figure.axes for figure in figures(frames).values())
    assert len(tables(frames)["prices"].rows) == 1 + len(titles.arms())
