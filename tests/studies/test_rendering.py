"""Rendering: same data same bytes, any shape of data, sentences that follow the data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slth.intervals import excess_of_misses
from slth.studies.printing import style
from slth.studies.printing.booktabs import to_text
from slth.studies.printing.formatting import escape, integer, number, percent
from slth.studies.printing.macros import newcommand
from slth.studies.section import render
from slth.studies.threshold.claims import threshold_macros
from slth.studies.threshold.figures import success_figure
from slth.studies.tickets.claims import macros as ticket_claims
from slth.studies.tickets.claims import trend
from slth.studies.tickets.figures import error_figure
from slth.studies.tickets.tables import tickets_table
from slth.studies.tickets.wordings import Trend
from tests.studies import rendering_data as data
from tests.studies.rendering_data import FIGURES, TABLES, macros, measured, render_all
from tests.sweeps import swept

ROOT = Path(__file__).parents[2]
Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


def frames(thresholds: pd.DataFrame | None = None, tickets: pd.DataFrame | None = None) -> Frames:
    cut = data.tickets() if tickets is None else tickets
    rates = data.thresholds() if thresholds is None else thresholds
    return rates, cut, data.blocks(cut), data.networks()


def missed() -> Frames:
    """A run in which nothing succeeds and everything optional is unknown."""
    thresholds, tickets, blocks, networks = frames()
    thresholds = thresholds.assign(hits=0, rate=0.0, low=0.0, high=0.03, inside=False)
    unknown = ["exact", "data_error", "control_lower", "control_upper", "closed_form", "method"]
    tickets = tickets.assign(**dict.fromkeys(unknown, np.nan), hits=0, lower=0.0)
    blocks = blocks.assign(status="BUDGET", eps=np.nan, proved=False)
    return thresholds, tickets, blocks, networks.assign(decisions_changed=np.nan)


def single() -> Frames:
    tickets = data.tickets(sizes=(30,), seeds=1, arms=1)
    return data.thresholds(dims=(2,)).iloc[[3]], tickets, data.blocks(tickets), data.networks()


def bare() -> Frames:
    """Required columns only."""
    thresholds, tickets, blocks, networks = frames()
    return (
        thresholds.drop(columns=["first_moment", "n_star", "rate"]),
        tickets[["arm", "network", "granularity", "d", "depth", "readout", "n", "lower", "upper"]],
        blocks[["arm", "d", "candidates", "eps", "status", "proved", "error"]],
        networks.drop(columns=["stride", "padding", "epochs", "accuracy_train"]),
    )


def nothing() -> Frames:
    a, b, c, d = frames()
    return a.iloc[:0], b.iloc[:0], c.iloc[:0], d.iloc[:0]


def no_candidates() -> Frames:
    thresholds, tickets, blocks, networks = frames()
    none = blocks.index % 3 == 0
    blocks["candidates"] = blocks["candidates"].where(~none, 0)
    blocks["solver"] = blocks["solver"].where(~none, "none")
    return thresholds, tickets, blocks, networks


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """The folder of `frames`, set once."""
    folder = tmp_path_factory.mktemp("drawn")
    render_all(measured(*frames()), folder)
    return folder


SHAPES = [missed, single, frames, bare, nothing, no_candidates]


@pytest.mark.parametrize("shape", swept(SHAPES, 2), ids=lambda f: f.__name__)
def test_any_shape_of_data_renders(shape, tmp_path):
    found = shape()
    render_all(measured(*found), tmp_path)
    assert {p.stem for p in (tmp_path / "paper/figures").iterdir()} == set(FIGURES)
    assert {p.stem for p in (tmp_path / "paper/tables").iterdir()} == set(TABLES)
    for path in (tmp_path / "paper/numbers").iterdir():
        assert not re.search(r"\b(nan|NaN|inf)\b|None(?! of)", path.read_text())
    assert macros(measured(*found)).keys() == macros(measured(*frames())).keys()


SCRIPT = """
import sys
from pathlib import Path
from tests.studies.test_rendering import frames, measured, render_all
render_all(measured(*frames()), Path(sys.argv[1]))
"""


def files_of(folder: Path) -> dict[Path, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


def test_same_data_same_bytes_in_another_process(drawn, tmp_path):
    # Python's string hashes must not reach a file: another seed of them than this process has
    hash_seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    env = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT, env=env, check=True)
    assert files_of(drawn) == files_of(tmp_path)
    assert len(files_of(drawn)) == 2 * len(FIGURES) + 2 * len(TABLES) + 3


def test_other_data_other_bytes(drawn, tmp_path):
    tickets = data.tickets()
    found = measured(*frames(tickets=tickets.assign(upper=tickets["upper"] * 1.01)))
    style.save(error_figure(found["tickets"]), tmp_path / "error.pdf")
    style.save(success_figure(found["thresholds"]), tmp_path / "success.pdf")
    before = drawn / "paper" / "figures"
    assert (before / "error.pdf").read_bytes() != (tmp_path / "error.pdf").read_bytes()
    assert (before / "success.pdf").read_bytes() == (tmp_path / "success.pdf").read_bytes()


def test_pdf_has_no_date_and_no_type_3_font(drawn):
    for name in FIGURES:
        content = (drawn / "paper" / "figures" / f"{name}.pdf").read_bytes()
        assert b"CreationDate" not in content
        assert b"/Type3" not in content


def test_macro_names_are_letters():
    assert all(re.fullmatch("[A-Za-z]+", name) for name in macros(measured(*frames())))
    with pytest.raises(ValueError, match=r"Error1.*letters only"):
        newcommand("Error1", "x", "here")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("two_kernels", r"two\_kernels"),
        ("50% & $5 #1", r"50\% \& \$5 \#1"),
        ("{a}^b~c\\d", r"\{a\}\textasciicircum{}b\textasciitilde{}c\textbackslash{}d"),
        ("<|>", r"\textless{}\textbar{}\textgreater{}"),
    ],
)
def test_escapes(text, latex):
    assert escape(text) == latex


def test_names_from_the_config_are_escaped_everywhere(tmp_path):
    tickets = data.tickets().replace({"arm": {"one_filter": "50%_of $x$ & #1"}})
    found = frames(tickets=tickets)
    render("tickets", measured(*found), tmp_path, tmp_path / "report")
    text = (tmp_path / "tables" / "tickets.tex").read_text()
    assert r"50\%\_of \$x\$ \& \#1" in text
    assert r"50\%\_of \$x\$ \& \#1" in macros(measured(*found))["TicketArmList"]


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (0.0, "$0$"),
        (1.234e-5, r"$1.2\times10^{-5}$"),
        (0.0123, "$0.012$"),
        (123.4, "$123$"),
        (float("inf"), r"$\infty$"),
        (float("nan"), "--"),
    ],
)
def test_numbers(value, latex):
    assert number(value) == latex


def test_a_failure_is_never_rounded_away():
    assert percent(1.0) == r"$100$\,\%"
    assert percent(0.99999) == r"$>99.9$\,\%"
    assert percent(1e-6) == r"$<0.1$\,\%"
    assert integer(1234567) == r"1\,234\,567"


def test_html_cells_are_text():
    assert to_text(r"$1.2\times10^{-5}$") == "1.2×10<sup>-5</sup>"
    assert to_text(r"two\_kernels \& $93.1$\,\%") == "two_kernels &amp; 93.1 %"


def claims(thresholds: pd.DataFrame | None = None, tickets: pd.DataFrame | None = None):
    return macros(measured(*frames(thresholds, tickets)))


def test_agreement_follows_the_data():
    good = data.thresholds(trials=200)
    inside = good.assign(hits=(good["prediction"] * 200).round().astype(int), inside=True)
    assert "lies inside" in claims(inside)["ThresholdAgreement"]
    assert "do not contradict" in claims(inside)["ThresholdVerdict"]
    one = inside.assign(inside=inside.index != 3)
    assert "no more than chance explains" in claims(one)["ThresholdAgreement"]
    shifted = claims(data.thresholds(shift=0.2, trials=1000))
    assert "measurably not exact" in shifted["ThresholdAgreement"]
    assert "bias that this many instances resolve" in shifted["ThresholdPooled"]
    biased = claims(data.thresholds(shift=0.05, trials=2000))
    assert "and no closer" in biased["ThresholdVerdict"]
    assert "the prediction fails" in macros(measured(*missed()))["ThresholdVerdict"]


def test_excess_is_the_binomial_tail():
    assert excess_of_misses(64, 0, 0.99) == 1.0
    assert excess_of_misses(64, 1, 0.99) == pytest.approx(1 - 0.99**64)


def test_error_trend_follows_the_data():
    assert "falls with every step" in claims()["ErrorTrend"]
    assert "rises" in claims(tickets=data.tickets(falling=False))["ErrorTrend"]
    assert "single $n$" in claims(tickets=data.tickets(sizes=(20,)))["ErrorTrend"]
    assert trend(np.arange(5), np.array([5.0, 4, 2, 3, 1])) is Trend.OVERALL
    assert trend(np.array([1, 3, 2]), np.array([5.0, 2, 6])) is Trend.OVERALL
    assert trend(np.arange(4), np.array([1.0, 3, 0, 2])) is Trend.NO_LESS
    assert trend(np.arange(2), np.ones(2)) is Trend.NO_LESS


@pytest.mark.parametrize("asked", [True, False])
def test_hits_have_a_column_and_words_only_where_a_tolerance_was_set(asked):
    cut = data.tickets(sizes=(20,))
    problems = data.blocks(cut)
    if not asked:
        problems = problems.assign(eps=np.nan)
    table = tickets_table(cut, problems)
    widths = {len(row) for row in (*table.header, *table.rows) if not isinstance(row, str)}
    assert len(table.columns) in widths
    assert (r"within $\varepsilon$" in table.header[1]) == asked
    assert all(len(row) == len(table.columns) for row in table.rows if not isinstance(row, str))
    found = ticket_claims({"tickets": cut, "blocks": problems, "networks": data.networks()})
    assert ("jackknife" in found["TicketHits"]) == asked


def test_control_follows_the_data():
    assert "in all" in claims(tickets=data.tickets(sizes=(80, 160)))["ControlAccuracy"]
    assert "exceptions" in claims(tickets=data.tickets(control=0.9))["ControlAccuracy"]


def test_inverted_bracket_is_named():
    tickets = data.tickets()
    assert "at most the upper bound in all 60" in claims(tickets=tickets)["BracketOrder"]
    tickets.loc[4, "lower"] = tickets.loc[4, "upper"] * 1.1
    assert "violated" in claims(tickets=tickets)["BracketOrder"]


def test_exact_layer_follows_the_data():
    tickets = data.tickets()
    assert "equals its exact formula" in claims(tickets=tickets)["BracketExact"]
    tickets.loc[0, "exact"] += 1e-6
    assert "differs from its exact" in claims(tickets=tickets)["BracketExact"]
    assert "No ticket" in claims(tickets=tickets.assign(exact=np.nan))["BracketExact"]


def test_missing_columns_are_named():
    thresholds, tickets, blocks, networks = frames()
    with pytest.raises(ValueError, match="tickets: lacks the columns upper"):
        macros(measured(thresholds, tickets.drop(columns="upper"), blocks, networks))


@pytest.mark.parametrize(("shift", "words"), [(0.0, "is the better one"), (0.5, "is no better")])
def test_the_refinement_is_praised_only_where_it_is_closer(shift: float, words: str) -> None:
    table = data.thresholds()
    rate = table["hits"] / table["trials"]
    table["refined"] = (rate + shift).clip(0, 1)
    table["refined_inside"] = (table["refined"] - rate).abs() < 0.01
    assert words in threshold_macros(table)["ThresholdRefined"]
    line = threshold_macros(table.assign(d=1))["ThresholdRefined"]
    assert "in one dimension" in line
    assert "For $d" not in line
    assert "none" in threshold_macros(data.thresholds())["ThresholdRefined"]
