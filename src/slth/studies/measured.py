"""The four measured tables that everything in the paper is made of."""

from typing import Any

import pandas as pd

from slth import frames

KINDS = {
    "thresholds": "threshold points",
    "tickets": "measured tickets",
    "blocks": "solved blocks",
    "networks": "targets",
}


def load(paths: Any) -> tuple[pd.DataFrame, ...]:
    """Read (thresholds, tickets, blocks, networks) from a mapping of table name to path."""
    return tuple(frames.read(paths[name], kind) for name, kind in KINDS.items())


LEARNED = {"learned": "learned masks", "routes": "learned routes"}


def load_learned(paths: Any) -> dict[str, pd.DataFrame]:
    """Read the tables of the learned masks, by name, from a mapping of table name to path."""
    return {name: frames.read(paths[name], kind) for name, kind in LEARNED.items()}
