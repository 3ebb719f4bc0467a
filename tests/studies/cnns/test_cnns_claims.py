"""Sentences follow the data, whatever it is."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slth.studies.cnns.claims import NEARLY, Better, Reach, better, macros, ratios_to_plain, reach
from slth.studies.cnns.claims_answers import Reached, abstract, answer, reached
from slth.studies.cnns.claims_balls import Balls, in_balls, looked
from slth.studies.cnns.claims_checks import Chance, Says, chance, says
from slth.studies.cnns.claims_dense import Kept, kept
from slth.studies.cnns.data import tickets
from slth.studies.cnns.figures_pictures import channels_figure
from slth.studies.section import render
from tests.studies.cnns import cnns_data as data
from tests.studies.rendering_data import tables_read
from tests.sweeps import swept

Frames = dict[str, pd.DataFrame]


def frames(**found: pd.DataFrame) -> Frames:
    return {name: pd.DataFrame() for name in tables_read("cnns")} | found


def some(**changes: Any) -> Frames:
    rows = pd.concat([data.rows(**changes), data.dense()], ignore_index=True)
    return frames(cnns=rows, cnns_networks=data.trained())


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [(995, 999, Reach.ALL), (900, 999, Reach.SOME), (900, 980, Reach.NONE)],
)
def test_reach(low: int, high: int, wanted: Reach) -> None:
    rows = pd.concat(
        [data.rows(("vgg",), {"kernel": low}), data.rows(("lenet",), {"kernel": high})]
    )
    assert reach(rows) is wanted
    assert NEARLY == 0.99


@pytest.mark.parametrize(
    ("ratios", "wanted"),
    [
        ([0.5, 0.9], Better.ALWAYS),
        ([0.5, 0.9, 1.2], Better.MOSTLY),
        ([0.5, 1.0], Better.RARELY),
        ([1.5], Better.NEVER),
    ],
)
def test_better(ratios: list[float], wanted: Better) -> None:
    assert better(np.array(ratios)) is wanted


def test_ratios_pair_random_networks() -> None:
    rows = data.rows(feedback=0.25)
    rows.loc[rows["targets"] == "plain", "error"] *= rows["replicate"] + 1
    rows.loc[rows["targets"] == "feedback", "error"] *= rows["replicate"] + 1
    np.testing.assert_allclose(ratios_to_plain(rows, "feedback"), 0.25)
    assert ratios_to_plain(rows[rows["targets"] != "bias"], "bias").size == 0


def test_controls_and_bounds() -> None:
    rows = pd.DataFrame({"refitted": [0.8, 0.9], "best": [0.95, 0.92]})
    assert chance(rows) is Chance.BELOW
    assert chance(rows.assign(best=0.9)) is Chance.CLOSE
    assert says(pd.DataFrame({"certified": [0, 3]})) is Says.SOME
    assert says(pd.DataFrame({"certified": [0, 0]})) is Says.NOTHING


@pytest.mark.parametrize(
    ("hits", "after", "wanted"),
    [(100, 0.952, Kept.SAME), (99, 0.952, Kept.MISSED), (100, 0.951, Kept.MOVED)],
)
def test_the_published_result(hits: int, after: float, wanted: Kept) -> None:
    assert kept(data.dense(hits, after)) is wanted


def test_sentences_follow_the_data() -> None:
    found = macros(some())
    assert "single weights and kernels for every network, with" in found["CnnAgreement"]
    assert "whole filters for no network" in found["CnnAgreement"]
    assert "Feedback targets lower it in all 12 cases" in found["CnnRules"]
    assert "Bias targets lower it in none" in found["CnnRules"]
    assert r"on $95.0$\,\% of the held-out images" in found["CnnAbstract"]
    assert "falls by $1.0$ percentage points at most" in found["CnnAbstract"]
    assert found["CnnAbstract"].endswith("A bound over all images proves none of these decisions.")
    assert "Over all images no decision is proved" in found["CnnAnswer"]
    assert "more accurate" in found["CnnControls"]
    assert "no less than the ticket's own" in macros(some(refitted=0.97))["CnnControls"]
    assert "as published" in found["CnnDenseVerdict"]
    assert "no decision" in found["CnnCertified"]


def test_the_worst_ticket_is_beside_the_median_one() -> None:
    rows = tickets(frames(cnns=data.rows(("vgg",))))
    own = rows[rows["targets"] == "feedback"].reset_index(drop=True)
    filters = own.index[own["granularity"] == "filter"]
    own.loc[filters[0], ["agreement", "accuracy_ticket"]] = 0.5
    said = abstract(pd.concat([rows[rows["targets"] == "plain"], own]), own, data.trained(("vgg",)))
    assert r"The worst does so on $50.0$\,\%, and accuracy falls by up to" in said
    assert "The median ticket decides as its target on" in said
    assert "to our knowledge for the first time" in said
    assert "training images; with plain targets the lowest median is" in said
    assert "training images" not in abstract(own, own, data.trained())
    none = data.trained().iloc[:0]
    one = own[own["replicate"] == 0].assign(agreement=0.9)
    assert "The ticket decides as its target on" in abstract(one, one, none)
    assert "The worst" not in abstract(one, one, none)
    assert "the worst" not in answer(one, one)
    assert "parameters" not in abstract(own, own, none)
    assert "first time" not in abstract(own, own[own["granularity"] == "kernel"], none)


def test_bounds_are_those_of_all_rules() -> None:
    rows = data.rows(("vgg",))
    rows.loc[rows["targets"] == "bias", "bound"] = 0.25
    found = macros(frames(cnns=rows, cnns_networks=data.trained()))
    assert "at least $0.25$ times" in found["CnnAnswer"]
    assert "granularities it is at least $0.25$ times" in found["CnnCertified"]


def test_where_plain_targets_fall_short() -> None:
    rows = data.rows(("vgg",), {"kernel": 999})
    plain = rows["targets"] == "plain"
    every = frames(cnns=rows, cnns_networks=data.trained())
    assert "With plain targets it does so too." in macros(every)["CnnAgreement"]
    rows.loc[plain, "agreement"] = 0.75
    short = macros(frames(cnns=rows, cnns_networks=data.trained()))["CnnAgreement"]
    assert r"not reached in the one case, where $75.0$\,\% is the least" in short
    alone = macros(frames(cnns=rows[plain], cnns_networks=data.trained()))["CnnAgreement"]
    assert "With plain targets the" in alone
    assert "not reached" not in alone


def test_accuracy_that_is_lost() -> None:
    rows = data.rows()
    assert reached(rows) is Reached.CLOSE
    assert reached(rows.assign(accuracy_ticket=0.9)) is Reached.FAR


WHOLE = some()
SHAPES = {
    "one": frames(cnns=data.rows(("vgg",)).iloc[[0]], cnns_networks=data.trained(("vgg",))),
    "uncontrolled": WHOLE | {"cnns": WHOLE["cnns"].assign(random=np.nan, refitted=np.nan)},
    "whole": WHOLE,
    "dense": frames(cnns=data.dense(), cnns_networks=data.trained(("dense",))),
    "plain": frames(cnns=data.rows().query("targets == 'plain'"), cnns_networks=data.trained()),
    "nothing": frames(),
}


@pytest.mark.parametrize("shape", swept(SHAPES, 2))
def test_any_shape_of_data_is_set(shape: str, tmp_path: Path) -> None:
    found = SHAPES[shape]
    render("cnns", found, tmp_path / "paper", tmp_path / "report")
    for path in (tmp_path / "paper").rglob("*.tex"):
        assert not re.search(r"\b(nan|NaN|inf)\b|None(?! of)", path.read_text()), path
    assert set(macros(found)) == set(macros(frames()))


def test_balls_are_counted_radius_by_radius() -> None:
    """All, some and none of four images; one refuted at the largest radius."""
    table = data.balls()
    assert looked(table) is Balls.REFUTED
    assert in_balls(table) == (
        "In balls around held-out images, four pairs of an image and a ticket, both networks "
        "provably decide as the target does at the centre: all at radius $0$, 3 at radius $0.004$ "
        "and none at radius $0.016$. Another decision was found in one ball of radius $0.016$."
    )
    assert looked(data.balls(refuted=(0, 0, 0))) is Balls.KEPT
    assert "No other decision" in in_balls(data.balls(refuted=(0, 0, 0)))
    assert in_balls(table.iloc[:0]) == ""
    dense = table.assign(network="dense")
    assert "ticket (all with the dense network below), both" in in_balls(dense)
    both = in_balls(pd.concat([table, dense]))
    assert "eight pairs of an image and a ticket (four with the dense network below)" in both


def test_hidden_channels_have_a_key_and_end_with_their_data() -> None:
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {"granularity": kind, "weight": rng.normal(size=40), "kept": rng.integers(0, 2, 40)}
        )
        for kind in ("entry", "filter")
    ]
    figure = channels_figure(pd.concat(parts, ignore_index=True))
    assert figure.axes[0].get_xlim() == (0, 40)
    assert len(figure.legends) == 1
    assert len(figure.legends[0].get_texts()) == 2
