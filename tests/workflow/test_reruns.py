"""An edit reruns what depends on the edited file and nothing else; a touch reruns nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.workflow.conftest import Checkout

pytestmark = pytest.mark.xdist_group("workflow")  # one worker: one finished run

RENDER = {"render_figures", "render_tables", "render_numbers", "compile_paper", "all"}
TICKETS = {"solve_blocks", "construct_tickets", "measure_tickets", "collect_tickets"}
TICKETS |= (LEARNED := {"learn_routes", "collect_learned"})  # the tickets' networks, by learning
THRESHOLDS = {"solve_cells", "measure_thresholds"}
PRICE = {"measure_price", "collect_price", "render_price"}
DEPTH = {"measure_depth", "collect_depth", "render_depth"}
PAPER = {"compile_paper", "all"}


@contextmanager
def edited(path: Path) -> Iterator[None]:
    text, times = path.read_text(), (path.stat().st_atime, path.stat().st_mtime)
    path.write_text(text + ("%" if path.suffix == ".tex" else "#") + " edited\n")
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, times)


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("paper/main.tex", {"compile_paper", "all"}),
        ("src/slth/solvers/klist.py", TICKETS | RENDER | PRICE | DEPTH),
        ("src/slth/solvers/milp.py", set()),
        ("src/slth/tickets/rss_dense.py", set()),
        ("src/slth/tickets/single_weight.py", PRICE | PAPER),
        ("src/slth/experiments/depth.py", DEPTH | PAPER),
        ("src/slth/rendering/claims_price.py", {"render_price"} | PAPER),
        (
            "src/slth/tickets/structured_convolution.py",
            {"sample_sources"} | TICKETS | RENDER | PRICE | DEPTH,
        ),
        ("src/slth/solvers/mitm_space.py", TICKETS | THRESHOLDS | RENDER | PRICE | DEPTH),
        (
            "src/slth/supnorm/differential.py",
            {"measure_tickets", "collect_tickets"} | LEARNED | RENDER | PRICE | DEPTH,
        ),
        (
            "src/slth/theory/quenched.py",
            {"measure_thresholds", "collect_price", "render_price"} | RENDER,
        ),
        ("src/slth/theory/refined.py", {"measure_thresholds"} | RENDER),
        ("src/slth/rendering/figures.py", {"render_figures", "compile_paper", "all"}),
    ],
)
def test_edit_reruns_its_dependants_only(finished: Checkout, file: str, rules: set[str]) -> None:
    with edited(finished.folder / file):
        planned = finished.planned()
    assert planned <= rules
    assert rules - {"all"} <= planned | {"all"}


def test_touch_reruns_nothing(finished: Checkout) -> None:
    for path in (finished.folder / "src").rglob("*.py"):
        path.touch()
    assert finished.planned() == set()


def test_config_change_reruns_its_experiment_only(finished: Checkout) -> None:
    config = finished.folder / "configs/ci.yaml"
    text = config.read_text()
    config.write_text(text.replace("confidence:", "confidence: 0.95 #", 1))
    try:
        assert finished.planned() == {"measure_thresholds"} | RENDER
    finally:
        config.write_text(text)
