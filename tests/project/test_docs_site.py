"""The site's settings name every page, and every link of a page leads somewhere."""

import importlib.util
import re
import types
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.test_docstrings import CALLABLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)")


def listed(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    values = entry.values() if isinstance(entry, dict) else entry
    return [page for value in values for page in listed(value)]


def hooks() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("hooks", DOCS / "hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_navigation_once() -> None:
    assert sorted(listed(SETTINGS["nav"])) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_links_of_a_page_lead_to_files(page: str) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.S)
    links = LINK.findall(text)
    inner = [link for link in links if not link.startswith("http")]
    assert [link for link in inner if not (DOCS / page).parent.joinpath(link).exists()] == []


def test_links_out_of_the_site_go_to_the_repository() -> None:
    page = types.SimpleNamespace(file=types.SimpleNamespace(src_uri="reference/a.md"))
    text = "[a](../../config/README.md#x) [b](../solvers.md) [c](https://x.org) [d](other.md)"
    made = hooks().on_page_markdown(text, page=page, config={"repo_url": "https://host/slth/"})
    assert made == text.replace("../../config", "https://host/slth/blob/main/config")


def test_examples_of_docstrings_become_code() -> None:
    text = "Words.\n\n>>> f(\n...     1)\n2\n>>> g()\n3\n\nMore.\n```\n>>> h()\n```\n>>> k()"
    made = "Words.\n\n```pycon\n>>> f(\n...     1)\n2\n>>> g()\n3\n```\n\nMore.\n"
    made += "```\n>>> h()\n```\n```pycon\n>>> k()\n```"
    assert hooks().fenced(text.split("\n")) == made.split("\n")


def test_reference_pages_name_every_public_class_and_function_once() -> None:
    """But `slth.solvers`, which is a package's name too: its page has it in words."""
    names = [
        name.removeprefix("slth.")
        for page in PAGES
        if page.startswith("reference/")
        for name in re.findall(r"^::: ([\w.]+)$", (DOCS / page).read_text(encoding="utf-8"), re.M)
    ]
    at_the_top = {"Bracket": "supnorm.Bracket", "Ticket": "tickets.Ticket"}
    assert len(names) == len(set(names))
    assert set(names) == {at_the_top.get(name, name) for name in CALLABLES} - {"solvers"}
