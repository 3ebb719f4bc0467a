"""What a paper was made from, in print."""

from typing import Any

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    escape,
    listing,
)


def provenance_table(provenance: dict[str, Any]) -> Table:
    """Seed, configuration and versions, as given; nested entries one a row."""
    rows: list[list[str] | str] = []
    for key, value in provenance.items():
        if isinstance(value, dict):
            rows += [[escape(name), escape(version)] for name, version in sorted(value.items())]
        elif isinstance(value, (list, tuple)):
            rows.append([escape(key), escape(listing(map(str, value)))])
        else:
            rows.append([escape(key), escape(value)])
    return Table("ll", [["item", "value"]], rows)
