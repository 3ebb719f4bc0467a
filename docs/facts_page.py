"""Write the facts of solvers and constructions into their pages, from their classes.

``python docs/facts_page.py`` fills the blocks between ``<!-- facts of the classes: … -->`` and
``<!-- facts of the classes: end -->`` in solvers.md and constructions.md; a block says what of:
``solvers`` or ``constructions`` for the table of all, ``solver NAME`` or ``construction NAME``.
``tests/project/test_facts_page.py`` holds the pages to the classes.
"""

import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from slth.solvers import _registry as solvers
from slth.solvers._base import Solver
from slth.tickets import registry as constructions
from slth.tickets.base import Construction

DOCS = Path(__file__).parent
PAGES = ("solvers.md", "constructions.md")
BLOCK = re.compile(
    r"(<!-- facts of the classes: (\w+) ?(\w*) -->\n).*?(\n<!-- facts of the classes: end -->)",
    re.DOTALL,
)
RATES = {  # of Construction.rate
    "power": "a power of the width",
    "candidates": "halved by so many more candidates",
    "digits": "halved by each digit",
    "unknown": "not known",
}
Known = Collection[str] | None


def page(text: str, known: Known = None) -> str:
    """Return a page with its blocks filled; known: names in its tables, None for all.

    Raises ValueError naming a block of something else, or of a name that no registry has.
    """

    def filled(block: re.Match[str]) -> str:
        start, kind, name, end = block.groups()
        if kind in TABLES and not name:
            facts = TABLES[kind](known)
        elif kind in FACTS:
            facts = FACTS[kind](name)
        else:
            raise ValueError(f"{start.strip()}: takes {', '.join([*TABLES, *FACTS])}")
        return f"{start}\n{facts}\n{end}"

    return BLOCK.sub(filled, text)


def names(text: str) -> list[str]:
    """Return the names in the first column of the tables of a page's blocks."""
    tables = [block[0] for block in BLOCK.finditer(text) if not block[3]]
    return re.findall(r"^\| `(\w+)` \|", "\n".join(tables), re.MULTILINE)


def _solvers(known: Known) -> str:
    header = ["solver", "in the paper", "n", "proof", "fixed size", "device"]
    return _table(header, (_solver_row(solvers.get(n)) for n in _in(solvers.SOLVERS, known)))


def _solver_row(solver: Solver) -> list[str]:
    optimal = f"no, the optimum to n = {solver.optimal_up_to}" if solver.optimal_up_to else "no"
    return [
        f"`{solver.name}`",
        _plain(solver.printed or solver.name),
        f"≤ {solver.max_n}" if solver.max_n else "any",
        "yes" if solver.exhaustive else optimal,
        "yes" if solver.sized else "no",
        ", ".join(solver.devices),
    ]


def _solver(name: str) -> str:
    facts = {word: getattr(solvers.get(name), word).replace("*", r"\*") for word in solvers.WORDS}
    return "\n".join(f"- **{word.capitalize()}**: {fact}." for word, fact in facts.items())


def _constructions(known: Known) -> str:
    header = [
        "name",
        "in the paper",
        "family",
        "error by the theorem",
        "random subset sums",
        "bracket",
    ]
    found = (constructions.get(name) for name in _in(constructions.CONSTRUCTIONS, known))
    return _table(header, map(_construction_row, found))


def _construction_row(made: Construction) -> list[str]:
    labels = made.label.values() if isinstance(made.label, dict) else [made.label]
    return [
        f"`{made.name}`",
        _plain(", ".join(labels)),
        made.family,
        RATES[made.rate],
        "yes" if made.random_sums else "no",
        "yes" if made.blocked else "none is known",
    ]


def _construction(name: str) -> str:
    made = constructions.get(name)
    return f"**Statement.** {made.statement}. **Source.** {made.source}."


def _in(registry: Iterable[str], known: Known) -> list[str]:
    return [name for name in registry if known is None or name in known]


def _plain(latex: str) -> str:
    return latex.replace(r"\ell", "ℓ").replace("$", "")


def _table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TABLES: dict[str, Callable[[Known], str]] = {"solvers": _solvers, "constructions": _constructions}
FACTS: dict[str, Callable[[str], str]] = {"solver": _solver, "construction": _construction}


def main() -> None:
    """Write both pages."""
    for name in PAGES:
        path = DOCS / name
        path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
