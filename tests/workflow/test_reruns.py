"""An edit reruns what depends on the edited file and nothing else; a touch reruns nothing.

What depends on a file follows from the inputs of the jobs, which are asked for once; plans after
an edit, made anew for edits of every kind, are held against that.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sweeps import swept
from tests.workflow.conftest import Checkout

PAPER = {"compile_paper", "write_manifest", "all"}
MEASURED = PAPER | {"render_provenance"}  # prints what the tables were measured with
TICKETS = {"solve_blocks", "construct_tickets", "measure_tickets", "collect_tickets"}
TICKETS |= {"render_tickets"}
TICKETS |= (LEARNED := {"learn_routes", "collect_learned", "render_learned"})  # same networks
TICKETS |= (SANDWICH := {"measure_sandwich", "render_sandwich"})  # reads the collected tickets
THRESHOLDS = {"solve_cells", "measure_thresholds", "render_threshold"}
REPLICAS = {"build_replicas", "collect_replicas", "render_replicas"}
SUMS = {"measure_sums", "render_replicas"}
PREDICTIONS = {"measure_thresholds", "render_threshold", "measure_atlas", "render_atlas"}
INTEGERS = {"predict_quantised", "render_quantised"}
# compare errors with the limit of existence
LIMITS = {"render_tickets", "render_benchmark", "render_power"}
ATLAS = {"solve_atlas", "measure_atlas", "render_atlas"}
PRICE = {"measure_price", "collect_price", "render_price"}
DEPTH = {"measure_depth", "collect_depth", "render_depth"}
NEURONS = {"measure_neurons", "collect_neurons", "render_neurons"}  # by mitm
LIFTED = {"measure_restrictions", "collect_restrictions", "render_restrictions"}
CNNS = {"build_cnns", "collect_cnns", "render_cnns"}  # whole networks: by mitm and beam alone
STRUCTURED = PRICE | DEPTH | LIFTED  # sections that build structured tickets


@contextmanager
def edited(path: Path) -> Iterator[None]:
    text, times = path.read_text(encoding="utf-8"), (path.stat().st_atime, path.stat().st_mtime)
    path.write_text(text + ("%" if path.suffix == ".tex" else "#") + " edited\n", encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, times)


EDITS: list[tuple[str, set[str]]] = [
    ("paper/main.tex", PAPER),
    ("paper/sections/tickets.tex", PAPER),
    ("src/slth/solvers/klist/solver.py", TICKETS | STRUCTURED | ATLAS | MEASURED),
    ("src/slth/solvers/milp.py", set()),
    (
        "src/slth/solvers/mitm/space.py",
        TICKETS | THRESHOLDS | ATLAS | REPLICAS | SUMS | STRUCTURED | CNNS | NEURONS | MEASURED,
    ),
    ("src/slth/tickets/rss_dense.py", REPLICAS | MEASURED),
    ("src/slth/tickets/single_weight.py", PRICE | MEASURED),
    ("src/slth/tickets/activated_convolution.py", LIFTED | MEASURED),
    (
        "src/slth/tickets/structured_convolution.py",
        {"sample_sources"} | TICKETS | STRUCTURED | MEASURED,
    ),
    (
        "src/slth/supnorm/bounds/differential.py",
        {"measure_tickets", "collect_tickets", "render_tickets", "sandwich_pairs"}
        | (LEARNED | SANDWICH | STRUCTURED | CNNS | MEASURED),
    ),
    ("src/slth/tickets/whole/control.py", CNNS | MEASURED),
    ("src/slth/networks/fitting.py", {"train_cnns"} | CNNS | MEASURED),
    (
        "src/slth/theory/quenched.py",
        PREDICTIONS | {"collect_price", "render_price"} | INTEGERS | LIMITS | MEASURED,
    ),
    ("src/slth/theory/refined.py", PREDICTIONS | MEASURED),
    ("src/slth/theory/covering.py", {"measure_atlas", "render_atlas"} | MEASURED),
    ("src/slth/studies/replicas/published_sums.py", SUMS | MEASURED),
    ("src/slth/studies/depth/measure.py", DEPTH | MEASURED),
    ("src/slth/studies/price/claims.py", {"render_price"} | MEASURED),
    ("src/slth/studies/tickets/figures.py", {"render_tickets"} | PAPER),
]
PLANNED = (
    "paper/sections/tickets.tex",
    "src/slth/solvers/klist/solver.py",
    "src/slth/solvers/milp.py",
    "src/slth/theory/refined.py",
    "src/slth/studies/tickets/figures.py",
)


class Made(NamedTuple):
    """Files that a rule made, and what they were made from."""

    rule: str
    inputs: set[str]


@pytest.fixture(scope="session")
def made(chain: Checkout) -> dict[str, Made]:
    """Every output of the run by its name, as Snakemake lists them."""
    listing = chain.run("--cores", "2", "--detailed-summary").stdout.splitlines()
    rows = [line.split("\t") for line in listing]
    head = next(row for row in rows if row[0] == "output_file")
    rule, inputs = head.index("rule"), head.index("input-file(s)")
    listed = [row for row in rows[rows.index(head) + 1 :] if len(row) == len(head)]
    return {row[0]: Made(row[rule], set(row[inputs].split(","))) for row in listed}


def dependants(made: dict[str, Made], file: str) -> set[str]:
    """Rules that make something from a file, or from what they make from it."""
    changed, rules = {file}, set[str]()
    while True:
        new = {name for name, job in made.items() if job.inputs & changed} - changed
        if not new:
            return rules
        changed |= new
        rules |= {made[name].rule for name in new}


@pytest.mark.parametrize(("file", "rules"), EDITS, ids=[file for file, _ in EDITS])
def test_dependants_of_a_file_are_these(made: dict[str, Made], file: str, rules: set[str]) -> None:
    """Of those that the run has; where it has none, nothing reads the file."""
    there = rules & {job.rule for job in made.values()}
    read = there - MEASURED or rules == PAPER
    assert dependants(made, file) == (there if read else set())


@pytest.mark.parametrize("file", swept(PLANNED, 3))
def test_edit_reruns_its_dependants_only(chain: Checkout, made: dict[str, Made], file: str) -> None:
    with edited(chain.folder / file):
        planned = chain.planned()
    assert planned - {"all"} == dependants(made, file)


def test_plan_changes_no_record(short: Checkout) -> None:
    records = short.folder / "results/digests"
    before = {path: path.read_bytes() for path in records.rglob("*") if path.is_file()}
    with edited(short.folder / "paper/main.tex"):
        assert short.planned() == PAPER
    assert before == {path: path.read_bytes() for path in records.rglob("*") if path.is_file()}


def test_touch_reruns_nothing(short: Checkout) -> None:
    for path in (short.folder / "src").rglob("*.py"):
        path.touch()
    assert short.planned() == set()


def test_config_change_reruns_its_experiment_only(short: Checkout) -> None:
    config = short.folder / "config/ci.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("confidence:", "confidence: 0.9 #", 1), encoding="utf-8")
    try:
        assert short.planned() == {"measure_thresholds", "render_threshold"} | MEASURED
    finally:
        config.write_text(text, encoding="utf-8")
