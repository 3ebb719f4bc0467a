"""Targets and tickets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from slth.intervals import grouped_rate
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    escape,
    integer,
    number,
    percent,
)
from slth.studies.tickets.data import arms, asked_for_eps, blocks_of, networks_of, tickets_of

HIT_CONFIDENCE = 0.95  # of the intervals of hits among subset problems


TABLES = ("targets", "tickets")


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The tables by name."""
    return {
        "targets": targets_table(frames["networks"]),
        "tickets": tickets_table(frames["tickets"], frames["blocks"]),
    }


def targets_table(networks: pd.DataFrame) -> Table:
    """One row per target network: architecture, size, accuracy, what normalisation changed."""
    table = networks_of(networks)
    header = ["network", "channels", "kernel", "input", "parameters"]
    header += ["train acc.", "held-out acc.", "decisions changed"]
    rows = [
        [
            escape(row["network"]),
            escape(row["channels"]),
            _kernel(row["kernel"]),
            escape(row["input"]),
            integer(row["parameters"]),
            percent(row["accuracy_train"]),
            percent(row["accuracy_held_out"]),
            f"{integer(row['decisions_changed'])} of {integer(row['held_out'])}",
        ]
        for row in table.to_dict("records")
    ]
    return Table("llllrrrr", [header], rows)


def tickets_table(tickets: pd.DataFrame, blocks: pd.DataFrame) -> Table:
    """One row an (arm, n): medians over seeds. May be longer than a page."""
    table = tickets_of(tickets)
    problems = blocks_of(blocks)
    has_eps = {name: asked_for_eps(problems, name) for name in arms(table)}
    counted = any(has_eps.values())
    spans = [r"\multicolumn{3}{c}{sup-norm error}", r"\multicolumn{2}{c}{accuracy (\%)}"]
    words = ["problem", "lower", "upper", "images", "ticket", "control", r"(\%)"]
    header = [["", ""] + ["problems"] * counted + ["worst", *spans, "kept"]]
    header += [[r"$n$", "seeds"] + [r"within $\varepsilon$"] * counted + words]
    rows: list[list[str] | str] = []
    for name in arms(table):
        part = table[table["arm"] == name]
        rows.append(_arm_heading(part))
        rows += [
            _ticket_row(n, group, has_eps[name], counted)
            for n, group in part.groupby("n", sort=True)
        ]
    first = 4 + counted  # column of the lower end
    rules = rf"\cmidrule(lr){{{first}-{first + 2}}}\cmidrule(lr){{{first + 3}-{first + 4}}}"
    return Table("rr" + "l" * counted + "rrrrrrr", header, rows, long=True, rules=rules)


def _arm_heading(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    layers = f"{first['depth']:g} convolution{'' if first['depth'] == 1 else 's'}"
    return (
        rf"\textit{{{escape(first['arm'])}}}: network {escape(first['network'])}, "
        rf"{escape(first['granularity'])}, $d = {part['d'].max():g}$, {layers}, "
        rf"{escape(first['readout'])} readout, "
        rf"target accuracy {percent(float(part['accuracy_target'].median()))}"
    )


def _ticket_row(n: Any, part: pd.DataFrame, has_eps: bool, counted: bool) -> list[str]:
    def median(column: str) -> float:
        return float(part[column].astype(float).median())

    return [
        integer(float(n)),
        integer(len(part)),
        *[_hits(part) if has_eps else f"{MISSING} of {integer(part['problems'].sum())}"] * counted,
        number(median("worst_error")),
        number(median("lower")),
        number(median("upper")),
        number(median("data_error")),
        _bare(median("accuracy_ticket")),
        _bare(median("accuracy_control")),
        _bare(median("kept_fraction")),
    ]


def _hits(part: pd.DataFrame) -> str:
    """Hits of all problems; interval over the tickets, as the problems of one share its pools."""
    problems, hits = part["problems"].sum(), part["hits"].sum()
    if not problems > 0:
        return MISSING
    _, low, high = grouped_rate(part["hits"], part["problems"], HIT_CONFIDENCE)
    ends = f" [{low:.2f}, {high:.2f}]" if np.isfinite(low) else ""
    return f"{integer(hits)} of {integer(problems)}{ends}"


def _bare(fraction: float) -> str:
    """Per cent without its sign, which the header has."""
    return percent(fraction).removesuffix(r"\,\%")


def _kernel(kernel: object) -> str:
    text = str(kernel)
    return rf"${text}\times{text}$" if text.isdigit() else escape(text)
