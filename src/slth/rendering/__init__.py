"""The rendering room: figures, tables and the numbers of the prose, from result tables alone."""

from slth.studies.printing.numbers import macros, render_numbers
from slth.studies.printing.style import save
from slth.studies.tickets.figures import (
    FIGURES,
    accuracy_figure,
    blocks_figure,
    error_figure,
    render_figures,
    success_figure,
)
from slth.studies.tickets.tables import (
    TABLES,
    agreement_table,
    provenance_table,
    render_tables,
    targets_table,
    tickets_table,
)

__all__ = [
    "FIGURES",
    "TABLES",
    "accuracy_figure",
    "agreement_table",
    "blocks_figure",
    "error_figure",
    "macros",
    "provenance_table",
    "render_figures",
    "render_numbers",
    "render_tables",
    "save",
    "success_figure",
    "targets_table",
    "tickets_table",
]
