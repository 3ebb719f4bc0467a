"""Numbers and sentences of the atlas by name."""

from collections.abc import Mapping

import pandas as pd

from slth.studies.atlas.claims_answers import abstract
from slth.studies.atlas.claims_centred import centred_macros
from slth.studies.atlas.claims_drift import drift_macros
from slth.studies.atlas.claims_entropy import entropy_macros
from slth.studies.atlas.claims_lattice import lattice_macros
from slth.studies.atlas.claims_least import fit_macros, least_macros
from slth.studies.atlas.claims_scales import scales_macros
from slth.studies.atlas.claims_sizes import SEARCH, covering_macros, search_macros, size_macros
from slth.studies.atlas.claims_sufficient import sufficient_macros
from slth.studies.atlas.claims_volume import volume_macros
from slth.studies.printing.summaries import complete

READS = {
    "atlas_least": "atlas_least",
    "atlas_fit": "atlas_fit",
    "atlas_lattice": "atlas_lattice",
    "atlas_scales": "atlas_scales",
    "atlas_sufficient": "atlas_sufficient",
    "atlas_covering": "atlas_covering",
    "atlas_sizes": "atlas_sizes",
    "atlas_entropy": "atlas_entropy",
    "atlas_slopes": "atlas_slopes",
    "atlas_ratios": "atlas_ratios",
    "atlas_overlaps": "atlas_overlaps",
    "atlas_centred": "atlas_centred",
    "atlas_sized": "atlas_sized",
    "atlas_search": "atlas_search",
    "atlas_volume": "atlas_volume",
}

Frames = Mapping[str, pd.DataFrame]


def macros(frames: Frames) -> dict[str, str]:
    """Return macro name → LaTeX; the names are the same whatever the data."""
    return {
        "AtlasAbstract": abstract(
            frames["atlas_least"],
            frames["atlas_covering"],
            complete("atlas_search", frames["atlas_search"], SEARCH),
        ),
        **least_macros(frames["atlas_least"]),
        **drift_macros(frames["atlas_least"]),
        **fit_macros(frames["atlas_fit"]),
        **lattice_macros(frames["atlas_lattice"]),
        **scales_macros(frames["atlas_scales"]),
        **sufficient_macros(frames["atlas_sufficient"], frames["atlas_least"]),
        **entropy_macros(frames["atlas_entropy"], frames["atlas_slopes"]),
        **covering_macros(frames["atlas_covering"]),
        **size_macros(frames["atlas_sizes"], frames["atlas_ratios"], frames["atlas_overlaps"]),
        **centred_macros(frames["atlas_centred"], frames["atlas_sized"]),
        **search_macros(frames["atlas_search"]),
        **volume_macros(frames["atlas_volume"], frames["atlas_covering"]),
    }
