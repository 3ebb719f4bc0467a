"""A run of one study has its result in the abstract, whatever the data; others leave it out."""

import importlib
import re
import string
from enum import Enum
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slth import studies
from slth.studies.printing.abstract import expanded
from slth.studies.quantised.fitting import Form
from tests.studies import rendering_data as data
from tests.studies.learned.test_learned_rendering import masks, with_early
from tests.studies.price.test_price_claims import SIZES, sweep
from tests.studies.quantised.test_quantised_claims import planted as coverings
from tests.studies.quantised.test_quantised_claims import same
from tests.studies.replicas.test_replicas import failures, lenet
from tests.studies.restrictions.test_restrictions import planted as lifted
from tests.studies.test_wordings import dicts

SOURCE = (Path(__file__).parents[2] / "paper/sections/abstract.tex").read_text("utf-8")
MACROS = {
    "depth": "DepthAbstract",
    "learned": "MasksAbstract",
    "price": "PriceAbstract",
    "quantised": "QuantisedAbstract",
    "replicas": "ReplicasAbstract",
    "restrictions": "RestrictionsAbstract",
    "sandwich": "SandwichAbstract",
}
STRONGER = sorted(set(studies.names()) - set(MACROS))
WORDS = "two|three|four|five|six|seven|eight|nine"
NUMBER = re.compile(rf"\d[\d.]*|\b(?:{WORDS})\b")


def numbers(text: str) -> list[int]:
    """How many numbers each sentence has; thousands, powers of ten and LeNet-5 are part of one."""
    text = re.sub(r"\\,|LeNet-\$5\$|\\times10\^\{.*?\}|[${}]", "", text)
    return [len(NUMBER.findall(each)) for each in re.split(r"(?<=\.) (?=[A-Z])", text)]


def test_numbers_are_counted_by_sentence() -> None:
    assert numbers("Of $11\\,250$ pairs two miss. It is $2.5\\times10^{-3}$ or one.") == [2, 1]


def deep(upper: float, lower: float = 0.1, layers: int = 6, theorem: float = 9.0) -> pd.DataFrame:
    row = {"kind": "signed", "d": 4, "n": 34, "lower": lower, "upper": upper, "size": 1.0}
    row |= {"size_low": 1.0, "layer_sum_low": 1.0, "layer_sum": 1.0, "theorem": theorem}
    depths = sorted({1, layers})
    return pd.DataFrame([row | {"layers": k, "replicate": r} for k in depths for r in range(3)])


def pairs(violated: int = 0, inside: float = 1.0, depths: tuple[int, ...] = (1, 3)) -> pd.DataFrame:
    row = {"part": "pair", "eps": 0.1, "replicate": 0, "lower": 1.0, "upper": 2.0, "probes": 500}
    small = {"part": "small", "depth": 1, "lower": 1.0, "upper": 1.2, "exact": 1.1}
    rows = [row | {"depth": depth, "violated": violated} for depth in depths]
    return pd.DataFrame([*rows, *([small | {"inside": inside}] * 2)])


def dense(hits: int, name: str = "digits") -> pd.DataFrame:
    row = {"coefficients": "rows", "n": 21, "eps": 0.01, "replicate": 0, "asked": "least"}
    row |= {"data": name, "problems": 10, "hits": hits, "worst_error": 0.02, "weights": 3700}
    row |= {"widths": "64-50-10", "train": 100, "held_out": 50, "native_side": 8, "side": 8}
    row |= {"largest_weight": 0.9, "kept_a_weight": 9.0, "work": 100, "decisions_changed": 0}
    row |= {"accuracy_target": 0.9, "accuracy_ticket": 0.9, "candidates": 10, "proved": 10}
    return pd.DataFrame([row])


def structured(entry: float, *rest: float) -> pd.DataFrame:
    kinds = zip(("kernel", "filter"), rest, strict=False)
    sweeps = [sweep("structured_convolution-entry", entry / SIZES)]
    sweeps += [sweep(f"structured_convolution-{kind}", by / SIZES, d=4) for kind, by in kinds]
    return pd.concat(sweeps)


