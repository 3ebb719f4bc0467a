"""What the README shows, works: its examples, its faults, its paths and commands."""

import re
from pathlib import Path

import pytest
import torch

import slth
from slth.configuration import faults
from slth.configuration import schema as config_schema

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]


def only(blocks: list[str], words: str) -> str:
    (found,) = [block for block in blocks if words in block]
    return found


def test_readme_is_two_screens_and_begins_with_a_network() -> None:
    assert len(README.splitlines()) <= 100
    assert "tickets.build" in PYTHON[0]
    assert README.index("](docs/chain.svg)") < README.index(PYTHON[0]) < README.index("make paper")


def test_network_of_the_readme_becomes_a_ticket(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    exec(compile(only(PYTHON, "tickets.build"), "README.md", "exec"), {})
    *printed, last = capsys.readouterr().out.splitlines()
    agreement, error, bound = map(float, last.split())
    assert printed[0].startswith("Ticket of structured_convolution: 2 layers")
    assert agreement > 0.95
    assert error < 0.01
    assert error < bound < 1
    assert slth.tickets.load("ticket.npz").construction == "structured_convolution"


def test_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(only(PYTHON, "slth.sample"), "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("HIT 0.0")


def test_faults_of_the_readme_are_those_printed() -> None:
    schema = config_schema()
    printed = faults({"threshold": {"eps": 0}, "seeed": 1}, schema)
    (shown,) = [code for language, code in BLOCKS if language == "text"]
    lines = shown.splitlines()
    assert len(lines) == len(printed)
    for line, whole in zip(lines, printed, strict=True):  # … is for the keys of all studies
        assert f"config: {whole}".startswith(line.removesuffix("…"))


def test_links_of_the_readme_lead_to_files() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake (\w+)    ", README)) | {"check", "report", "full", "clean"}
    assert {"paper", "test"} <= named
    assert [name for name in named if f"\n{name}:" not in makefile] == []
