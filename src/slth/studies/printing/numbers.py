r"""numbers.tex: every number and every data-chosen sentence of the paper, as ``\newcommand``s."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from slth.frames import replacing
from slth.studies.learned.claims import learned_macros
from slth.studies.printing.formatting import escape
from slth.studies.threshold.claims import threshold_macros
from slth.studies.tickets.claims import ticket_macros
from slth.studies.tickets.claims_blocks import block_macros, network_macros


def macros(
    thresholds: pd.DataFrame,
    tickets: pd.DataFrame,
    blocks: pd.DataFrame,
    networks: pd.DataFrame,
    provenance: dict[str, Any],
    *,
    learned: pd.DataFrame | None = None,
    routes: pd.DataFrame | None = None,
) -> dict[str, str]:
    """Return macro name → LaTeX. The names are the same whatever the data."""
    return {
        **threshold_macros(thresholds),
        **ticket_macros(tickets),
        **block_macros(blocks),
        **network_macros(networks),
        **learned_macros(tickets, blocks, learned, routes),
        "Seed": escape(provenance.get("seed", "unknown")),
    }


def render_numbers(
    thresholds: pd.DataFrame,
    tickets: pd.DataFrame,
    blocks: pd.DataFrame,
    networks: pd.DataFrame,
    provenance: dict[str, Any],
    path: str | Path,
    *,
    learned: pd.DataFrame | None = None,
    routes: pd.DataFrame | None = None,
) -> None:
    """Write the macros to ``path``, sorted by name, whole or not at all.

    Raises ValueError when a name is not letters only, which TeX could not read.
    """
    frames = (thresholds, tickets, blocks, networks)
    found = macros(*frames, provenance, learned=learned, routes=routes)
    with replacing(path) as part:
        part.write_text("".join(newcommand(name, found[name]) for name in sorted(found)), "utf-8")


def newcommand(name: str, body: str) -> str:
    r"""Return the line ``\newcommand{\name}{body}``."""
    if not re.fullmatch("[A-Za-z]+", name):
        raise ValueError(f"name: got {name!r}, takes letters only")
    return rf"\newcommand{{\{name}}}{{{body}}}" + "\n"
