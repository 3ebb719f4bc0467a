"""The studies of the paper: everything that one says is in its package.

A study is one name in four places: a package here, ``workflow/rules/<study>.smk``,
``paper/sections/<study>.tex``, and its block in ``config.yaml``; everything else finds it by
looking. Modules of a study, of which it has those that it needs:

``settings``  `Settings`, typed: unit, range and default of every key; `faults`, rules between keys
``<stage>``   `run`, one job of the rule ``<stage>_<study>``: sample, solve, construct, measure, …
``figures``   `FIGURES`, the names; `figures`, from measured tables to figures by name
``tables``    `TABLES`, the names; `tables`, from measured tables to tables by name
``claims``    `READS`, measured tables of the study; `macros`, numbers and sentences by name;
              `GIVEN`, numbers that are printed and that no job of the run computes
``wordings``  of every claim that the data choose: an `Enum` of verdicts, a dict of wordings

Studies do not import each other; what they share is in `slth.studies.printing` and in the library.
"""

from pathlib import Path
from typing import Any

from slth.dependencies import constant

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Studies in alphabetical order: the packages with settings."""
    return sorted(path.parent.name for path in FOLDER.glob("*/settings.py"))


def parts(study: str) -> list[str]:
    """Which of figures, tables and claims a study has."""
    return [
        part for part in ("figures", "tables", "claims") if (FOLDER / study / f"{part}.py").exists()
    ]


def listed(study: str, part: str, name: str) -> Any:
    """A constant of a study's module, read without importing it; empty where it is not there."""
    path = FOLDER / study / f"{part}.py"
    try:
        return constant(path, name) if path.exists() else ()
    except LookupError:
        return ()
