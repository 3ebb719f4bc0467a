"""What docs/constructions.md says is of a registered construction, whole, and its example runs.

A construction without a section says statement and source on its class.
"""

import re
from pathlib import Path

import pytest

from slth import tickets

TEXT = (Path(__file__).parents[2] / "docs/constructions.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))


def test_sections_are_of_the_registry_in_its_order():
    known = [name for name in tickets.CONSTRUCTIONS if name in SECTIONS]
    assert list(SECTIONS) == known
    assert len(SECTIONS) >= 10
    assert re.findall(r"^\| `(\w+)`", TEXT.split("<!-- facts")[0], re.MULTILINE) == known


@pytest.mark.parametrize("name", tickets.CONSTRUCTIONS)
def test_class_says_statement_and_source(name):
    made = tickets.get(name)
    assert made.name == name
    assert made.statement
    assert made.source
    assert type(made).__doc__


@pytest.mark.parametrize("name", SECTIONS)
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
