"""The construction of docs/extending.md: two files, and registry, config and tests have it."""

from pathlib import Path

import pytest

from tests.project.extending import Extended, extended, shown
from tests.sweeps import sweep

FILE = "src/slth/tickets/rss_normal.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    return extended("construction", tmp_path_factory.mktemp("construction") / "slth")


def test_two_files_are_touched(project: Extended) -> None:
    assert project.touched == {FILE, "src/slth/tickets/registry.py"}


@sweep
def test_the_tests_of_the_registry_pass(project: Extended) -> None:
    files = ["tickets/test_constructions", "tickets/test_construction_docs"]
    files += ["tickets/test_empty_tickets", "networks/test_storage", "cases/test_configs"]
    assert project.tests_pass("rss_normal", *(f"tests/{name}.py" for name in files)) >= 10


@sweep
def test_nothing_that_is_held_to_the_registry_misses_it(project: Extended) -> None:
    files = ["tickets/test_construction_docs", "configuration/test_configuration"]
    files += ["project/test_facts_page"]
    words = "sections_are or schema_for_editors or states_the_defaults or pages_are_current"
    assert project.tests_pass(words, *(f"tests/{name}.py" for name in files)) == 5


def test_a_config_takes_it_and_its_jobs_depend_on_its_file(project: Extended) -> None:
    changes = shown("construction", "yaml")
    assert project.config_faults(changes) == []
    assert FILE in project.planned_files("results/measure/price.parquet", changes)


@pytest.mark.parametrize("word", ["label", "words", "family", "rate"])
def test_without_a_word_that_the_paper_prints_it_is_refused(
    project: Extended, word: str, tmp_path: Path
) -> None:
    path = project.checkout.folder / FILE
    whole = path.read_text(encoding="utf-8")
    kept = [line for line in whole.split("\n") if not line.startswith(f"    {word}: ")]
    assert len(kept) == whole.count("\n")
    try:
        path.write_text("\n".join(kept), encoding="utf-8")
        (fault,) = project.config_faults(shown("construction", "yaml"))
    finally:
        path.write_text(whole, encoding="utf-8")
    assert fault == (
        f"price.arms[0].construction: got 'rss_normal', whose class says no {word}, which the "
        "paper prints; takes one that does"
    )
