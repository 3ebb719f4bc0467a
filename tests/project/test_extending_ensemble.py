"""The ensemble of docs/extending.md: one file, and registry, theory, config and tests have it."""

import pytest

from tests.project.extending import Extended, extended, shown
from tests.sweeps import sweep


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    return extended("ensemble", tmp_path_factory.mktemp("ensemble") / "slth")


def test_one_file_is_touched(project: Extended) -> None:
    assert project.touched == {"src/slth/ensembles.py"}


def test_the_tests_of_the_registry_pass(project: Extended) -> None:
    files = ["test_ensembles", "theory/test_first_moment", "theory/test_theory_scale"]
    files += ["theory/test_quenched"]
    assert project.tests_pass("parabolic", *(f"tests/{name}.py" for name in files)) > 8


@sweep
def test_the_solvers_find_the_best_subset_of_its_samples(project: Extended) -> None:
    words = "parabolic and (enumeration or differencing)"
    files = ["tests/solvers/test_solver_oracle.py", "tests/solvers/test_solver_heuristics.py"]
    assert project.tests_pass(words, *files) > 10


def test_nothing_that_is_held_to_the_registry_misses_it(project: Extended) -> None:
    files = ["test_ensembles", "configuration/test_configuration"]
    words = "states_itself or schema_for_editors or states_the_defaults"
    assert project.tests_pass(words, *(f"tests/{name}.py" for name in files)) == 3


def test_a_config_takes_it(project: Extended) -> None:
    changes = shown("ensemble", "yaml")
    assert project.config_faults(changes) == []
    (unknown,) = project.config_faults(changes.replace("parabolic", "cauchy"))
    assert "parabolic" in unknown
    files = project.planned_files("results/measure/thresholds.parquet", changes)
    assert "src/slth/ensembles.py" in files
    code = "from slth.studies.printing.titles import ensemble; print(ensemble('parabolic'))"
    assert project.python("-c", code).stdout == "parabolic\n"
