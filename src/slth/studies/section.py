"""A study set for the paper: its figures, tables, numbers and sentences."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pandas as pd

from slth.studies import FOLDER, parts
from slth.studies.printing import style
from slth.studies.printing.booktabs import write
from slth.studies.printing.macros import sources, write_macros

Frames = Mapping[str, pd.DataFrame]


def render(study: str, frames: Frames, paper: Path, report: Path) -> None:
    """Write a study's figures (.pdf), tables and macros (.tex) under ``paper``.

    frames: every table that it reads or borrows, empty where the study it is borrowed from is
    switched off. report: folder of its figures and tables for the HTML report (.svg, .html). Same
    tables, same bytes. Raises ValueError when a module does not make exactly what it lists.
    """
    modules = {
        part: importlib.import_module(f"slth.studies.{study}.{part}") for part in parts(study)
    }
    for name, figure in _made(modules, "figures", frames).items():
        style.save(figure, paper / "figures" / f"{name}.pdf")
        style.save(figure, report / "figures" / f"{name}.svg")
    for name, table in _made(modules, "tables", frames).items():
        write(table, paper / "tables" / f"{name}.tex")
        write(table, report / "tables" / f"{name}.html")
    found = modules["claims"].macros(frames)
    named = sources(f"slth.studies.{study}", FOLDER / study, found)
    write_macros(paper / "numbers" / f"{study}.tex", found, named)


def _made(modules: Mapping[str, ModuleType], part: str, frames: Frames) -> dict:
    """What the module of figures or tables makes; nothing for a study without one."""
    if part not in modules:
        return {}
    module = modules[part]
    listed, made = getattr(module, part.upper()), getattr(module, part)(frames)
    if set(listed) != set(made):
        raise ValueError(f"{module.__name__}: {part.upper()} lists {listed}, made {tuple(made)}")
    return made
