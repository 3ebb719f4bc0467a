"""Every public class and function has an example in its docstring, which prints what it says."""

import doctest
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import slth


def public() -> Iterator[tuple[str, Any]]:
    """Classes and functions that are named in `slth.__all__` or in that of a room."""
    for name in slth.__all__:
        found = getattr(slth, name)
        rooms = getattr(found, "__all__", []) if inspect.ismodule(found) else []
        yield from ((f"{name}.{inner}", getattr(found, inner)) for inner in rooms)
        yield name, found


def callables() -> dict[str, Any]:
    """Each of them once, under the shortest of its names: `slth.sample`, also of `ensembles`."""
    names: dict[int, str] = {}
    for name, found in sorted(public(), key=lambda pair: pair[0].count(".")):
        if callable(found):
            names.setdefault(id(found), name)
    return {name: found for name, found in public() if names.get(id(found)) == name}


CALLABLES = callables()
METHODS = {
    f"{name}.{key}": getattr(found, key)
    for name, found in CALLABLES.items()
    if inspect.isclass(found)
    for key in vars(found)
    if inspect.isroutine(getattr(found, key)) and ">>>" in (getattr(found, key).__doc__ or "")
}


def examples(name: str, found: Any) -> doctest.DocTest:
    text = inspect.getdoc(found) or ""
    return doctest.DocTestParser().get_doctest(text, {"slth": slth}, name, None, 0)


def test_the_rooms_are_looked_through() -> None:
    for name in ("solve", "Solution", "Instance.of", "theory.union_bound", "tickets.build"):
        assert name in CALLABLES or name in METHODS
    assert len(CALLABLES) > 100


@pytest.mark.parametrize("name", CALLABLES)
def test_docstring_shows_a_call_and_what_comes_back(name: str) -> None:
    """A class may be shown by the function that returns it, a function only by a call."""
    found = CALLABLES[name]
    shown = examples(name, found).examples
    assert any(example.want for example in shown), f"{name}: no >>> example in its docstring"
    if not inspect.isclass(found):
        assert any(f"slth.{name}" in example.source for example in shown)


@pytest.mark.parametrize("name", [*CALLABLES, *METHODS])
def test_example_prints_what_it_says(name: str) -> None:
    said: list[str] = []
    found = CALLABLES.get(name, METHODS.get(name))
    ran = doctest.DocTestRunner(verbose=False).run(examples(name, found), out=said.append)
    assert ran.failed == 0, "".join(said)
