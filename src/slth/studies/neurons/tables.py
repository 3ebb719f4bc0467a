"""The two laws of the error, by number of inputs."""

from collections.abc import Hashable
from typing import Any

from slth.studies.neurons.claims import Frames, read
from slth.studies.neurons.laws import Law, fits
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import fixed, integer, number, percent

TABLES = ("neurons_laws",)
VERDICTS = {
    Law.UNKNOWN: "too few sizes",
    Law.EXPONENTIAL: "exponential",
    Law.POWER: "power",
    Law.UNDECIDED: "undecided",
}


def tables(frames: Frames) -> dict[str, Table]:
    """Return the table of laws."""
    head = ["$p$", "fitted $n$", "sizes", "bits per neuron", "interval", "$q$", "interval"]
    head += ["exponential better", "verdict", "error", "empty"]
    rows = [_row(row) for row in fits(read(frames)).to_dict("records")]
    return {"neurons_laws": Table("rrrrlrlrlrr", [head], rows)}


def _row(row: dict[Hashable, Any]) -> list[str]:
    cells = [integer(row["inputs"]), f"{integer(row['first'])} to {integer(row['last'])}"]
    cells.append(integer(row["sizes"]))
    for name in ("rate", "power"):
        ends = f"{fixed(row[f'{name}_low'])} to {fixed(row[f'{name}_high'])}"
        cells += [fixed(row[name]), ends]
    cells += [percent(row["share"], 0), VERDICTS[row["law"]]]
    return [*cells, number(row["error"]), percent(row["none"], 0)]
