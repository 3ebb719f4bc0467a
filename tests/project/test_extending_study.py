"""The study of docs/extending.md: its files, a block and a line; alone it runs to the PDF."""

import re

import pytest

from slth import studies
from slth.studies.printing.engine import engine
from tests.project.extending import Extended, extended, shown
from tests.sweeps import sweep
from tests.workflow.conftest import PROJECT

OWN = ("src/slth/studies/members/", "workflow/report/members/")
OTHERS = {"workflow/rules/members.smk", "paper/sections/members.tex", "config.yaml"}
OTHERS |= {"paper/main.tex"}
SMALL = "members: {d: [1, 2], n: [8, 11], replicates: 40}\n"
TITLE = "How many candidates does the best subset keep?"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    return extended("study", tmp_path_factory.mktemp("study") / "slth")


@pytest.fixture(scope="module")
def alone(project: Extended) -> Extended:
    """The project after a run of this study and no other."""
    if engine() is None:
        pytest.skip("no latexmk and no tectonic on this machine: `make tex` installs one")
    changes = shown("study", "yaml") + SMALL
    (project.checkout.folder / "only.yaml").write_text(changes, encoding="utf-8")
    done = project.python("-m", "snakemake", "--cores", "1", "--configfile", "only.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_its_own_files_and_four_others_are_touched(project: Extended) -> None:
    assert {path for path in project.touched if not path.startswith(OWN)} == OTHERS
    before, after = (
        (root / "paper/main.tex").read_text("utf-8").split("\n")
        for root in (PROJECT, project.checkout.folder)
    )
    assert len(after) == len(before) + 1
    assert set(after) - set(before) == {r"\study{members}"}


@sweep
def test_the_tests_of_studies_pass(project: Extended) -> None:
    files = ["studies/test_sections", "studies/test_paper_prose", "project/test_readme"]
    files += ["configuration/test_configuration"]
    words = "(test_empty_tables and members) or prose or faults_of_the_readme or states_the"
    words += " or schema_for_editors or (every_key and members)"
    assert project.tests_pass(words, *(f"tests/{name}.py" for name in files)) > 20


def test_the_example_switches_every_other_study_off(project: Extended) -> None:
    off = re.findall(r"^(\w+): (?:\[\]|\{enabled: false\})$", shown("study", "yaml"), re.MULTILINE)
    assert sorted(off) == sorted(["networks", *studies.names()])


def test_a_run_of_it_alone_ends_in_a_paper_without_empty_sections(alone: Extended) -> None:
    folder = alone.checkout.folder
    assert (folder / "paper/main.pdf").read_bytes().startswith(b"%PDF")
    log = (folder / "results/logs/compile_paper.log").read_text("utf-8", errors="replace")
    for fault in ("undefined", "multiply defined", "Overfull"):
        assert fault not in log, fault
    made = {path.relative_to(folder).as_posix() for path in (folder / "paper").rglob("*.*")}
    expected = {"paper/figures/members.pdf", "paper/tables/members_shares.tex"}
    expected |= {"paper/numbers/members.tex", "paper/tables/provenance.tex"}
    assert expected | {"paper/numbers/provenance.tex"} == {
        path for path in made if path.split("/")[1] in ("figures", "tables", "numbers")
    }
    measured = {path.name for path in (folder / "results/measure").rglob("*.parquet")}
    assert measured == {"members.parquet"}
    numbers = (folder / "paper/numbers/provenance.tex").read_text("utf-8")
    assert r"\newcommand{\Studies}{members}" in numbers


def test_every_heading_of_that_paper_has_text_below_it(alone: Extended) -> None:
    folder = alone.checkout.folder
    source = (folder / "paper/main.tex").read_text("utf-8")
    sections = re.findall(r"^\\(?:input|study)\{(?:sections/)?(\w+)\}$", source, re.MULTILINE)
    left = [name for name in sections if name not in studies.names()]
    text = "".join((folder / f"paper/sections/{name}.tex").read_text("utf-8") for name in left)
    assert TITLE in text
    parts = re.split(r"\\(?:sub)*section\*?\{.*\}(?:\\label\{.*\})?\n", text)[1:]
    assert all(len(part.strip()) > 200 for part in parts)
