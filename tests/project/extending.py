"""docs/extending.md, carried out: its blocks put into a copy of the project, line by line."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.workflow.conftest import PROJECT, Checkout, environment

PAGE = (PROJECT / "docs/extending.md").read_text(encoding="utf-8")
SECTIONS = {
    title.split()[1]: body
    for title, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
BLOCK = re.compile(r"(?P<words>[^\n]*)\n\n?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
PLACE = re.compile(r"In `(?P<path>[^`]+)`, (?P<side>before|after) the line `(?P<line>[^`]+)`:")
NEW = re.compile(r"New file `(?P<path>[^`]+)`:")


class Block(NamedTuple):
    """A fenced block of the page, and the line above it."""

    words: str
    language: str
    text: str


def blocks(section: str) -> list[Block]:
    """Blocks of a section, named by the second word of its title: solver, ensemble, …."""
    return [Block(*match.groups()) for match in BLOCK.finditer(SECTIONS[section])]


def carry_out(section: str, root: Path) -> set[str]:
    """Do to the tree what the section says; return the files it touched.

    A block goes into the new file, or before or after the line, that the line above it names;
    others are shown and not put anywhere. Fails where a new file is there already, or where the
    named line is not in its file exactly once.
    """
    touched = set()
    for block in blocks(section):
        new, place = NEW.fullmatch(block.words), PLACE.fullmatch(block.words)
        if new:
            path = root / new["path"]
            assert not path.exists(), path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            touched.add(new["path"])
        elif place:
            path = root / place["path"]
            lines = path.read_text(encoding="utf-8").split("\n")
            assert lines.count(place["line"]) == 1, (place["path"], place["line"])
            at = lines.index(place["line"]) + (place["side"] == "after")
            lines[at:at] = block.text.split("\n")[:-1]
            path.write_text("\n".join(lines), encoding="utf-8")
            touched.add(place["path"])
    return touched


def only(section: str, language: str) -> str:
    """The one block of a section in this language that is put nowhere."""
    (found,) = [
        block.text
        for block in blocks(section)
        if block.language == language
        and not (NEW.fullmatch(block.words) or PLACE.fullmatch(block.words))
    ]
    return found


def extended(section: str, folder: Path) -> tuple[Checkout, set[str]]:
    """A checkout in which a section was carried out, and the files that were touched."""
    checkout = Checkout(folder)
    return checkout, carry_out(section, folder)


def run(checkout: Checkout, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a checkout, with its package and its tests, kernels as they are compiled."""
    places = {"PYTHONPATH": f"{checkout.folder / 'src'}:{checkout.folder}"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout.folder,
        env=environment() | places,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
