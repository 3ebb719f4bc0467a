"""Calls that read or write text in the encoding of the locale, found without running them."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROCESSES = {"run", "Popen", "check_output", "check_call", "call"}
TEXT = {"read_text": 0, "write_text": 1}  # methods of a path: how many arguments precede it
ARCHIVES = {"gzip", "bz2", "lzma"}  # their open is binary unless asked
OTHERS = {"os", "self", "work"}  # their open has no encoding


def unspecified(path: Path) -> Iterator[str]:
    """Yield ``file:line: name`` of every call of a file that leaves its encoding to the locale."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and (name := _leaves_it(node)):
            yield f"{path}:{node.lineno}: {name}"


def _leaves_it(call: ast.Call) -> str:
    given = {word.arg: word.value for word in call.keywords}
    if "encoding" in given or None in given:
        return ""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in TEXT and owner is not None:
        return name if len(call.args) <= TEXT[name] else ""
    if name == "open":
        return name if _opens_text(call, given, getattr(owner, "id", owner)) else ""
    if name in PROCESSES:
        asked = [given.get(word) for word in ("text", "universal_newlines", "errors")]
        return name if any(map(_is_on, asked)) else ""
    return name if name == "TextIOWrapper" and len(call.args) < 2 else ""


def _opens_text(call: ast.Call, given: dict[str | None, ast.expr], owner: object) -> bool:
    if owner in OTHERS:
        return False
    place = 1 if owner is None or owner == "io" or owner in ARCHIVES else 0
    mode = given.get("mode") or (call.args[place] if len(call.args) > place else None)
    letters = str(mode.value) if isinstance(mode, ast.Constant) else ""
    return "t" in letters if owner in ARCHIVES else "b" not in letters


def _is_on(value: ast.expr | None) -> bool:
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)
