"""Sizes of tickets as they are stored, and their times over another network's."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from slth.studies.latency.data import (
    DENSE,
    FORMS,
    GRANULARITIES,
    NETWORK,
    TARGET,
    batches_of,
    cells_of,
    equal_error,
)
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    integer,
    number,
    percent,
)

TABLES = ("latencies", "latencies_equal")
MEBI = 2.0**20


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The layer's forms at equal weights, and tickets of a trained network at equal error."""
    return {
        "latencies": layer_table(frames["latency"]),
        "latencies_equal": equal_table(frames["latency_equal"]),
    }


def equal_table(frame: pd.DataFrame) -> Table:
    """One row per granularity and form: n, error, sizes, times over the trained network's."""
    own, tickets = equal_error(frame)
    batches = batches_of(own)
    wide = max(len(batches), 1)
    spans = rf"\multicolumn{{{wide}}}{{c}}{{time over the network's, batch}}"
    header = [["", "", "error", "correct", "weights", "stored", spans]]
    words = [str(batch) for batch in batches] or [MISSING]
    header.append(["", "$n$", r"(\%)", r"(\%)", "kept", "MiB", *words])
    forms = {"shrunk": "zeros stored", "csr": "compressed by rows"}
    rows: list[list[str] | str] = []
    if len(own):
        rows.append(["trained network", *_equal_row(own, batches)])
    for granularity, name in GRANULARITIES.items():
        for form, words_of_form in forms.items():
            of = tickets[(tickets["granularity"] == granularity) & (tickets["form"] == form)]
            label = name if granularity == "filter" else f"{name}, {words_of_form}"
            if len(of):
                rows.append([label, *_equal_row(of, batches)])
    rules = rf"\cmidrule(lr){{7-{6 + wide}}}"
    return Table("lrrrrr" + "r" * wide, header, rows, rules=rules)


def _equal_row(of: pd.DataFrame, batches: list[int]) -> list[str]:
    first = of.iloc[0]
    found = {row["batch"]: row for row in of.to_dict("records")}
    bare = [percent(float(first[key])).removesuffix(r"\,\%") for key in ("error", "accuracy")]
    if first["granularity"] == NETWORK:
        bare[0] = MISSING
    n = MISSING if first["granularity"] == NETWORK else integer(first["n"])
    cells = [_ratio(found[batch]) if batch in found else MISSING for batch in batches]
    return [n, *bare, integer(first["weights"]), number(float(first["stored"]) / MEBI), *cells]


def layer_table(frame: pd.DataFrame) -> Table:
    """One row a kept fraction and form: sizes, and times over the dense network's."""
    cells = cells_of(frame)
    spans = [rf"\multicolumn{{{max(len(cells), 1)}}}{{c}}{{time over dense, batch / threads}}"]
    wide = max(len(batches_of(frame)), 1)
    spans.append(rf"\multicolumn{{{wide}}}{{c}}{{pass, MiB, batch}}")
    header = [["", "weights", "stored", *spans]]
    words = [f"{batch} / {threads}" for batch, threads in cells] or [MISSING]
    batches = [str(batch) for batch in batches_of(frame)] or [MISSING]
    header.append(["", "kept", "MiB", *words, *batches])
    rows: list[list[str] | str] = []
    for kept, part in _by_kept(frame):
        rows.append(_heading(kept, part))
        for form in (TARGET, DENSE, *FORMS):
            of = part[part["form"] == form]
            if len(of):
                rows.append(_row(frame, of, form))
    columns = "lrr" + "r" * max(len(cells), 1) + "r" * wide
    last = 3 + max(len(cells), 1)
    rules = rf"\cmidrule(lr){{4-{last}}}\cmidrule(lr){{{last + 1}-{last + wide}}}"
    return Table(columns, header, rows, rules=rules)


def _by_kept(frame: pd.DataFrame) -> list[tuple[float, pd.DataFrame]]:
    """(1, target and dense), then falling fractions kept."""
    if frame.empty:
        return []
    order = sorted(set(frame["kept"]), reverse=True)
    return [(kept, frame[frame["kept"] == kept]) for kept in order]


def _heading(kept: float, part: pd.DataFrame) -> str:
    if set(part["form"]) <= {DENSE, TARGET}:
        return r"\textit{nothing removed}"
    return rf"\textit{{kept: {percent(kept, 0)} of the hidden layer's weights}}"


def _row(frame: pd.DataFrame, of: pd.DataFrame, form: str) -> list[str]:
    names = {DENSE: "dense", TARGET: "target", **FORMS}
    found = {(row["batch"], row["threads"]): row for row in of.to_dict("records")}
    cells = [_ratio(found[cell]) if cell in found else MISSING for cell in cells_of(frame)]
    peaks = []
    for batch in batches_of(frame):
        peak = of[(of["batch"] == batch) & (of["threads"] == of["threads"].min())]["peak"]
        value = float(peak.iloc[0]) / MEBI if len(peak) else np.nan
        peaks.append(MISSING if np.isnan(value) else number(value))
    first = of.iloc[0]
    sizes = [integer(first["weights"]), number(float(first["stored"]) / MEBI)]
    return [names[form], *sizes, *cells, *peaks]


def _ratio(row: Mapping[Any, Any]) -> str:
    low, middle, high = (number(float(row[key])) for key in ("low", "ratio", "high"))
    return f"{middle} ({low}, {high})"
