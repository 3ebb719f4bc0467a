"""Facts in docs/solvers.md and docs/constructions.md are those of the classes (`make schema`).

What has no row there yet is not missed: a new solver is its file and its line of the registry.
"""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from slth.solvers import _registry as solvers
from slth.tickets import CONSTRUCTIONS

DOCS = Path(__file__).parents[2] / "docs"
REGISTRIES = {"solvers.md": solvers.SOLVERS, "constructions.md": CONSTRUCTIONS}


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("facts_page", DOCS / "facts_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", REGISTRIES)
def test_pages_are_current(page: str, script: Any) -> None:
    known = script.names(text(page))
    assert script.page(text(page), known) == text(page)
    assert known == [name for name in REGISTRIES[page] if name in known]
    sections = re.findall(r"^## (\w+)$", text(page), re.M)
    assert sections == [block[3] for block in script.BLOCK.finditer(text(page)) if block[3]]
    assert set(sections) <= set(known)


@pytest.mark.parametrize("page", REGISTRIES)
def test_an_edited_fact_is_set_right_and_a_lacking_row_added(page: str, script: Any) -> None:
    blocks = script.BLOCK.sub(r"\1other words\4", text(page))
    assert "other words" in blocks
    whole = script.page(blocks)
    assert script.names(whole) == list(REGISTRIES[page])
    assert script.page(whole) == whole


@pytest.mark.parametrize("words", ["solver nobody", "constructions mitm", "laws"])
def test_a_block_of_something_else_is_named(words: str, script: Any) -> None:
    marked = f"<!-- facts of the classes: {words} -->\n\n<!-- facts of the classes: end -->"
    with pytest.raises(ValueError, match=words.split()[-1]):
        script.page(marked)


def test_facts_are_those_of_the_attributes(script: Any) -> None:
    page = script.page(text("solvers.md"))
    assert "| `mitm` | meet in the middle | ≤ 64 | yes | yes | cpu, cuda |" in page
    assert "| no, the optimum to n = 24 | yes | cpu, cuda |" in page
    assert f"- **Cost**: {solvers.get('klist').cost}." in page
    page = script.page(text("constructions.md"))
    assert "| RSS, ℓ+1 layers | single weights | halved by so many more candidates |" in page
