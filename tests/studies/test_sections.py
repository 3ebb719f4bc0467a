"""Every study is set from empty tables, and everything it shows has a caption."""

import importlib
from pathlib import Path

import pandas as pd
import pytest

from slth import studies
from slth.studies.printing.macros import sources
from slth.studies.section import render
from tests.studies.rendering_data import tables_read

REPORT = Path(__file__).parents[2] / "workflow" / "report"


@pytest.mark.parametrize("study", studies.names())
def test_empty_tables_are_set(study: str, tmp_path: Path) -> None:
    frames = {name: pd.DataFrame() for name in tables_read(study)}
    render(study, frames, tmp_path / "paper", tmp_path / "report")
    made = {path.stem for path in (tmp_path / "report").rglob("*.*")}
    assert {path.stem for path in (tmp_path / "paper").rglob("*.*")} == {*made, study}
    assert all((REPORT / study / f"{name}.rst").read_text("utf-8").strip() for name in made)


@pytest.mark.parametrize("study", studies.names())
def test_every_macro_names_a_function_that_is_there(study: str, tmp_path: Path) -> None:
    frames = {name: pd.DataFrame() for name in tables_read(study)}
    render(study, frames, tmp_path, tmp_path / "report")
    lines = (tmp_path / "numbers" / f"{study}.tex").read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        module, function = line.rsplit("% ", 1)[1].split(":")
        assert module.startswith(f"slth.studies.{study}.")
        assert callable(getattr(importlib.import_module(module), function))


def test_a_macro_comes_from_the_function_that_makes_its_text(tmp_path: Path) -> None:
    (tmp_path / "claims.py").write_text(
        "from study.words import named\n\n"
        "def _one(table): return str(len(table))\n\n"
        "def macros(table):\n"
        "    return {'PlainNumber': '1', 'OneThing': _one(table), 'OtherThing': named(table)}\n"
    )
    names = ("PlainNumber", "OneThing", "OtherThing")
    assert sources("study", tmp_path, names) == {
        "PlainNumber": "study.claims:macros",
        "OneThing": "study.claims:_one",
        "OtherThing": "study.words:named",
    }
    (tmp_path / "more.py").write_text("def more(): return {'PlainNumber': '2'}\n")
    with pytest.raises(ValueError, match=r"PlainNumber: written by study.claims:macros"):
        sources("study", tmp_path, names)
    with pytest.raises(ValueError, match="NoWhere: is a key of no dict in a function of study"):
        sources("study", tmp_path, ["NoWhere"])
