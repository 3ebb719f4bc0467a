"""Solvers, ensembles and constructions in print: words that stand on their classes.

Solvers and constructions are read, not imported: setting a table needs neither numba nor torch.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from slth.dependencies import PACKAGE, attribute, constant
from slth.ensembles import ENSEMBLES
from slth.studies.printing.formatting import escape

Fallback = Callable[[object], str]
WORDS = ("label", "words", "family", "rate")  # what a construction needs to be in a table
SAID = (*WORDS[1:], "random_sums", "blocked")


def ensemble(name: object, fallback: Fallback = escape) -> str:
    """Return an ensemble's name in print; ``fallback`` of one that is not in the registry."""
    law = ENSEMBLES.get(str(name))
    return law.printed if law is not None and law.printed else fallback(name)


def solver(name: object, fallback: Fallback = escape) -> str:
    """Return a solver's name in print; ``fallback`` of one that is not in the registry."""
    target = solvers().get(str(name))
    return str(attribute(target, "printed") or fallback(name)) if target else fallback(name)


@cache
def solvers() -> dict[str, str]:
    """Solvers of the registry in its order: module and class by name."""
    found: dict[str, str] = constant(PACKAGE / "solvers" / "_registry.py", "SOLVERS")
    return found


@cache
def constructions() -> dict[str, str]:
    """Constructions of the registry in its order: module and class by name."""
    found: dict[str, str] = constant(PACKAGE / "tickets" / "registry.py", "CONSTRUCTIONS")
    return found


def in_use() -> dict[str, dict[str, Any]]:
    """Return every word of the registries in their order: what a rule that prints them depends on.

    The words and not the files: a solver's algorithm may change and its name stay.
    """
    tables = (("printed",), solvers()), (("label", *SAID), constructions())
    return {
        name: {word: attribute(target, word) for word in words}
        for words, table in tables
        for name, target in table.items()
    }


def lacking(construction: str) -> list[str]:
    """Return which of `WORDS` a construction's class does not have."""
    target = constructions()[construction]
    return [word for word in WORDS if attribute(target, word) is None]


def arm(name: object, word: str, default: Any = None) -> Any:
    """Return what the class of an arm, ``construction`` or ``construction-granularity``, says."""
    construction, _, granularity = str(name).partition("-")
    target = constructions().get(construction)
    found = attribute(target, word, default) if target else default
    return found.get(granularity, default) if isinstance(found, dict) else found


@cache
def arms() -> dict[str, str]:
    """Arms of every construction, in the order of the registry: the label of each."""
    found: dict[str, str] = {}
    for construction, target in constructions().items():
        label = attribute(target, "label")
        parts = label.items() if isinstance(label, dict) else [("", label)]
        found |= {
            f"{construction}-{kind}" if kind else construction: text
            for kind, text in parts
            if text is not None
        }
    return found


def families() -> dict[str, tuple[str, ...]]:
    """Arms of every family of constructions, which is a column of panels."""
    found: dict[str, tuple[str, ...]] = {}
    for name in arms():
        family = str(arm(name, "family"))
        found[family] = (*found.get(family, ()), name)
    return found
