"""What the README shows, works: its solver, its example, its faults, its paths and commands."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import slth
from slth.configuration import faults
from slth.configuration import schema as config_schema
from slth.problem import Status
from slth.solvers._base import Solver
from slth.solvers._registry import SOLVERS, get

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]


def only(blocks: list[str], words: str) -> str:
    (found,) = [block for block in blocks if words in block]
    return found


@pytest.fixture
def greedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The README's solver, in a file of its own, registered by the README's line."""
    (tmp_path / "greedy.py").write_text(only(PYTHON, "class Greedy"), encoding="utf-8")
    line = re.fullmatch(r'"(\w+)": "slth\.solvers\.(\w+:\w+)",', only(PYTHON, ":Greedy").strip())
    assert line is not None
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(SOLVERS, line[1], line[2])
    yield line[1]
    sys.modules.pop("greedy", None)


def test_solver_of_the_readme_solves(greedy: str) -> None:
    generator = np.random.default_rng(3)
    X, z = generator.standard_normal((200, 2)), generator.uniform(-1, 1, 2)
    answer = slth.solve(X, z, eps=0.2, solver=greedy)
    assert answer.solver == greedy
    assert answer.error == np.abs(X[answer.keep].sum(axis=0) - z).max()
    assert answer.error < np.abs(z).max()
    assert (answer.status is Status.HIT) == (answer.error <= 0.2)
    assert not answer.proved


def test_solver_of_the_readme_keeps_to_its_budget(greedy: str) -> None:
    X = np.random.default_rng(3).standard_normal((50, 2))
    assert slth.solve(X, [0.5, 0.5], solver=greedy, budget=100).work <= 100


def test_solver_of_the_readme_is_never_better_than_the_proved_optimum(greedy: str) -> None:
    X = np.random.default_rng(4).standard_normal((12, 3))
    best = slth.solve(X, [0.1, 0.2, 0.3], solver="mitm")
    assert best.proved
    assert slth.solve(X, [0.1, 0.2, 0.3], solver=greedy).error >= best.error - 1e-12


def test_solver_of_the_readme_is_listed(greedy: str) -> None:
    assert slth.solvers()[greedy]["source"]
    assert isinstance(get(greedy), Solver)


def test_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(only(PYTHON, "slth.sample"), "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("HIT 0.0")


def test_faults_of_the_readme_are_those_printed() -> None:
    schema = config_schema()
    printed = faults({"threshold": {"eps": 0}, "seeed": 1}, schema)
    (shown,) = [code for language, code in BLOCKS if language == "text"]
    lines = shown.splitlines()
    assert len(lines) == len(printed)
    for line, whole in zip(lines, printed, strict=True):  # … is for the keys of all studies
        assert f"config: {whole}".startswith(line.removesuffix("…"))


def test_links_of_the_readme_lead_to_files() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake (\w+)    ", README)) | {"check", "report", "full", "clean"}
    assert {"paper", "test"} <= named
    assert [name for name in named if f"\n{name}:" not in makefile] == []
