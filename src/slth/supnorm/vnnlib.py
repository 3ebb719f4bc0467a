"""Input boxes of VNN-LIB files, version 1: `(assert (<= X_0 0.5))` and the like.

Taken are bounds of single inputs against numbers, alone or within `and`; constraints on outputs are
passed over. Source of the format: https://www.vnnlib.org, VNN-COMP's subset.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from slth.checks import FloatArray

Tree = str | list["Tree"]
_TOKEN = re.compile(r"[()]|[^\s()]+")
_INPUT = re.compile(r"X_(\d+)")
_FLIPPED = {"<=": ">=", ">=": "<="}


def read_box(path: str | Path) -> tuple[FloatArray, FloatArray]:
    """Return lo and hi, (inputs,) each, of the box that a VNN-LIB file bounds its inputs to.

    Numbers are read as the nearest float64. Several bounds of one input are met. Raises ValueError
    naming ``path`` for unbalanced brackets, no declared input, an input without both bounds, an
    empty range, and for constraints on inputs that make no single box (`or`, sums, products, one
    input against another).
    """
    where = Path(path)
    lo: dict[int, float] = {}
    hi: dict[int, float] = {}
    declared = set()
    for form in _forms(where, where.read_text(encoding="utf-8")):
        match form:
            case ["declare-const", str(name), *_]:
                if found := _INPUT.fullmatch(name):
                    declared.add(int(found[1]))
            case ["assert", body]:
                for kind, index, value in _bounds(where, body):
                    if kind == "<=":
                        hi[index] = min(hi.get(index, math.inf), value)
                    else:
                        lo[index] = max(lo.get(index, -math.inf), value)
    _check(where, declared, lo, hi)
    order = range(len(declared))
    return np.array([lo[i] for i in order]), np.array([hi[i] for i in order])


def _check(where: Path, declared: set[int], lo: dict[int, float], hi: dict[int, float]) -> None:
    if not declared or declared != set(range(len(declared))):
        raise ValueError(
            f"path: got {where} that declares inputs {sorted(declared)[:5]}, takes X_0, X_1, …"
        )
    for i in sorted(declared | {*lo} | {*hi}):
        if i not in declared or i not in lo or i not in hi:
            raise ValueError(
                f"path: got {where} without both bounds of a declared X_{i}, takes a whole box"
            )
        if not lo[i] <= hi[i]:
            raise ValueError(
                f"path: got {where} with X_{i} from {lo[i]} to {hi[i]}, takes lo <= hi"
            )


def _bounds(where: Path, body: Tree) -> Iterator[tuple[str, int, float]]:
    """Every (kind, input, number) that an assertion says of single inputs."""
    match body:
        case ["and", *parts]:
            for part in parts:
                yield from _bounds(where, part)
        case [("<=" | ">=") as kind, str(a), str(b)] if _single(a, b):
            assert isinstance(kind, str)
            if found := _INPUT.fullmatch(a):
                yield kind, int(found[1]), _number(where, b)
            elif found := _INPUT.fullmatch(b):
                yield _FLIPPED[kind], int(found[1]), _number(where, a)
        case _ if any(map(_INPUT.fullmatch, _names(body))):
            raise ValueError(
                f"path: got {where} with a constraint on inputs that is no bound of one input "
                f"({_words(body)[:60]}), takes (<= X_i number) and (>= X_i number)"
            )


def _single(a: str, b: str) -> bool:
    """Whether at most one of two names is an input."""
    return not (_INPUT.fullmatch(a) and _INPUT.fullmatch(b))


def _number(where: Path, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"path: got {where} with a bound {text!r}, takes finite numbers")
    return value


def _names(body: Tree) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    else:
        for part in body:
            yield from _names(part)


def _words(body: Tree) -> str:
    return body if isinstance(body, str) else f"({' '.join(map(_words, body))})"


def _forms(where: Path, text: str) -> list[Tree]:
    """The file's expressions; `;` begins a comment."""
    plain = "\n".join(line.split(";", 1)[0] for line in text.splitlines())
    stack: list[list[Tree]] = [[]]
    for token in _TOKEN.findall(plain):
        if token == "(":
            stack.append([])
        elif token == ")" and len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done)
        elif token == ")":
            raise ValueError(f"path: got {where} with a bracket too many, takes balanced ones")
        else:
            stack[-1].append(token)
    if len(stack) != 1:
        raise ValueError(f"path: got {where} with a bracket open, takes balanced ones")
    return stack[0]
