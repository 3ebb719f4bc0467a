"""The abstract as HTML: what TeX would set, for any studies, with no command left in it."""

import importlib
from pathlib import Path

import pandas as pd
import pytest

from slth import studies
from slth.studies.printing.abstract import as_html, expanded, write_abstract
from tests.studies import rendering_data as data

SOURCE = Path(__file__).parents[2] / "paper" / "sections" / "abstract.tex"


def test_studies_decide_and_macros_are_put_in() -> None:
    source = (
        "\\ifstudy{a}{ \\AbOne{}}{none}%\n\\ifstudy{b}{ \\AbTwo{}}{\\ifstudy{a}{ in}{ out}}% x\n."
    )
    assert expanded(source, ["a"], {"AbOne": "One."}) == "One. in."
    assert expanded(source, ["b"], {"AbTwo": "Two."}) == "none Two.."


def test_formulas_and_words() -> None:
    assert as_html("$99.4$\\,\\% of $11\\,250$") == "99.4\u202f% of 11\u202f250"
    assert as_html("to within $\\eps$ at $n=4$") == "to within ε at <i>n</i>=4"
    assert as_html("falls as $2^{-n/d}$") == "falls as 2<sup>−<i>n</i>/<i>d</i></sup>"
    assert as_html("$1.0\\times10^{-5}$ <") == "1.0×10<sup>−5</sup> &lt;"
    assert as_html("\\emph{two-filter}") == "<i>two-filter</i>"


@pytest.mark.parametrize("names", [[], *([name] for name in studies.names()), studies.names()])
def test_no_command_is_left(names: list[str], tmp_path: Path) -> None:
    for part in ("sections", "numbers"):
        (tmp_path / part).mkdir()
    (tmp_path / "sections/abstract.tex").write_text(SOURCE.read_text("utf-8"), "utf-8")
    known = {"Studies": ",".join(names)}
    for study in names:
        claims = importlib.import_module(f"slth.studies.{study}.claims")
        known |= claims.macros({name: pd.DataFrame() for name in data.tables_read(study)})
    lines = "".join(f"\\newcommand{{\\{name}}}{{{body}}}% here\n" for name, body in known.items())
    (tmp_path / "numbers/all.tex").write_text(lines, "utf-8")
    write_abstract(tmp_path, tmp_path / "abstract.html")
    text = (tmp_path / "abstract.html").read_text("utf-8")
    assert not set("\\{}$") & set(text)
    assert "  " not in text
