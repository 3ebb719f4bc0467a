"""Sections of the paper that stand by themselves: a module of figures, tables and macros each.

To add one: a rule that writes its measured tables, ``paper/sections/<name>.tex``, a module here,
a caption in ``workflow/report`` for each figure and table, and its line below. The module has
FIGURES and TABLES, names of what it draws and sets, read without importing it; and the functions
``figures``, ``tables`` and ``macros``, from a mapping of measured tables by name to a mapping by
name. They take empty tables too: the experiment may be switched off, and the macros' names are
the same whatever the data.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from slth.frames import replacing
from slth.studies.printing import style
from slth.studies.printing.booktabs import write
from slth.studies.printing.numbers import newcommand

# section: module, and the tables of results/measure that it reads, in the order of the paper
SECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "replicas": (
        "slth.studies.replicas.tables",
        ("replicas_dense", "replicas_lenet", "replicas_failures"),
    ),
    "sandwich": ("slth.studies.sandwich.figures", ("sandwich",)),
    "atlas": (
        "slth.studies.atlas.section",
        (
            "atlas_least",
            "atlas_fit",
            "atlas_lattice",
            "atlas_scales",
            "atlas_sufficient",
            "atlas_covering",
            "atlas_sizes",
            "atlas_entropy",
            "atlas_slopes",
            "atlas_ratios",
            "atlas_overlaps",
            "atlas_search",
            "atlas_volume",
        ),
    ),
    "price": ("slth.studies.price.section", ("price", "sizes")),
    "depth": ("slth.studies.depth.claims", ("depth",)),
    "restrictions": ("slth.studies.restrictions.claims", ("restrictions",)),
    "latency": ("slth.studies.latency.claims", ("latency",)),
}

Frames = Mapping[str, pd.DataFrame]


def render_section(name: str, frames: Frames, paper: Path, report: Path) -> None:
    """Write a section's figures (.pdf), tables and macros (.tex) under ``paper``.

    report: folder of its figures and tables for the HTML report (.svg, .html). Same tables, same
    bytes. Raises KeyError for an unknown section, ValueError when the module does not draw or set
    exactly what it lists.
    """
    module = importlib.import_module(SECTIONS[name][0])
    figures, tables = module.figures(frames), module.tables(frames)
    _listed(name, "FIGURES", module.FIGURES, figures)
    _listed(name, "TABLES", module.TABLES, tables)
    for key, figure in figures.items():
        style.save(figure, paper / "figures" / f"{key}.pdf")
        style.save(figure, report / "figures" / f"{key}.svg")
    for key, table in tables.items():
        write(table, paper / "tables" / f"{key}.tex")
        write(table, report / "tables" / f"{key}.html")
    found = module.macros(frames)
    with replacing(paper / "numbers" / f"{name}.tex") as part:
        part.write_text("".join(newcommand(key, found[key]) for key in sorted(found)), "utf-8")


def _listed(section: str, what: str, listed: tuple[str, ...], made: Mapping[str, object]) -> None:
    if set(listed) != set(made):
        raise ValueError(f"section {section}: {what} lists {listed}, made {tuple(made)}")
