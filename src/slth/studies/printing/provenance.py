"""What a paper was made from, and which studies are in it, in print."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slth import frames
from slth.digests import shortened
from slth.provenance import commit_line, provenance
from slth.studies import listed
from slth.studies.printing.booktabs import Table, write
from slth.studies.printing.formatting import escape, listing
from slth.studies.printing.macros import write_macros

NAME = "provenance"


def render_provenance(
    config: Mapping[str, Any],
    source: Mapping[str, Any],
    studies: Sequence[str],
    measured: Mapping[str, str],
    paper: Path,
    report: Path,
) -> None:
    """Write the table of provenance and the macros of the paper as a whole.

    source: of `slth.provenance.commit_of`. measured: path of every measured table, and its
    kind; the devices are those that their rows name.
    """
    read = [frames.read(path, kind) for path, kind in measured.items()]
    used = {name for table in read if "device" in table for name in table["device"].dropna()}
    origin = {**provenance(config), "commit": commit_line(source)}
    origin |= {"device": sorted(used), "files": shortened(measured)}
    table = provenance_table(origin)
    write(table, paper / "tables" / f"{NAME}.tex")
    write(table, report / "tables" / f"{NAME}.html")
    found = {"Seed": escape(config["seed"]), "Studies": ",".join(studies)}
    found["Computed"] = computed(given(studies))
    named = dict.fromkeys(found, f"{__name__}:render_provenance")
    write_macros(paper / "numbers" / f"{NAME}.tex", found, named)


def given(studies: Sequence[str]) -> list[str]:
    """What the sections of the run print that no job of it computed: ``GIVEN`` of their claims."""
    return list(
        dict.fromkeys(name for study in studies for name in listed(study, "claims", "GIVEN"))
    )


def computed(exceptions: Sequence[str]) -> str:
    """Say which numbers of the paper the run that typeset it has computed."""
    but = f" but {listing(exceptions)}" if exceptions else ""
    return f"Every number in this paper{but} was computed by the run that typeset it."


def provenance_table(provenance: Mapping[str, Any]) -> Table:
    """Seed, configuration and versions, as given; nested entries one a row."""
    rows: list[list[str] | str] = []
    for key, value in provenance.items():
        if isinstance(value, Mapping):
            rows += [[escape(name), escape(version)] for name, version in sorted(value.items())]
        elif isinstance(value, (list, tuple)):
            rows.append([escape(key), escape(listing(map(str, value)))])
        else:
            rows.append([escape(key), escape(value)])
    return Table("ll", [["item", "value"]], rows)