PLANTED = coverings(same(Form(1.5, 2.0)))
COVERINGS = dict(zip(("quantised", "quantised_law"), PLANTED, strict=True))
CASES = [  # study, its tables, what is said
    ("depth", {"depth": deep(0.5)}, "six layers .* do not add up in full.* 0.50.* holds for every"),
    ("depth", {"depth": deep(2.0, 1.5)}, "add up in full at least once"),
    ("depth", {"depth": deep(2.0)}, "the certified bracket does not decide it"),
    ("depth", {"depth": deep(2.0, layers=1)}, "Targets of one layer have no errors that add up"),
    ("depth", {"depth": deep(2.0, 1.5, theorem=1.0)}, "In six of six tickets the lower"),
    ("depth", {"depth": deep(np.nan, np.nan)}, "does not decide"),
    ("restrictions", {"restrictions": lifted()}, "lifted no restriction"),
    ("restrictions", {"restrictions": lifted(seeds=1, tanh=2.0)}, "has no interval.* is .* times"),
    ("restrictions", {"restrictions": lifted(tanh=2.0)}, r"for tanh, and .* rises for certain\."),
    ("restrictions", {"restrictions": lifted(tanh=0.5)}, "does not rise for certain"),
    ("restrictions", {"restrictions": lifted(tanh=0.5, valid=1.0)}, "in no case"),
    ("restrictions", {"restrictions": lifted(tanh=2.0, valid=1.0)}, r"in one case\."),
    ("restrictions", {"restrictions": lifted(tanh=2.0, valid=3.0)}, "Lifting two .* in every case"),
    ("replicas", {"replicas_dense": dense(10)}, "is reproduced, on another network"),
    ("replicas", {"replicas_dense": dense(9)}, "is not reproduced, on another network"),
    ("replicas", {"replicas_lenet": lenet(7e-6, 3e-5)}, "each of two published errors"),
    ("replicas", {"replicas_lenet": lenet(7e-6, 8e-6)}, "hold one of two published errors"),
    ("replicas", {"replicas_lenet": lenet(1e-6, 2e-6)}, "none of two published errors"),
    ("replicas", {"replicas_failures": failures(0.003, 0.005)}, "Our interval holds the"),
    ("replicas", {"replicas_failures": failures(0.0041, 0.005)}, "does not hold the published"),
    ("replicas", {"replicas_lenet": lenet(0.1).assign(n=14)}, "repeated no published experiment"),
    ("learned", {"learned": masks(0.1)}, "weights .*, and masks of whole filters .* in all 30"),
    ("learned", {"learned": masks(0.99)}, "in none of 30 cases"),
    ("learned", {"learned": masks(0.1, seeds=1)}, "trained and not pruned reach"),
    ("learned", {"learned": masks().query("granularity == 'edge'")}, "weights reach .*%. Networks"),
    ("learned", {"learned": masks().query("granularity == 'filter'")}, "whole filters reach"),
    ("learned", {"learned": masks().iloc[:4]}, "no mask of untrained weights. Networks that"),
    ("learned", {"learned": with_early(masks(), 0.1)}, "in all 30 cases"),
    ("price", {"price": structured(1.5, 3.0)}, "removing kernels takes .* 2.0 times as large"),
    ("price", {"price": structured(1.5, 3.0, 4.5)}, "kernels or whole filters .* 2.0.* to .*3.0"),
    ("price", {"price": structured(3.0, 1.5)}, "and so not always a larger one"),
    ("price", {"price": structured(1.5)}, "cannot be compared .* One construction reaches"),
    ("price", {"price": structured(90.0)}, "No construction reaches the error"),
    ("quantised", COVERINGS, "candidates more"),
    ("quantised", {"quantised": COVERINGS["quantised"]}, "no pair of an observed and a predicted"),
    ("sandwich", {"sandwich": pairs()}, "none of .* exceeds the upper end.* holds .* both .*2.00"),
    ("sandwich", {"sandwich": pairs(1)}, "exceed the upper end for two pairs: it is not sound"),
    ("sandwich", {"sandwich": pairs(inside=0.0)}, "none of two small pairs"),
    ("sandwich", {"sandwich": pairs(depths=(2,)).iloc[:1]}, r"lower end is \$2.00\$\.$"),
    *((study, {}, "(no|cannot|nothing)") for study in MACROS),
]  # fmt: skip


@pytest.mark.parametrize(("study", "tables", "wanted"), CASES)
def test_a_result_is_said_of_any_data(study: str, tables: dict, wanted: str) -> None:
    claims = importlib.import_module(f"slth.studies.{study}.claims")
    empty = {name: pd.DataFrame() for name in data.tables_read(study)}
    said = claims.macros(empty | tables)[MACROS[study]]
    assert re.search(wanted, said.replace("$", "") if "$" not in wanted else said), said
    assert said[0].isupper()
    assert said.endswith(".")
    assert max(numbers(said)) <= 2, said
    assert not re.search(r"--|nan|\binf\b|  |\b0 of|\b1 \w+s\b", said), said


@pytest.mark.parametrize("study", MACROS)
def test_no_wording_holds_more_than_two_numbers(study: str) -> None:
    """A field is a number at most, or two for a range; those of names hold none."""
    named = {"kinds", "units", "variant", "elsewhere", "off", "loose", "targets", "missed"}
    ranges = {"factors", "ratios", "sizes"}
    abstracts = {k: v for k, v in dicts(study).items() if k.startswith("ABSTRACT")}
    assert abstracts
    for name, wordings in abstracts.items():
        for verdict, words in wordings.items():
            assert isinstance(verdict, Enum)
            fields = {field for _, field, _, _ in string.Formatter().parse(words) if field}
            filled = {f: "x" if f in named else "3 to 8" if f in ranges else "7" for f in fields}
            assert max(numbers(words.format_map(filled))) <= 2, (name, verdict)


@pytest.mark.parametrize("study", MACROS)
def test_it_stands_there_only_where_nothing_stronger_does(study: str) -> None:
    known = {name: f"<{name}>" for name in re.findall(r"\\([A-Z]\w+)\{\}", SOURCE)}
    assert f"<{MACROS[study]}>" in expanded(SOURCE, [study], known)
    for other in STRONGER:
        text = expanded(SOURCE, [study, other], known)
        assert f"<{MACROS[study]}>" not in text
        assert "<" in text
    weak = expanded(SOURCE, list(MACROS), known)
    assert all(f"<{name}>" in weak for name in MACROS.values())
