r"""Numbers and data-chosen sentences of the paper, as ``\newcommand``s."""

import re
from collections.abc import Mapping
from pathlib import Path

from slth.frames import replacing


def write_macros(path: str | Path, found: Mapping[str, str], source: str) -> None:
    """Write macro name → LaTeX, sorted by name, whole or not at all, each with its ``source``.

    Raises ValueError when a name is not letters only, which TeX could not read.
    """
    lines = [newcommand(name, found[name], source) for name in sorted(found)]
    with replacing(path) as part:
        part.write_text("".join(lines), "utf-8")


def newcommand(name: str, body: str, source: str) -> str:
    r"""Return the line ``\newcommand{\name}{body}``, and where it came from as a comment."""
    if not re.fullmatch("[A-Za-z]+", name):
        raise ValueError(f"name: got {name!r}, takes letters only")
    return rf"\newcommand{{\{name}}}{{{body}}}% {source}" + "\n"
