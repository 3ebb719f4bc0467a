"""Every registered construction has its section: statement, source, width, an example that runs."""

import re
from pathlib import Path

import pytest

from slth import tickets

TEXT = (Path(__file__).parents[2] / "docs/constructions.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))


def test_sections_are_the_registry():
    assert list(SECTIONS) == list(tickets.CONSTRUCTIONS)
    assert re.findall(r"^\| `(\w+)`", TEXT, re.MULTILINE) == list(tickets.CONSTRUCTIONS)


@pytest.mark.parametrize("name", tickets.CONSTRUCTIONS)
def test_section(name, capsys):
    section = SECTIONS[name]
    for word in ("**Statement.**", "**Source.**", "**Predicted width.**"):
        assert section.count(word) == 1
    surname = re.split(r"\W", tickets.get(name).source)[0]
    assert surname in section
    (example,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert f'"{name}"' in example
    exec(compile(example, f"constructions.md, {name}", "exec"), {})
    assert capsys.readouterr().out
