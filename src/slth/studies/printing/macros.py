r"""Numbers and data-chosen sentences of the paper, as ``\newcommand``s."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from slth.frames import replacing


def write_macros(path: str | Path, found: Mapping[str, str], sources: Mapping[str, str]) -> None:
    """Write macro name → LaTeX, sorted by name, whole or not at all, each with its source.

    sources: macro name → ``module:function``, as of `sources`. Raises ValueError when a name is not
    letters only, which TeX could not read, KeyError for one without a source.
    """
    lines = [newcommand(name, found[name], sources[name]) for name in sorted(found)]
    with replacing(path) as part:
        part.write_text("".join(lines), "utf-8")


def newcommand(name: str, body: str, source: str) -> str:
    r"""Return the line ``\newcommand{\name}{body}``, and where it came from as a comment."""
    if not re.fullmatch("[A-Za-z]+", name):
        raise ValueError(f"name: got {name!r}, takes letters only")
    return rf"\newcommand{{\{name}}}{{{body}}}% {source}" + "\n"


def sources(package: str, folder: Path, names: Collection[str]) -> dict[str, str]:
    """Return macro name → ``module:function`` that it came from, for the modules of a study.

    It is the function of the study that the dict of macros calls for the name, or else the one in
    which the dict stands. Read from the code, not run. Raises ValueError for a name that is a key
    of dicts in two modules, or in none.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.py")):
        keys = _keys(f"{package}.{path.stem}", package, ast.parse(path.read_bytes()))
        named = {str(name): source for name, source in keys if name in names}
        for name in sorted(found.keys() & named.keys()):
            raise ValueError(f"{name}: written by {found[name]} and by {named[name]}")
        found |= named
    for name in sorted(set(names) - set(found)):
        raise ValueError(f"{name}: is a key of no dict in a function of {package}")
    return found


def _keys(module: str, package: str, tree: ast.Module) -> Iterator[tuple[object, str]]:
    """Keys of the dicts in the functions of a module, and the functions they come from."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    known = {function.name: module for function in functions}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            known |= {alias.name: str(node.module) for alias in node.names}
    for function in functions:
        dicts = (node for node in ast.walk(function) if isinstance(node, ast.Dict))
        for key, value in (pair for d in dicts for pair in zip(d.keys, d.values, strict=True)):
            called = getattr(getattr(value, "func", None), "id", "")  # f of f(...)
            source = called if called in known else function.name
            yield getattr(key, "value", None), f"{known[source]}:{source}"
