"""The figures of the atlas by name."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from slth.studies.atlas.figures_lattice import lattice_figure
from slth.studies.atlas.figures_least import covering_figure, least_figure, residual_figure
from slth.studies.atlas.figures_sizes import entropy_figure, search_figure, sizes_figure
from slth.studies.atlas.figures_volume import volume_figure

FIGURES = (
    "atlas_least",
    "atlas_residual",
    "atlas_lattice",
    "atlas_covering",
    "atlas_sizes",
    "atlas_entropy",
    "atlas_search",
    "atlas_volume",
)
Frames = Mapping[str, pd.DataFrame]


def figures(frames: Frames) -> dict[str, Figure]:
    """Return the figures of ``FIGURES`` by name."""
    return {
        "atlas_least": least_figure(frames["atlas_least"], frames["atlas_sufficient"]),
        "atlas_residual": residual_figure(frames["atlas_least"]),
        "atlas_lattice": lattice_figure(frames["atlas_lattice"]),
        "atlas_covering": covering_figure(frames["atlas_covering"]),
        "atlas_sizes": sizes_figure(
            frames["atlas_sizes"], frames["atlas_ratios"], frames["atlas_overlaps"]
        ),
        "atlas_entropy": entropy_figure(frames["atlas_entropy"]),
        "atlas_search": search_figure(frames["atlas_search"]),
        "atlas_volume": volume_figure(frames["atlas_volume"]),
    }
