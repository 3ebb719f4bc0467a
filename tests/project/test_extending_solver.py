"""The solver of docs/extending.md: two files, and registry, config, workflow and tests have it."""

import pytest

from tests.project.extending import Extended, extended
from tests.sweeps import sweep

CONFIG = "threshold: {solver: restarts}\natlas: {search: {solvers: [mitm, restarts]}}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    return extended("solver", tmp_path_factory.mktemp("solver") / "slth")


def test_two_files_are_touched(project: Extended) -> None:
    assert project.touched == {"src/slth/solvers/restarts.py", "src/slth/solvers/_registry.py"}


@sweep
def test_the_tests_of_the_registry_pass(project: Extended) -> None:
    files = ["edges", "heuristics", "docs", "planted", "sizes", "targets", "bad_input"]
    chosen = [f"tests/solvers/test_solver_{name}.py" for name in files]
    assert project.tests_pass("restarts", *chosen, "tests/cases/test_configs.py") >= 40


@sweep
def test_nothing_that_is_held_to_the_registry_misses_it(project: Extended) -> None:
    """Neither a page, nor a list of the tests, nor the schema that editors read."""
    files = ["solvers/test_solver_docs", "solvers/test_solver_heuristics"]
    files += ["configuration/test_configuration", "project/test_facts_page"]
    words = "section_of_a_solver or excused or schema_for_editors or states_the_defaults or current"
    assert project.tests_pass(words, *(f"tests/{name}.py" for name in files)) == 6


def test_a_config_takes_it_and_its_jobs_depend_on_its_file(project: Extended) -> None:
    assert project.config_faults(CONFIG) == []
    (near,) = project.config_faults(CONFIG.replace("{solver: restarts}", "{solver: restart}"))
    assert "did you mean 'restarts'?" in near
    files = project.planned_files("results/measure/thresholds.parquet", CONFIG)
    assert "src/slth/solvers/restarts.py" in files
    assert "src/slth/solvers/klist/solver.py" not in files


def test_without_a_printed_name_its_own_is_printed(project: Extended) -> None:
    code = "from slth.studies.printing.titles import solver; print(solver('restarts'))"
    assert project.python("-c", code).stdout == "restarts\n"
