"""Every study is set from empty tables, and everything it shows has a caption."""

from pathlib import Path

import pandas as pd
import pytest

from slth import studies
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


def test_every_macro_names_the_function_it_came_from(tmp_path: Path) -> None:
    frames = {name: pd.DataFrame() for name in tables_read("depth")}
    render("depth", frames, tmp_path, tmp_path / "report")
    text = (tmp_path / "numbers" / "depth.tex").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith(r"\newcommand")]
    assert lines
    assert all("% slth.studies.depth.claims" in line for line in lines)
