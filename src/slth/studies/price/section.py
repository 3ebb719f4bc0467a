"""The section on the price of structure: figures, table and sentences."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from slth.studies.price.claims import price_macros
from slth.studies.price.figures import price_figure, sizes_figure
from slth.studies.price.tables import prices_table
from slth.studies.printing.booktabs import Table

FIGURES = ("price", "sizes")
TABLES = ("prices",)

Frames = Mapping[str, pd.DataFrame]


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figures: error against size, sparsity against width."""
    return {"price": price_figure(frames["price"]), "sizes": sizes_figure(frames["sizes"])}


def tables(frames: Frames) -> dict[str, Table]:
    """Return the table of rates and widths."""
    return {"prices": prices_table(frames["price"])}


def macros(frames: Frames) -> dict[str, str]:
    """Return the numbers and sentences."""
    return price_macros(frames["price"], frames["sizes"])
