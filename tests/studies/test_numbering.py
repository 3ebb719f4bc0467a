"""Numbers of figures and tables: those that TeX counts, in runs of all studies and of some."""

import re
from pathlib import Path

import pytest

from slth import studies
from slth.studies.printing.numbering import aligned, chosen, numbered, sections, shows

ROOT = Path(__file__).parents[2]
FIGURE = r"\begin{figure}\includegraphics{figures/%s.pdf}\caption{.}\end{figure}"
TABLE = r"\begin{table}\fitted{tables/%s}\end{table}"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    (tmp_path / "sections").mkdir()
    main = (
        r"\newcommand{\study}[1]{} \begin{document} \input{sections/first} \study{b} \rest{b}{more}"
    )
    (tmp_path / "main.tex").write_text(main)
    title, by_hand = r"\section{\texorpdfstring{$n$}{n} first}", r"\begin{table}by hand\end{table}"
    first = title + FIGURE % "one" + by_hand + r"\ifstudy{b}{%s}{}" % (FIGURE % "two")
    sections = {
        "first": first,
        "b": r"\section{Of b}\label{b}" + FIGURE % "three" + TABLE % "four",
        "b_more": r"\appendix\section{More\ifstudy{b}{ of b}{}}\input{tables/five}",
    }
    for name, text in sections.items():
        (tmp_path / "sections" / f"{name}.tex").write_text(text)
    return tmp_path


def test_captions_are_counted_in_the_order_of_the_paper(paper: Path) -> None:
    assert numbered(paper, ["b"]) == {
        "figures/one": "Figure 1",
        "figures/two": "Figure 2",
        "figures/three": "Figure 3",
        "tables/four": "Table 2",
        "tables/five": "Table 3",
    }
    assert numbered(paper, []) == {"figures/one": "Figure 1"}


def test_what_is_shown_has_the_section_that_it_stands_in(paper: Path) -> None:
    assert sections(paper, ["b"]) == {
        "figures/one": " 1 n first",
        "figures/two": " 1 n first",
        "figures/three": " 2 Of b",
        "tables/four": " 2 Of b",
        "tables/five": "A More of b",
    }
    assert sections(paper, []) == {"figures/one": " 1 n first"}


def test_sections_of_the_paper_sort_as_text() -> None:
    found = list(dict.fromkeys(sections(ROOT / "paper", studies.names()).values()))
    assert len(found) > 20
    assert sorted(found) == found
    assert all("\\" not in title for title in found)
    assert set(sections(ROOT / "paper", studies.names())) == set(
        numbered(ROOT / "paper", studies.names())
    )


def test_numbers_sort_as_text() -> None:
    numbers = [f"Figure {n}" for n in (1, 2, 9, 10, 11, 20, 100)]
    assert sorted(map(aligned, numbers)) == list(map(aligned, numbers))
    assert aligned("") == ""


def test_one_part_is_chosen() -> None:
    text = r"a \ifstudy{x}{b {c} \ifstudy{y}{d}{e}}{f} g"
    assert chosen(text, ["x"]) == "a b {c} e g"
    assert chosen(text, ["x", "y"]) == "a b {c} d g"
    assert chosen(text, []) == "a f g"
    with pytest.raises(ValueError, match="no closing brace"):
        chosen(r"\ifstudy{x}{b}{c", [])


def test_everything_that_a_study_shows_has_a_number() -> None:
    every = studies.names()
    found = numbered(ROOT / "paper", every)
    for part, kind in (("figures", "Figure"), ("tables", "Table")):
        names = {name for each in every for name in studies.listed(each, part, part.upper())}
        assert all(found[f"{part}/{name}"].startswith(kind) for name in names)
        if kind == "Figure":
            numbers = [int(re.sub(r"\D", "", found[f"{part}/{name}"])) for name in names]
            assert sorted(numbers) == list(range(1, len(names) + 1))


def test_every_caption_of_the_report_begins_with_what_is_shown() -> None:
    for path in (ROOT / "workflow/report").glob("*/*.rst"):
        assert 2 <= len(shows(path).split()) <= 24, path
