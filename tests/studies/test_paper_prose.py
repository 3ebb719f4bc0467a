"""The paper's source: no typed numbers, nothing asked of the run that the code does not write."""

import importlib
import re
from pathlib import Path

import pandas as pd
import pytest

from slth import studies
from slth.studies.printing import style
from tests.studies import rendering_data as data

PAPER = Path(__file__).parents[2] / "paper"
OWN = {"Seed", "Studies", "Computed"}  # of the paper as a whole


SECTIONS = sorted(path.stem for path in (PAPER / "sections").glob("*.tex"))


def owner(section: str) -> str:
    """The study that a section is of, wholly or as a further part of it; "" for one of none."""
    first = section.split("_", maxsplit=1)[0]
    return first if first in studies.names() else ""


def included(section: str) -> str:
    """The line of main.tex that includes a section."""
    if section in studies.names():
        return rf"\study{{{section}}}"
    study = owner(section)
    if study:
        return rf"\rest{{{study}}}{{{section.removeprefix(study + '_')}}}"
    return rf"\input{{sections/{section}}}"


@pytest.fixture(scope="module")
def source() -> str:
    """The whole paper: its sections stand where they are included."""
    main = (PAPER / "main.tex").read_text(encoding="utf-8")
    for name in SECTIONS:
        section = (PAPER / "sections" / f"{name}.tex").read_text(encoding="utf-8")
        assert main.split("\n").count(included(name)) == 1, name
        main = main.replace(included(name), section)
    return re.sub(r"(?<!\\)%.*", "", main)


def test_every_study_has_its_section_and_its_rules() -> None:
    main = (PAPER / "main.tex").read_text(encoding="utf-8")
    for study in studies.names():
        assert (PAPER / "sections" / f"{study}.tex").exists()
        assert (PAPER.parent / "workflow" / "rules" / f"{study}.smk").exists()
        assert rf"\study{{{study}}}" in main


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
    found = data.macros(data.measured(data.thresholds(), *_tickets()))
    for study in set(studies.names()) - set(data.CHAIN):
        claims = importlib.import_module(f"slth.studies.{study}.claims")
        found |= claims.macros({name: pd.DataFrame() for name in data.tables_read(study)})
    used = set(
        re.findall(r"\\([A-Z][a-z]+[A-Z][A-Za-z]+|Seed|Studies|Computed)(?![A-Za-z])", source)
    )
    assert used == {*found, *OWN}


def alone(section: str, study: str) -> str:
    r"""A section in a run that has one study and no other; \ifstudy{…}{…}{…} leaves one part."""
    text = (PAPER / "sections" / f"{section}.tex").read_text(encoding="utf-8")
    text = re.sub(r"(?<!\\)%.*", "", text)
    while (start := text.find(r"\ifstudy{")) >= 0:
        place, parts = start + len(r"\ifstudy"), []
        for _ in range(3):
            assert text[place] == "{", section
            end = place + 1
            depth = 1
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
            parts.append(text[place + 1 : end - 1])
            place = end
        text = text[:start] + parts[1 if parts[0] == study else 2] + text[place:]
    return text


def test_alone_leaves_what_other_studies_add_out() -> None:
    assert r"\CnnAnswer" not in alone("introduction", "replicas")
    assert r"\ThresholdAbstract" not in alone("abstract", "tickets")
    assert r"\ThresholdAbstract" in alone("abstract", "threshold")


@pytest.mark.parametrize("study", ["", *studies.names()])
def test_a_run_of_one_study_needs_no_other(study: str) -> None:
    """Neither its numbers nor its labels: any study may be switched off."""
    texts = {name: alone(name, study) for name in SECTIONS if owner(name) in ("", study)}
    whole, numbers = "".join(texts.values()), set(OWN)
    if study:
        claims = importlib.import_module(f"slth.studies.{study}.claims")
        numbers |= set(claims.macros({t: pd.DataFrame() for t in data.tables_read(study)}))
    labels = set(re.findall(r"\\label\{(.*?)\}", whole))
    for name, text in texts.items():
        used = set(re.findall(r"\\([A-Z][a-z]+[A-Z][A-Za-z]+)(?![A-Za-z])", text))
        assert used <= numbers, name
        assert set(re.findall(r"\\(?:eq)?ref\{(.*?)\}", text)) <= labels, name


@pytest.mark.parametrize("study", ["", *studies.names()])
def test_no_section_is_empty(study: str) -> None:
    shown = [name for name in SECTIONS if owner(name) in ("", study)]
    order = {name: place for place, name in enumerate(_order())}
    whole = "".join(alone(name, study) for name in sorted(shown, key=order.__getitem__))
    parts = re.split(r"\\(?:sub)*section\{.*\}(?:\\label\{.*\})?\n", whole)[1:]
    assert parts
    assert all(len(part.strip()) > 200 for part in parts)


def _order() -> list[str]:
    """Sections in the order of main.tex."""
    lines = (PAPER / "main.tex").read_text(encoding="utf-8").split("\n")
    return sorted(SECTIONS, key=lambda name: lines.index(included(name)))


def test_every_float_is_cited(source: str) -> None:
    floats = re.findall(r"\\begin\{(figure|table)\}(.*?)\\end\{\1\}", source, flags=re.DOTALL)
    labels = {label for _, text in floats for label in re.findall(r"\\label\{(.*?)\}", text)}
    assert len(labels) == len(floats)
    assert labels <= set(re.findall(r"\\ref\{(.*?)\}", source))


def _tickets() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    tickets = data.tickets()
    return tickets, data.blocks(tickets), data.networks()


def test_every_file_included_is_listed(source):
    inputs = set(re.findall(r"\\(?:input|fitted)\{(\w[^#}]*)\}", source))
    every = studies.names()
    tables = {name for each in every for name in studies.listed(each, "tables", "TABLES")}
    assert inputs == {"numbers/provenance", "tables/provenance", *(f"tables/{t}" for t in tables)}
    figures = {name for each in every for name in studies.listed(each, "figures", "FIGURES")}
    graphics = set(re.findall(r"\\includegraphics(?:\[.*?\])?\{(.*?)\}", source))
    assert graphics == {f"figures/{name}.pdf" for name in figures}


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
