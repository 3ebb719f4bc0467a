"""docs/examples.md: every block runs, and prints what stands below it, to a few per cent."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs/examples.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def test_every_block_has_its_output() -> None:
    assert len(EXAMPLES) == TEXT.count("```python") >= 4


@pytest.mark.parametrize(("code", "shown"), EXAMPLES)
def test_an_example_prints_what_is_shown(
    code: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(code, "docs/examples.md", "exec"), {})
    printed = capsys.readouterr().out
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", shown)
    wanted = [float(number) for number in NUMBER.findall(shown)]
    assert [float(n) for n in NUMBER.findall(printed)] == pytest.approx(wanted, rel=0.1, abs=0.02)
