"""The atlas: how many candidates MRSS needs, in figures, tables and sentences; see `sections`."""

from matplotlib.figure import Figure

from slth.studies.atlas.claims import fit_macros, least_macros
from slth.studies.atlas.claims_all import covering_macros, search_macros, size_macros
from slth.studies.atlas.figures import covering_figure, least_figure, residual_figure
from slth.studies.atlas.figures_sizes import search_figure, sizes_figure
from slth.studies.atlas.print_entropy import entropy_figure, entropy_macros
from slth.studies.atlas.print_lattice import lattice_figure, lattice_macros
from slth.studies.atlas.print_scales import scales_macros, scales_table
from slth.studies.atlas.print_sufficient import sufficient_macros, sufficient_table
from slth.studies.atlas.print_volume import volume_figure, volume_macros
from slth.studies.atlas.tables import fit_table, price_table, search_table
from slth.studies.printing.booktabs import Table
from slth.studies.sections import Frames

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
TABLES = ("atlas_fit", "atlas_sufficient", "atlas_scales", "atlas_price", "atlas_easy")


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


def tables(frames: Frames) -> dict[str, Table]:
    """Return the tables of ``TABLES`` by name."""
    return {
        "atlas_fit": fit_table(frames["atlas_fit"]),
        "atlas_sufficient": sufficient_table(frames["atlas_sufficient"], frames["atlas_least"]),
        "atlas_scales": scales_table(frames["atlas_scales"]),
        "atlas_price": price_table(frames["atlas_covering"]),
        "atlas_easy": search_table(frames["atlas_search"]),
    }


def macros(frames: Frames) -> dict[str, str]:
    """Return macro name → LaTeX; the names are the same whatever the data."""
    return {
        **least_macros(frames["atlas_least"]),
        **fit_macros(frames["atlas_fit"]),
        **lattice_macros(frames["atlas_lattice"]),
        **scales_macros(frames["atlas_scales"]),
        **sufficient_macros(frames["atlas_sufficient"], frames["atlas_least"]),
        **entropy_macros(frames["atlas_entropy"], frames["atlas_slopes"]),
        **covering_macros(frames["atlas_covering"]),
        **size_macros(frames["atlas_sizes"], frames["atlas_ratios"], frames["atlas_overlaps"]),
        **search_macros(frames["atlas_search"]),
        **volume_macros(frames["atlas_volume"], frames["atlas_covering"]),
    }
