"""The worked calls of docs/thresholds.md run, and its table names functions that there are."""

import re
from pathlib import Path

import pytest

from slth import theory

TEXT = (Path(__file__).parents[2] / "docs/thresholds.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs_and_prints(block, capsys):
    exec(compile(block, "docs/thresholds.md", "exec"), {})
    assert re.search(r"\d", capsys.readouterr().out)


def test_the_table_names_what_there_is():
    rows = [line for line in TEXT.splitlines() if line.startswith("|")][2:]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[2])]
    assert len(named) >= 18
    assert set(named) <= set(theory.__all__)
