"""What a user's type checker and editor see of the package: every public name, with its types."""

import ast
import importlib
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import slth
from tests.sweeps import sweep

SOURCE = Path(slth.__file__).parents[1]
ROOMS = ("learned", "networks", "supnorm", "theory", "tickets")

# a line that ends in a comment holds the one error that the comment names
SCRIPT = """\
import numpy as np
import torch
import slth

X = slth.sample("nsn", n=24, d=2, seed=7)
z = slth.sample_target(2, seed=1)
answer: slth.Solution = slth.solve(slth.Instance.of(X, z, 0.1))
chances: np.ndarray = slth.theory.success_probability("nsn", [8, 16], 2, eps=0.1)
chance: float = slth.theory.expected_hits("nsn", n=8, d=2, eps=0.1, z=z)
many: slth.BatchSolution = slth.solve_targets(X, np.zeros((3, 2)), eps=0.1)
subset: np.ndarray = X[answer.keep]
names: list[str] = list(slth.solvers())
n: int = slth.theory.threshold("nsn", 2, 0.1)
try:
    slth.solve(X, z, solver="enumeration")
except slth.TooLargeError as error:
    print(error)

module = torch.nn.Linear(3, 2)
ticket = slth.tickets.build("structured_convolution", module, n=8, granularity="entry")
bound: float = ticket.error_bound(box=(0.0, 1.0))
ticket.save("ticket.npz")
proved: slth.Ticket = slth.tickets.build("rss_dense", module, n=8)

ticket.summarise()  # no such method of a ticket
answer.kept  # no such attribute
slth.solve(X, z, esp=0.1)  # no such argument
slth.solve(X, z, eps="0.1")  # wrong type
slth.sampel("nsn", 24, 2, 7)  # no such name
width: str = slth.theory.threshold("nsn", 2, 0.1)  # wrong type of what is returned
"""
WRONG = [i for i, line in enumerate(SCRIPT.splitlines(), start=1) if "  # " in line]

# Parsing the stubs of the large packages takes a minute, and the script needs none of them.
CONFIGURATION = """\
[mypy]
python_version = 3.11
[mypy-slth.*]
ignore_errors = true
[mypy-torch.*,pandas.*,scipy.*,numba.*,pyarrow.*,sklearn.*]
follow_imports = skip
ignore_missing_imports = true
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "mypy.ini").write_text(CONFIGURATION)
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path / "script.py"


def test_six_errors_are_in_the_script() -> None:
    assert len(WRONG) == 6


@sweep
def test_mypy_finds_every_error_of_a_script_and_no_other(script: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", "cache", script.name],
        cwd=script.parent,
        env={"MYPYPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(.*?):(\d+): error: ", ran.stdout, re.M)
    assert found == [("script.py", str(line)) for line in WRONG], ran.stdout + ran.stderr


@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed")
def test_pyright_finds_every_error_of_a_script_and_no_other(script: Path) -> None:
    (script.parent / "pyrightconfig.json").write_text(
        f'{{"extraPaths": ["{SOURCE}"], "reportUnusedExpression": false, '
        '"reportUnusedCoroutine": false}'
    )
    ran = subprocess.run(
        ["pyright", "--pythonpath", sys.executable, script.name],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [int(line) for line in re.findall(r"script\.py:(\d+):\d+ - error", ran.stdout)]
    assert found == WRONG, ran.stdout + ran.stderr


def test_names_for_checkers_are_the_names_that_load() -> None:
    tree = ast.parse(Path(slth.__file__).read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    typed = {
        alias.name: f"{node.module}{':' if node.module == 'slth' else ''}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    typed = {name: f"slth.{name}:" if home == "slth:" else home for name, home in typed.items()}
    del typed["Catalogue"]  # what `solvers` returns
    assert typed == slth._NAMES
    assert sorted([*slth._NAMES, "solvers"]) == slth.__all__


@pytest.mark.parametrize("name", slth.__all__)
def test_name_loads_and_is_what_its_module_calls_so(name: str) -> None:
    found = getattr(slth, name)
    assert found.__name__.rpartition(".")[2] == name
    assert found.__doc__


def test_dir_lists_what_is_public_and_nothing_else() -> None:
    assert set(dir(slth)) == {*slth.__all__, "__all__", "__doc__", "__version__"}
    for room in (*ROOMS, "ensembles", "intervals", "plot", "solvers"):
        module = importlib.import_module(f"slth.{room}")
        assert dir(module) == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


def test_import_loads_no_large_package() -> None:
    large = ["numpy", "scipy", "numba", "torch", "pandas", "pyarrow", "typer", "rich"]
    code = f"import slth, sys; print(sorted(set(sys.modules) & {set(large)!r}))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"


def test_solvers_is_a_function_also_when_its_package_was_imported() -> None:
    importlib.import_module("slth.solvers.mitm.solver")
    assert "mitm" in slth.solvers()


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'slth' has no attribute 'sampel'"):
        slth.sampel  # type: ignore[attr-defined]  # noqa: B018


def test_python_suggests_the_name_that_was_meant() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import slth; slth.sovle"],
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert "Did you mean: 'solve'?" in ran.stderr


@pytest.mark.parametrize("room", ["", ".supnorm", ".theory", ".tickets", ".plot", ".intervals"])
def test_help_of_a_function_begins_with_a_line_that_people_read(room: str) -> None:
    """NumPy's ArrayLike is a union of hundreds of characters unless annotations stay as written."""
    module = importlib.import_module(f"slth{room}")
    for name in module.__all__:
        found = getattr(module, name)
        held = vars(found).values() if inspect.isclass(found) else [found]
        for function in filter(inspect.isfunction, held):
            assert "numpy._typing" not in str(inspect.signature(function)), function


def test_checkers_know_constructions_that_there_are() -> None:
    """One that they do not know is built all the same, as Any."""
    from slth.tickets import CONSTRUCTIONS, stages

    known = *get_args(stages.Whole), *get_args(stages.Theorem)
    assert {*known} <= {*CONSTRUCTIONS}
