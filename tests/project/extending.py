"""docs/extending.md, carried out: its blocks put into a copy of the project, line by line."""

import re
import shutil
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
BLOCK = re.compile(r"([^\n]*)\n\n?```(\w+)\n(.*?)```\n", re.DOTALL)
NEW = re.compile(r"New file `(?P<path>[^`]+)`:")
PLACE = re.compile(
    r"In `(?P<path>[^`]+)`, (?P<side>before|after) the line `(?P<line>[^`]+)`"
    r"(?P<apart>, two empty lines between)?:"
)
BESIDE = ("README.md", "docs", "pyproject.toml", "tests")  # that a run needs not, and the tests do


class Block(NamedTuple):
    """A fenced block of the page, and the line above it."""

    words: str
    language: str
    text: str

    @property
    def placed(self) -> bool:
        """Whether the line above says which file it goes into."""
        return self.words.startswith(("New file `", "In `"))


def blocks(section: str) -> list[Block]:
    """Blocks of a section, named by the second word of its title: solver, ensemble, …."""
    return [Block(*match.groups()) for match in BLOCK.finditer(SECTIONS[section])]


def shown(section: str, language: str) -> str:
    """The one block of a section in a language that goes into no file."""
    every = blocks(section)
    (found,) = [b.text for b in every if b.language == language and not b.placed]
    return found


def carry_out(section: str, root: Path) -> set[str]:
    """Put every block where the line above it says; return the files touched.

    Fails where a new file is there already, or the named line is not in its file exactly once.
    """
    touched = set()
    for block in filter(lambda each: each.placed, blocks(section)):
        new, place = NEW.fullmatch(block.words), PLACE.fullmatch(block.words)
        if new:
            path = root / new["path"]
            assert not path.exists(), path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        else:
            assert place, block.words
            path = root / place["path"]
            lines = path.read_text(encoding="utf-8").split("\n")
            assert lines.count(place["line"]) == 1, block.words
            at = lines.index(place["line"]) + (place["side"] == "after")
            lines[at:at] = block.text.split("\n")[:-1] + ["", ""] * bool(place["apart"])
            path.write_text("\n".join(lines), encoding="utf-8")
        touched.add(path.relative_to(root).as_posix())
    return touched


class Extended(NamedTuple):
    """A copy of the project in which a section was carried out, and the files it touched."""

    checkout: Checkout
    touched: set[str]

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python on the copy's package and tests; what is compiled once serves all copies."""
        folder = self.checkout.folder
        own = {k: v for k, v in environment().items() if not k.startswith("PYTEST_")}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=own | {"PYTHONPATH": f"{folder / 'src'}:{folder}"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def tests_pass(self, chosen: str, *files: str) -> int:
        """Run the copy's tests of ``files`` that ``chosen`` picks; fail unless all pass.

        Returns how many there were.
        """
        options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-k", chosen]
        folder = ["--basetemp", str(self.checkout.folder.parent / "inner")]
        done = self.python("-m", "pytest", *files, *options, *folder, "-o", "addopts=-v")
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout.count(" PASSED")

    def config_faults(self, changes: str) -> list[str]:
        """Faults of a config of these changes, in YAML."""
        (self.checkout.folder / "changes.yaml").write_text(changes, encoding="utf-8")
        code = (
            "from slth.configuration import *\n"
            "try: check(merge(read(['config.yaml']), read(['changes.yaml'])))\n"
            "except ConfigError as error: print(error)"
        )
        done = self.python("-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def planned_files(self, target: str, changes: str) -> set[str]:
        """Every input and output of the jobs that would make ``target``; none is run."""
        (self.checkout.folder / "changes.yaml").write_text(changes, encoding="utf-8")
        files = ("--configfile", "config/ci.yaml", "changes.yaml")
        done = self.python("-m", "snakemake", "--cores", "1", "--filegraph", *files, "--", target)
        assert done.returncode == 0, done.stdout + done.stderr
        return set(re.findall(r'<font face="monospace">(.*?)</font>', done.stdout))


def extended(section: str, folder: Path) -> Extended:
    """Copy the project to ``folder`` and carry a section out there."""
    checkout = Checkout(folder)
    for name in BESIDE:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return Extended(checkout, carry_out(section, folder))
