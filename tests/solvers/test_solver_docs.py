"""What docs/solvers.md says of a solver is of a registered one, whole, and cites its sources.

A solver without a section says the same of itself: `slth.solvers()` prints it.
"""

import re
from pathlib import Path

import pytest

from slth.solvers import _registry as registry

PAGE = (Path(__file__).parents[2] / "docs/solvers.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FAMILIES = PAGE.split("<!-- facts of the classes")[0]


@pytest.mark.parametrize("name", registry.SOLVERS)
def test_class_says_what_it_handles_cannot_costs_and_whence(name):
    assert all(registry.catalogue()[name][word].strip() for word in ("handles", "cannot", "cost"))
    assert registry.get(name).source
    assert registry.get(name).__doc__


@pytest.mark.parametrize("name", SECTIONS)
def test_section_says_what_it_handles_cannot_costs_and_whence(name):
    words = re.findall(r"^- \*\*(\w+)\*\*", SECTIONS[name], re.MULTILINE)
    assert words == ["Handles", "Cannot", "Cost", "Source"]


@pytest.mark.parametrize("name", SECTIONS)
def test_section_cites_the_solver_s_sources(name):
    cited = re.findall(r"(?:doi|arXiv):\S+?(?=[;,]?\s|$)", registry.get(name).source)
    assert all(source.rstrip(".") in SECTIONS[name] for source in cited)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_choice_table_names_it(name):
    assert re.search(rf'[`"]{name}[`"]', FAMILIES)


def test_no_section_of_a_solver_that_is_not_there():
    assert len(SECTIONS) >= 9
    assert set(SECTIONS) <= set(registry.SOLVERS)
