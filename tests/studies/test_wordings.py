"""Every verdict has a wording, every wording gets its fields, and no other text is branched on."""

import ast
import importlib
import string
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest

from slth import studies
from slth.studies.printing import wordings as shared
from slth.studies.printing.wordings import Count, Data, Share, Side, clause, sentence
from slth.supnorm.bounds.upper import NAMES

WORDED = [name for name in studies.names() if (studies.FOLDER / name / "wordings.py").exists()]


def wordings_of(study: str) -> dict[str, Any]:
    """Names and values of a study's modules of wordings; a dict stands in one of them."""
    found: dict[str, Any] = {}
    for path in sorted((studies.FOLDER / study).glob("wordings*.py")):
        own = vars(importlib.import_module(f"slth.studies.{study}.{path.stem}"))
        assert not [name for name in found.keys() & own.keys() if name.isupper()]
        found |= own
    return found


def dicts(study: str) -> dict[str, dict[Enum, str]]:
    """The dicts of a study from verdicts to wordings, by name."""
    return {
        name: value
        for name, value in wordings_of(study).items()
        if isinstance(value, dict) and any(isinstance(key, Enum) for key in value)
    }


def fields(wording: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(wording) if name is not None}


def calls(study: str) -> Iterator[tuple[str, set[str], bool]]:
    """Every call of `clause`, `sentence` or `.format`: wordings, fields given, whether all are."""
    for path in sorted((studies.FOLDER / study).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Call):
                continue
            given = {keyword.arg for keyword in node.keywords}
            plain = {name for name in given if name is not None}
            if getattr(node.func, "id", "") in ("clause", "sentence") and len(node.args) == 2:
                yield _name(node.args[1]), plain, None not in given
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                yield _name(node.func.value), plain, None not in given


def _name(node: ast.expr) -> str:
    """ORDER of ``wordings.ORDER``; nothing for other expressions."""
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "").startswith("wordings"):
        return node.attr
    return ""


@pytest.mark.parametrize("study", WORDED)
def test_every_verdict_has_a_wording_and_every_enum_is_worded(study: str) -> None:
    found = dicts(study)
    for name, wordings in found.items():
        kinds = {type(key) for key in wordings}
        assert len(kinds) == 1, name
        assert set(wordings) == set(kinds.pop()), name
    enums = {
        value
        for value in wordings_of(study).values()
        if isinstance(value, type)
        and issubclass(value, Enum)
        and value is not Enum
        and value not in (Count, Data, Share, Side)
    }
    assert enums == {type(next(iter(w))) for w in found.values()} - {Count, Data, Share, Side}


@pytest.mark.parametrize("study", WORDED)
def test_every_wording_is_used_and_gets_its_fields(study: str) -> None:
    used: dict[str, list[tuple[set[str], bool]]] = {}
    for name, given, whole in calls(study):
        used.setdefault(name, []).append((given, whole))
    for name, wordings in dicts(study).items():
        if name == "VERDICTS":  # the cells of a table: no fields
            assert not any(map(fields, wordings.values()))
            continue
        assert name in used, f"{name}: no claim uses it"
        needed = set().union(*map(fields, wordings.values()))
        for given, whole in used[name]:
            assert given <= needed, f"{name}: {given - needed} are in no wording"
            assert not whole or needed <= given or not given, f"{name}: lacks {needed - given}"


@pytest.mark.parametrize("study", WORDED)
def test_claims_do_not_branch_on_words(study: str) -> None:
    """No `if` of a file of claims compares with a text of more than one word."""
    for path in sorted((studies.FOLDER / study).glob("claims*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Compare):
                texts = [node.left, *node.comparators]
                values = [text.value for text in texts if isinstance(text, ast.Constant)]
                assert not [v for v in values if isinstance(v, str) and " " in v], path.name


def test_a_dict_that_lacks_a_member_is_refused() -> None:
    short: Any = {Count.NONE: "", Count.ONE: "one"}
    with pytest.raises(ValueError, match="wordings: lack SEVERAL of Count"):
        clause(Count.ONE, short)
    with pytest.raises(KeyError, match="number"):
        clause(Data.SOME, shared.if_any("{number}"))


def test_a_sentence_has_a_capital_and_one_stop() -> None:
    assert sentence(Data.SOME, shared.if_any("{n} of 5"), n="two") == "Two of 5."
    assert sentence(Data.SOME, shared.if_any("Two of 5.")) == "Two of 5."
    assert sentence(Data.NONE, shared.if_any("{n} of 5")) == ""
    assert clause(Data.SOME, shared.if_any("two of 5")) == "two of 5"


def test_shared_verdicts_reach_every_member() -> None:
    assert [shared.any_of(x) for x in ([], [0])] == list(Data)
    assert [shared.count_of(x) for x in ([], [0], [0, 0])] == list(Count)
    assert [shared.share(*x) for x in ((0, 0), (0, 2), (1, 2), (2, 2))] == list(Share)
    ends = ((float("nan"), 2.0), (-2.0, -1.0), (-1.0, 1.0), (1.0, 2.0))
    assert [shared.side(low, high, 0.0) for low, high in ends] == list(Side)


def test_every_bound_has_a_name_in_print() -> None:
    assert {*NAMES, "error_bound"} == set(shared.ROUTINES)
