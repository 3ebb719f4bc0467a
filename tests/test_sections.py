"""Every section of the paper that stands by itself is set from empty tables, and has captions."""

from pathlib import Path

import pandas as pd
import pytest

from slth.studies.sections import SECTIONS, render_section

REPORT = Path(__file__).parents[1] / "workflow" / "report"


@pytest.mark.parametrize("section", SECTIONS)
def test_empty_tables_are_set(section: str, tmp_path: Path) -> None:
    frames = {name: pd.DataFrame() for name in SECTIONS[section][1]}
    render_section(section, frames, tmp_path / "paper", tmp_path / "report")
    made = {path.stem for path in (tmp_path / "report").rglob("*.*")}
    assert {path.stem for path in (tmp_path / "paper").rglob("*.*")} == {*made, section}
    assert all((REPORT / f"{name}.rst").exists() for name in made)
