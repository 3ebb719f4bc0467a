"""Damaged config files: each is taken with a meaning or refused in lines; nothing is written."""

import contextlib
import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slth.configuration import check, check_or_exit, merge, read, read_or_exit
from tests.sweeps import sweep

ROOT = Path(__file__).parents[2]
BASE = read([ROOT / "config.yaml"])
TEXT = (ROOT / "config/ci.yaml").read_text(encoding="utf-8")
MUTANTS, FURTHER = 200, 1000
OUTCOMES = {"taken": 0, "refused": 0}

WORDS = [
    *("-1", "0", "1.5", "1.0e+400", "-.inf", ".nan", "9" * 400, "9" * 5000, "1e-3", "0x7f", "0o17"),
    *(
        "null",
        "~",
        "true",
        "yes",
        "''",
        '"\\u0000"',
        "../../etc/passwd",
        "/dev/null",
        "'a/b'",
        "'{x}'",
    ),
    *("[]", "{}", "[[1]]", "{a: {b: 1}}", "[1, 1]", "[" * 400, "{" * 50, "&a [*a]", "*b", "<<: 1"),
    *("!!python/object/apply:os.system [touch x]", "!!binary aGk=", "!!set {a}", "2020-99-99"),
    *(
        "|\n  a",
        "%",
        "@",
        "`",
        "\t",
        "#",
        "? x",
        ": :",
        "---\na: 1",
        "ünï",
        "\u202e",
        "\x00",
        "\x1b[31m",
    ),
]
# the billion laughs: 9^9 words, were aliases taken
LAUGHS = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
BOMB = f"a0: &a0 [{', '.join('x' * 9)}]\n{LAUGHS}"


def _put(pattern: str, word: str, line: str) -> str:
    """Replace the first match of ``pattern`` by ``word`` as it stands."""
    return re.sub(pattern, word.replace("\\", r"\\"), line, count=1)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """The CI config with one to four things done to its lines."""
    lines = TEXT.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        word = draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=20)))
        kind = draw(st.sampled_from(["value", "cut", "indent", "twice", "drop", "insert", "inner"]))
        line = lines[at]
        if kind == "value":
            lines[at] = _put(r"(?<=: )\S.*", word, line)
        elif kind == "inner":  # one value of a list or of a mapping in braces
            lines[at] = _put(r"[\w.-]+(?=[,}\]])", word, line)
        elif kind == "cut":
            lines[at] = line[: draw(st.integers(0, len(line)))]
        elif kind == "indent":
            lines[at] = " " * draw(st.integers(1, 5)) + line
        elif kind == "twice":
            lines.insert(at, line)
        elif kind == "drop" and len(lines) > 1:
            del lines[at]
        else:
            lines.insert(at, draw(st.sampled_from([word, f"{word}: 1", BOMB])))
    whole = "\n".join(lines).encode("utf-8", errors="surrogatepass")
    return whole + draw(st.sampled_from([b"", b"", b"", b"\xff", b"\x00"]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def of(examples: int) -> settings:
    return settings(
        derandomize=True,
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@of(MUTANTS)
@given(texts())
def test_damaged_file_is_taken_or_refused_in_lines(place: Path, whole: bytes) -> None:
    taken_or_refused_in_lines(place, whole)


@sweep
@of(FURTHER)
@given(texts())
def test_further_damaged_files_are_taken_or_refused_in_lines(place: Path, whole: bytes) -> None:
    taken_or_refused_in_lines(place, whole)


def taken_or_refused_in_lines(place: Path, whole: bytes) -> None:
    path = place / "changes.yaml"
    path.write_bytes(whole)
    errors, filled, code = io.StringIO(), None, None
    with contextlib.redirect_stderr(errors), contextlib.chdir(place):
        try:
            over = read_or_exit([path])
            filled = check_or_exit(merge(BASE, over))
        except SystemExit as stop:
            code = stop.code
    lines = errors.getvalue().splitlines()
    OUTCOMES["refused" if filled is None else "taken"] += 1
    if filled is None:
        assert code == 1
        assert lines
        for line in lines:
            assert line.startswith("config: ")
            assert len(line) < 1000
            assert line.isprintable(), line
        assert len(set(lines)) == len(lines)
    else:
        assert lines == []
        assert check(filled) == filled
    assert os.listdir(place) == ["changes.yaml"]


def test_the_mutants_show_both_outcomes() -> None:
    """In the share of a process that ran any of the tests above: workers share them out."""
    total = sum(OUTCOMES.values())
    assert total == 0 or MUTANTS <= total < 3 * (MUTANTS + FURTHER)
    assert min(OUTCOMES.values()) >= total // 20, OUTCOMES
