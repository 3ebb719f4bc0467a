"""Rendering of learned masks: any shape of data, the same names, sentences that follow the data."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from slth.studies.learned import masks as data
from slth.studies.learned.claims import macros
from slth.studies.learned.claims_margins import margin_macros
from slth.studies.learned.figures import figures
from slth.studies.learned.margins import TOGETHER, above_together, margins
from slth.studies.learned.published import comparisons
from slth.studies.learned.tables import tables
from slth.studies.learned.wordings import Verdict
from slth.studies.printing.formatting import percent
from slth.studies.section import render
from tests.studies import rendering_data as other
from tests.sweeps import swept

ARMS = ("supermask_sgd", "edge_popup", "biprop", "magnitude-1-0", "magnitude-3-0")


def masks(control: float = 0.1, name: str = "digits", seeds: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    cells = [("dense", "edge", 1.0)]
    cells += [(arm, unit, f) for arm in ARMS for unit in ("edge", "filter") for f in (0.02, 0.2)]
    rows = []
    for arm, unit, asked in cells:
        for replicate in range(seeds):
            null = control + 0.02 * rng.uniform(-1, 1, 3) if arm != "dense" else [np.nan] * 3
            rows.append(
                {"arm": arm, "method": arm.split("-")[0], "granularity": unit, "asked": asked}
                | {"replicate": replicate, "data": name, "channels": "8-16", "held_out": 450}
                | {"source_weights": 1000, "kept_fraction": asked * 0.98}
                | {"accuracy": 0.9 + 0.05 * asked + 0.01 * rng.uniform()}
                | dict(zip([f"accuracy_{kind}" for kind in data.CONTROLS], null, strict=True))
            )
    return pd.DataFrame(rows)


def with_early(table: pd.DataFrame, gain: float, wobble: float = 0.01) -> pd.DataFrame:
    """Trained weights that are ``gain`` above their controls early on."""
    rng = np.random.default_rng(1)
    trained = ~table["arm"].isin(data.UNTRAINED)
    early = {"early": np.where(trained, 0.6 + rng.normal(0, wobble, len(table)), np.nan)}
    for kind in data.CONTROLS:
        null = table[f"accuracy_{kind}"].notna() & trained
        early[f"early_{kind}"] = np.where(null, 0.6 - gain, np.nan)
    return table.assign(**early)


def routes(lower: float = 0.5) -> pd.DataFrame:
    key = [(n, r, route) for n in (20, 40) for r in range(3) for route in data.ROUTE_NAMES]
    rows = [
        {"arm": "one_filter", "n": n, "replicate": r, "route": route, "kept_fraction": 0.25}
        | {"kept_weights": 5 * n, "work": 1000, "accuracy": 0.9, "data_error": lower / 2}
        | {"lower": lower, "upper": 2 * lower / n}
        for n, r, route in key
        if route != "constructed"
    ]
    return pd.DataFrame(rows)


NONE = pd.DataFrame()


def measured(learned: Any, found: Any) -> dict[str, Any]:
    tickets = other.tickets()
    tables = {"tickets": tickets, "blocks": other.blocks(tickets)}
    return tables | {"learned": learned, "learned_longer": NONE, "routes": found}


def words(learned: Any, found: Any) -> dict[str, str]:
    return macros(measured(learned, found))


SHAPES = {
    "whole": (masks(), routes()),
    "one network": (masks(seeds=1), routes().iloc[:3]),
    "early": (with_early(masks(), 0.1), NONE),
    "no bracket": (masks(), routes().assign(lower=np.nan, upper=np.nan)),
    "edges only": (masks().query("granularity == 'edge'"), NONE),
    "dense only": (masks().iloc[:4], routes().iloc[:0]),
    "empty": (masks().iloc[:0], routes().iloc[:0]),
}


@pytest.mark.parametrize("shape", swept(SHAPES, 2))
def test_any_shape_renders(shape: str, tmp_path: Path) -> None:
    learned, found = SHAPES[shape]
    render("learned", measured(learned, found), tmp_path, tmp_path / "report")
    for path in (*(tmp_path / "numbers").iterdir(), *(tmp_path / "tables").iterdir()):
        assert not re.search(r"\b(nan|NaN|inf|None)\b(?! of)", path.read_text()), path
    assert words(learned, found).keys() == words(NONE, NONE).keys()


def test_margins_are_paired_intervals() -> None:
    table = masks(seeds=6)
    part = table[(table["arm"] == "biprop") & (table["granularity"] == "edge")]
    gaps = (part["accuracy"] - part["accuracy_fresh"]).to_numpy().reshape(2, 6).mean(axis=0)
    mean, low, high = data.margin(part, "fresh")
    assert mean == pytest.approx(gaps.mean())
    half = 4.032143 * gaps.std(ddof=1) / 6**0.5  # 99.5 % point of t with five degrees of freedom
    assert (low, high) == pytest.approx((gaps.mean() - half, gaps.mean() + half), rel=1e-5)


def test_sentences_follow_the_data() -> None:
    good, bad = words(masks(0.1), routes(50.0)), words(masks(0.93), routes(1e-9))
    assert "in all" in good["MasksMargins"]
    assert "holds zero for" in bad["MasksMargins"]
    assert "all six" in good["RoutesError"]
    assert good["RoutesError"] != bad["RoutesError"]


@pytest.mark.parametrize(
    ("least", "said"),
    [
        (0.015, r"Where $2$\,\% are asked for, filter masks keep $1.5$\,\%"),
        (0.02, "keep what is asked for"),
    ],
)
def test_what_filters_keep_is_said_beside_what_is_asked(least: float, said: str) -> None:
    table = masks()
    filters = (table["granularity"] == "filter") & (table["asked"] == 0.02)
    table["kept_fraction"] = table["asked"].mask(filters, least)
    assert said in words(table, NONE)["MasksKept"]
    rows = tables(measured(table, NONE))["masks"].rows
    shown = percent(least)
    assert rf"\textit{{filters}}, {shown} and $20.0$\,\% kept" in rows
    edges = table[table["granularity"] == "edge"]
    assert words(edges, NONE)["MasksKept"] == ""


def test_all_marks_of_masks_lie_in_their_panels() -> None:
    table = masks()
    table["kept_fraction"] *= np.where(table["granularity"] == "filter", 0.8, 1.0)
    for ax in figures(measured(table, NONE))["masks"].axes:
        low, high = ax.get_xlim()
        drawn = [np.asarray(line.get_xdata(), dtype=float) for line in ax.lines]
        places = [x for each in drawn for x in each.tolist() if x not in (0, 1)]
        assert places
        assert low < min(places)
        assert max(places) < high


def test_a_random_network_widens_only_where_there_are_several_sizes() -> None:
    several, one = routes(), routes().query("n == 20")
    assert words(masks(), several)["RoutesSizes"] == "as the random network widens"
    assert words(masks(), one)["RoutesSizes"] == r"at $n=\,$$20$"
    assert words(masks(), NONE)["RoutesSizes"] == "none in this run"


def said(table: pd.DataFrame) -> dict[str, str]:
    return margin_macros(data.masks(table))


def test_a_head_start_is_said_only_where_it_is_seen() -> None:
    """Margins early on and at the end, each as the data have them."""
    even = masks(0.92, seeds=8)
    ahead, behind = (said(with_early(even, gain)) for gain in (0.3, -0.3))
    assert "head start" in ahead["MasksTrainedFilters"]
    assert "lies above zero in all 12 cases of trained" in ahead["MasksEarly"]
    assert "head start" not in behind["MasksTrainedFilters"]
    assert "none of the 12" in behind["MasksEarly"]
    assert "It lies below zero for" in behind["MasksEarly"]
    alone = said(even)
    assert alone["MasksEarly"] == ""
    assert "head start" not in alone["MasksTrainedFilters"]
    clear = said(with_early(masks(0.5, seeds=8), 0.3))["MasksTrainedFilters"]
    assert "worth something" in clear
    assert "nothing certain" not in clear


@pytest.mark.parametrize("seed", swept(range(20), 4))
def test_margins_together_are_holms_by_adjusted_p_values(seed: int) -> None:
    """Against the closed form: the largest of (m − j + 1) p₍ⱼ₎ over j ≤ i is at most α."""
    rng = np.random.default_rng(seed)
    table = masks(0.9, seeds=5)
    kinds = [f"accuracy_{kind}" for kind in data.CONTROLS]
    spread = rng.normal(0.02, 0.03, (len(table), 1)) * (table["arm"] != "dense").to_numpy()[:, None]
    found = margins(data.masks(table.assign(**(table[kinds] + spread))))
    p = np.array([m.p for m in found])
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    wanted = sum(
        found[i].mean > 0 for i, value in zip(order, adjusted, strict=True) if value <= 1 - TOGETHER
    )
    assert above_together(found) == wanted
    for m in found:
        part = table.assign(**(table[kinds] + spread))
        part = part[(part["arm"] == m.arm) & (part["granularity"] == m.unit)]
        assert m.p == pytest.approx(ttest_1samp(data.gaps(part, m.kind), 0.0).pvalue)
        assert (m.p < 0.01) == (m.low > 0 or m.high < 0)  # the interval and the test agree


@pytest.mark.parametrize(
    ("name", "verdict"), [("mnist", Verdict.REPRODUCED), ("digits", Verdict.OTHER_DATA)]
)
def test_published_figures_are_compared_on_their_own_data_only(name: str, verdict: Verdict) -> None:
    lines = comparisons(masks(name=name))
    assert lines[0].verdict is verdict
    assert all(line.source and line.claim and line.published for line in lines)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="learned: lacks the columns accuracy_fresh"):
        words(masks().drop(columns="accuracy_fresh"), None)
