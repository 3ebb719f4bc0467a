"""Sentences that the data choose, read over all studies: punctuation, units, plain wording."""

import importlib
import re
from collections.abc import Iterator

import pandas as pd
import pytest

from slth import studies
from tests.studies import rendering_data as data
from tests.studies.cnns import cnns_data

FORBIDDEN = {  # what a reader stumbles over: an example
    r"\bat 0 of\b": "the interval holds zero at 0 of them",
    r"\b0 of them\b": "at 0 of them",
    r"\bin the median\b": "is 3 in the median",
    r"\b(?:halving|doubling|candidate|point|row|size|instance)s? a (?:point|doubling|weight|row|"
    r"candidate|coordinate)\b": "two halvings a doubling",
    r"\\%\s*(?:\\,)?\\%": r"$3$\,\%\,\%",
    r"\.\.(?!\.)": "It falls..",
    r"(?<!\d)\s[,.;:](?!\d)": "It falls .",
    r"\. [a-z]": "It falls. then it rises",
    r";\s*[.;,]": "It falls;.",
    r"\bnone or\b|\bnan\b|\binf\b": "nan of the target",
    r"\(\s*\)": "the rest ()",
    r"  ": "two  spaces",
}
ABBREVIATIONS = re.compile(r"\b(?:vs|cf|Fig|Sec|Tab)\. ")


def texts() -> Iterator[tuple[str, str]]:
    """(study and macro, text) of every macro: of empty tables, and of made ones where there are."""
    for study in studies.names():
        claims = importlib.import_module(f"slth.studies.{study}.claims")
        empty = {name: pd.DataFrame() for name in data.tables_read(study)}
        yield from ((f"{study}, empty: {n}", t) for n, t in claims.macros(empty).items())
    tickets = data.tickets()
    made = data.measured(data.thresholds(), tickets, data.blocks(tickets), data.networks())
    yield from ((f"made: {n}", t) for n, t in data.macros(made).items())
    claims = importlib.import_module("slth.studies.cnns.claims")
    whole = {name: pd.DataFrame() for name in data.tables_read("cnns")}
    tickets = pd.concat([cnns_data.rows(), cnns_data.dense()], ignore_index=True)
    whole |= {"cnns": tickets, "cnns_networks": cnns_data.trained()}
    yield from ((f"cnns, made: {n}", t) for n, t in claims.macros(whole).items())


TEXTS = dict(texts())


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_sentence_has_it(pattern: str) -> None:
    shown = {name: ABBREVIATIONS.sub("", text) for name, text in TEXTS.items()}
    found = {name: text for name, text in shown.items() if re.search(pattern, text)}
    assert not found


@pytest.mark.parametrize(("pattern", "example"), FORBIDDEN.items())
def test_the_check_sees_it(pattern: str, example: str) -> None:
    assert re.search(pattern, example)


def test_braces_and_dollars_close() -> None:
    for name, text in TEXTS.items():
        plain = re.sub(r"\\[{}$]", "", text)
        assert plain.count("{") == plain.count("}"), name
        assert plain.count("$") % 2 == 0, name


def test_whole_sentences_begin_with_a_capital_and_end_with_a_stop() -> None:
    for name, text in TEXTS.items():
        if text.endswith("."):
            assert not text[0].islower(), name
