"""docs/config.md is what the typed settings say, and names every key of config.yaml."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from slth.configuration import schema

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/config.md").read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    """`make schema` writes it."""
    spec = importlib.util.spec_from_file_location("config_page", ROOT / "docs/config_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page(schema()) == PAGE


def paths(value: Any, above: str) -> Iterator[str]:
    """Keys of a config's block as the page writes them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{above}.{key}" if above else key
            yield path
            yield from paths(inner, path)
    elif isinstance(value, list):
        for entry in value:
            yield from paths(entry, f"{above}[]")


def test_every_key_of_the_config_is_on_the_page() -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    sections = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
    checked = 0
    for name, block in config.items():
        section = sections.get(name, sections["Of the whole run"])
        for path in paths(block, "") if name in sections else [name]:
            assert f"| `{path}` |" in section, f"{name}: {path}"
            checked += 1
    assert checked > 200
