"""Counts of one in print: "the one point", not "none of one point" or "over 1 tickets"."""

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest

from slth.studies.printing.formatting import all_of, counts, out_of
from slth.studies.printing.numbering import chosen
from tests.studies import rendering_data as data
from tests.studies.cnns import cnns_data
from tests.studies.learned.test_learned_rendering import masks, routes
from tests.studies.learned.test_learned_rendering import measured as learned
from tests.studies.power.test_power_claims import planted as powers
from tests.studies.price.test_price_claims import fixed_sizes
from tests.studies.replicas.test_replicas import failures, lenet
from tests.studies.restrictions.test_restrictions import planted as restrictions
from tests.studies.test_abstract_alone import COVERINGS, deep, dense, pairs, structured

SECTIONS = Path(__file__).parents[2] / "paper/sections"
NOUNS = (
    "answers|arms|brackets|candidates|cases|channels|claims|comparisons|draws|fits|images|instances|"
    "intervals|networks|pairs|points|problems|rates|samples|seeds|sizes|sweeps|targets|tickets|"
    "trials|weights"
)
ONE = re.compile(
    r"\b(?:none|one|0|1) of (?:the )?(?:one|1)\b|\b(?:all|each of|every one of) (?:one|1)\b|"
    rf"(?<![\w.,=^\\$-])(?:1|one) (?:[a-z-]+ )?(?:{NOUNS})\b"
)


def test_out_of() -> None:
    assert [out_of(some, 1, "point") for some in (0, 1)] == ["no point", "the one point"]
    assert [out_of(some, 3, "point") for some in (0, 1, 3)] == [
        "none of three points",
        "one of three points",
        "three of three points",
    ]
    assert out_of(0, 12, "problem of two", "problems of two") == "none of 12 problems of two"


def test_all_of() -> None:
    said = [all_of(total, "point") for total in (1, 2, 3, 45)]
    assert said == ["the one point", "both points", "all three points", "all 45 points"]


def test_counts() -> None:
    assert [counts(each, "point") for each in ([1, 1], [3, 3], [1, 20], [])] == [
        "one point",
        "three points",
        "1 to 20 points",
        "-- points",
    ]


@pytest.mark.parametrize(
    "text",
    ["at none of one point", "in 1 of 1 tickets", "over 1 tickets", "In all 1 cases", "1 pairs"],
)
def test_the_check_sees_it(text: str) -> None:
    assert ONE.search(text)


def frames() -> Iterator[tuple[str, dict[str, pd.DataFrame]]]:
    tickets = data.tickets()
    chain = data.measured(data.thresholds(), tickets, data.blocks(tickets), data.networks())
    for study in data.CHAIN:
        yield study, {name: chain.get(name, pd.DataFrame()) for name in data.tables_read(study)}
    yield "cnns", {"cnns": cnns_data.rows(), "cnns_networks": cnns_data.trained()}
    yield "depth", {"depth": deep(0.5)}
    yield "learned", learned(masks(), routes())
    yield "power", {"power": powers({"nsn": 0.9, "normal": 0.3}, noise=0.2)}
    yield "price", {"price": structured(1.5, 3.0), "sizes": fixed_sizes(0.4)}
    yield "quantised", COVERINGS
    yield "replicas", {"replicas_dense": dense(9), "replicas_lenet": lenet(7e-6, 8e-6)}
    yield "replicas", {"replicas_failures": failures(0.0041, 0.005)}
    yield "restrictions", {"restrictions": restrictions(tanh=2.0)}
    yield "sandwich", {"sandwich": pairs()}


def cut(table: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """The rows that share the first value of every key."""
    for key in keys:
        if key in table.columns and len(table):
            table = table[table[key] == table[key].iloc[0]]
    return table.reset_index(drop=True)


CUTS = [
    ("replicate",),
    ("n",),
    ("d",),
    ("arm",),
    ("replicate", "n"),
    ("replicate", "arm", "n", "d"),
]


def section(study: str, macros: Mapping[str, str]) -> str:
    """The sections of a study as TeX would set them."""
    paths = [SECTIONS / f"{study}.tex", *SECTIONS.glob(f"{study}_*.tex")]
    text = "\n\n".join(path.read_text("utf-8") for path in paths if path.exists())
    text = chosen(re.sub(r"(?<!\\)%.*", "", text), [study])
    text = re.sub(r"\\([A-Z][A-Za-z]+)\{\}", lambda found: macros.get(found[1], ""), text)
    return " ".join(text.split())


@pytest.mark.parametrize("keys", [(), *CUTS], ids=" ".join)
@pytest.mark.parametrize(
    ("study", "tables"), [pytest.param(*each, id=each[0]) for each in frames()]
)
def test_one_is_said_as_one(study: str, tables: dict, keys: tuple[str, ...]) -> None:
    claims = importlib.import_module(f"slth.studies.{study}.claims")
    empty = {name: pd.DataFrame() for name in data.tables_read(study)}
    some = {name: cut(table, keys) for name, table in tables.items()}
    text = section(study, claims.macros(empty | some))
    found = [text[max(0, m.start() - 40) : m.end() + 20] for m in ONE.finditer(text)]
    assert not found
