"""What is said of other people's theorems: no recalled exponent, ranges, versions, settings."""

import re
from pathlib import Path

import pytest

from slth import theory, tickets

DOCS = (Path(__file__).parents[2] / "docs/constructions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", tickets.CONSTRUCTIONS)
def test_a_recalled_statement_has_no_exponent(name):
    statement = tickets.get(name).statement
    if "(memory)" in statement:
        assert not re.search(r"[²³⁴⁵⁶]|\^|\*\*|/eps(?!\)|,|\))|Θ", statement.replace("k²", "k k"))


def test_no_recalled_statement_of_the_docs_has_an_exponent():
    said = re.findall(r"\*\*Statement\.\*\*(.*?)\(memory\)", DOCS)
    assert len(said) >= 7
    for statement in said:
        assert not re.search(r"[²³⁴⁵⁶]|\)/eps|Θ|d³", statement.replace("k²", "k k"))


def test_neuron_removal_says_its_dimension_and_version():
    made = tickets.get("neuron_removal")
    assert "input dimension ≥ 2" in made.statement
    assert "v3" in made.source
    published = theory.PUBLISHED["ferre2026"]
    assert ">= 2" in published.setting
    assert "2603.02234 v3" in published.source


def test_vector_balancing_has_both_ranges():
    size = theory.PUBLISHED["turner2020"].size
    assert "omega(1) <= d <= o(n)" in size
    assert "d = O(sqrt(ln n))" in size


def test_lueker_and_its_later_proof_are_two_statements():
    lueker, later = (theory.PUBLISHED[key] for key in ("lueker1998", "dacunha2023rss"))
    assert "[-1/2, 1/2]" in lueker.setting
    assert "2 eps" in later.size
    assert "exp" not in lueker.size
    assert "2 eps" not in lueker.size


@pytest.mark.parametrize(("n", "k"), [(4, 3), (5, 3), (20, 11)])
def test_a_fixed_size_beyond_half_is_refused(n, k):
    with pytest.raises(ValueError, match=rf"^k: got {k}, takes an integer in \[1, {n // 2}\]"):
        theory.fixed_size(n, k, 0.1)
    assert theory.fixed_size(n, n // 2, 0.1) > 0


@pytest.mark.parametrize("name", ["binary_polynomial", "binary_polylog"])
def test_binary_sources_say_that_they_depend_on_the_target(name):
    assert "depends on the target" in " ".join(type(tickets.get(name)).__doc__.split())
    section = DOCS.split(f"## {name}\n")[1].split("\n## ")[0]
    assert re.search(r"depends on the\s+target", section)
