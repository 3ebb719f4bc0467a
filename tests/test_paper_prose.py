"""The paper's source: no typed numbers, nothing asked of the run that the code does not write."""

import importlib
import re
from pathlib import Path

import pandas as pd
import pytest
from slth.studies.sections import SECTIONS

from slth.rendering import FIGURES, TABLES, macros
from slth.studies.benchmark.claims import benchmark_macros, load
from slth.studies.printing import style
from tests import rendering_data as data

PAPER = Path(__file__).parents[1] / "paper"
REFERENCE = PAPER.parent / "benchmarks" / "reference.json"
REPORT = Path(__file__).parents[1] / "workflow" / "report"


@pytest.fixture(scope="module")
def source() -> str:
    """The whole paper: its sections stand where they are included."""
    main = (PAPER / "main.tex").read_text(encoding="utf-8")
    for path in sorted((PAPER / "sections").glob("*.tex")):
        command = rf"\input{{sections/{path.stem}}}"
        assert main.count(command) == 1, path
        main = main.replace(command, path.read_text(encoding="utf-8"))
    return re.sub(r"(?<!\\)%.*", "", main)


def sections():
    """Module and tables of every section that stands by itself."""
    return {
        name: (importlib.import_module(module), {table: pd.DataFrame() for table in tables})
        for name, (module, tables) in SECTIONS.items()
    }


def prose(source: str) -> str:
    """The text a reader sees, without mathematics, layout, citations and references."""
    text = source.split(r"\begin{document}")[1]
    text = re.sub(r"\\begin\{(equation|align)\*?\}.*?\\end\{\1\*?\}", "", text, flags=re.S)
    text = re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "", text, flags=re.S)
    named = r"cite[pt]?|ref|eqref|label|input|fitted|includegraphics"
    text = re.sub(rf"\\({named})(\[.*?\])*\{{.*?\}}", "", text)
    text = re.sub(r"\\(begin|end|bibliography|bibliographystyle)\{.*?\}(\{\d\})?", "", text)
    return re.sub(r"\\(setlength|setcounter)\{.*?\}\{.*?\}", "", text)


def test_no_number_is_typed(source):
    found = re.findall(r".{0,40}\d.{0,40}", prose(source))
    assert not found, found


def test_the_check_sees_a_typed_number(source):
    planted = source.replace(r"\ErrorTrend{}", r"The error is 0.05 here. \ErrorTrend{}")
    assert re.search(r"\d", prose(planted))


def test_mathematics_holds_no_decimals(source):
    """A measured value could hide in a formula; definitions here have integers only."""
    body = source.split(r"\begin{document}")[1]
    formulas = re.findall(r"(?<!\\)\$(.*?)(?<!\\)\$", body, flags=re.S)
    assert not [f for f in formulas if re.search(r"\d\.\d|\d{3}", f)]


def test_every_macro_used_is_written_and_every_macro_written_is_used(source):
    thresholds, tickets = data.thresholds(), data.tickets()
    written = set(
        macros(thresholds, tickets, data.blocks(tickets), data.networks(), data.PROVENANCE)
    ) | set(benchmark_macros(load(REFERENCE), own=False))
    for module, frames in sections().values():
        written |= set(module.macros(frames))
    used = set(re.findall(r"\\([A-Z][a-z]+[A-Z][A-Za-z]+|Seed)(?![A-Za-z])", source))
    assert used == written


def test_every_file_included_is_listed(source):
    inputs = set(re.findall(r"\\(?:input|fitted)\{(\w.*?)\}", source))
    tables = {*(Path(name).stem for name in TABLES), "benchmark_times", "benchmark_errors"}
    numbers = {f"numbers/{name}" for name in SECTIONS}
    tables |= {name for module, _ in sections().values() for name in module.TABLES}
    assert inputs == {"numbers", "benchmark", *numbers, *(f"tables/{name}" for name in tables)}
    figures = {*FIGURES, "benchmark.pdf"}
    figures |= {f"{name}.pdf" for module, _ in sections().values() for name in module.FIGURES}
    graphics = set(re.findall(r"\\includegraphics(?:\[.*?\])?\{(.*?)\}", source))
    assert graphics == {f"figures/{name}" for name in figures}


def test_every_citation_has_an_entry(source):
    keys = {
        key.strip()
        for group in re.findall(r"\\cite[pt]?(?:\[.*?\])*\{(.*?)\}", source)
        for key in group.split(",")
    }
    entries = re.findall(r"^@\w+\{(.*?),", (PAPER / "references.bib").read_text("utf-8"), re.M)
    assert keys == set(entries)
    assert len(entries) == len(set(entries))


def test_figures_fit_the_page(source):
    assert f"textwidth={style.TEXT_WIDTH}in" in source


def test_everything_rendered_has_a_caption_for_the_report():
    benchmark = ("benchmark", "benchmark_times", "benchmark_errors")
    for name in (*FIGURES, *TABLES, *benchmark):
        assert (REPORT / f"{Path(name).stem}.rst").read_text("utf-8").strip()
