"""The tables of the paper: one function each, as LaTeX, and as HTML for the report."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slth.studies.learned.tables import masks_table, published_table, routes_table
from slth.studies.printing import inputs
from slth.studies.printing.booktabs import Table, write
from slth.studies.printing.formatting import (
    ENSEMBLES,
    MISSING,
    escape,
    fixed,
    integer,
    listing,
    number,
    percent,
    setting,
    span,
)

TABLES = (
    "targets.tex",
    "tickets.tex",
    "agreement.tex",
    "provenance.tex",
    "masks.tex",
    "routes.tex",
    "published.tex",
)
HIT_CONFIDENCE = 0.99  # of the intervals of hits among subset problems


def render_tables(
    thresholds: pd.DataFrame,
    tickets: pd.DataFrame,
    blocks: pd.DataFrame,
    networks: pd.DataFrame,
    provenance: dict[str, Any],
    folder: str | Path,
    suffixes: tuple[str, ...] = (".tex",),
    *,
    learned: pd.DataFrame | None = None,
    routes: pd.DataFrame | None = None,
) -> None:
    """Write every table of ``TABLES`` to ``folder``, once a suffix (.tex, .html)."""
    made = {
        "targets": targets_table(networks),
        "tickets": tickets_table(tickets, blocks),
        "agreement": agreement_table(thresholds),
        "provenance": provenance_table(provenance),
        "masks": masks_table(learned),
        "routes": routes_table(tickets, blocks, routes),
        "published": published_table(learned),
    }
    for name, table in made.items():
        for suffix in suffixes:
            write(table, Path(folder) / f"{name}{suffix}")


def targets_table(networks: pd.DataFrame) -> Table:
    """One row a target network: architecture, size, accuracy, what normalisation changed."""
    table = inputs.complete("networks", networks, inputs.NETWORKS)
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
    table = inputs.complete("tickets", tickets, inputs.TICKETS)
    problems = inputs.complete("blocks", blocks, inputs.BLOCKS)
    spans = [r"\multicolumn{3}{c}{sup-norm error}", r"\multicolumn{2}{c}{accuracy (\%)}"]
    top = ["", "", "problems", "worst", *spans, "kept"]
    words = ["problem", "lower", "upper", "images", "ticket", "control", r"(\%)"]
    header = [top, [r"$n$", "seeds", r"within $\varepsilon$", *words]]
    rows: list[list[str] | str] = []
    for name in inputs.arms(table):
        part = table[table["arm"] == name]
        rows.append(_arm_heading(part))
        has_eps = inputs.asked_for_eps(problems, name)
        rows += [_ticket_row(n, group, has_eps) for n, group in part.groupby("n", sort=True)]
    return Table(
        "rrlrrrrrrr", header, rows, long=True, rules=r"\cmidrule(lr){5-7}\cmidrule(lr){8-9}"
    )


def agreement_table(thresholds: pd.DataFrame) -> Table:
    """One row an (ensemble, d, eps): points inside their intervals, deviation, pooled hits."""
    table = inputs.complete("thresholds", thresholds, inputs.THRESHOLDS)
    header = ["ensemble", "$d$", r"$\varepsilon$", "$n$", "trials", "inside"]
    header += ["worst", "at $n$", "hits", "predicted", "$z$", "ref. inside", "ref. worst"]
    rows = []
    for (ensemble, d, eps), part in table.groupby(["ensemble", "d", "eps"], sort=False):
        deviation = inputs.observed_rate(part) - part["prediction"]
        known = bool(deviation.notna().any())
        worst = int(deviation.abs().fillna(-1.0).to_numpy().argmax())
        hits, predicted, score = pooled(part)
        inside = int(part["inside"].astype(bool).sum())
        rows.append(
            [
                escape(ENSEMBLES.get(str(ensemble), ensemble)),
                integer(float(str(d))),
                setting(float(str(eps))),
                span(part["n"].to_numpy(float)),
                span(part["trials"].to_numpy(float)),
                f"{integer(inside)} of {integer(len(part))}",
                fixed(float(deviation.iloc[worst]), 3) if known else MISSING,
                integer(float(part["n"].iloc[worst])) if known else MISSING,
                integer(hits),
                fixed(predicted, 1),
                fixed(score, 1),
                *_refined_cells(part),
            ]
        )
    return Table("lrrlrrrrrrrrr", [header], rows)


def _refined_cells(part: pd.DataFrame) -> list[str]:
    """Points whose interval holds the refined prediction, and its worst deviation."""
    known = part[part["refined"].notna()]
    if known.empty:
        return [MISSING, MISSING]
    deviation = (inputs.observed_rate(known) - known["refined"]).to_numpy(float)
    inside = int(known["refined_inside"].astype(bool).sum())
    worst = deviation[int(np.nan_to_num(np.abs(deviation), nan=-1.0).argmax())]
    return [f"{integer(inside)} of {integer(len(known))}", fixed(float(worst), 3)]


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


def pooled(part: pd.DataFrame) -> tuple[int, float, float]:
    """Hits, hits the prediction expects, and their difference in standard deviations.

    z = (Σ hits − Σ N p) / √(Σ N p (1 − p)): the points are independent instances.
    """
    trials, p = part["trials"].to_numpy(float), part["prediction"].to_numpy(float)
    hits, expected = int(part["hits"].sum()), float((trials * p).sum())
    variance = float((trials * p * (1 - p)).sum())
    return hits, expected, (hits - expected) / np.sqrt(variance) if variance > 0 else np.nan


def _arm_heading(part: pd.DataFrame) -> str:
    first = part.iloc[0]
    layers = f"{first['depth']:g} convolution{'' if first['depth'] == 1 else 's'}"
    return (
        rf"\textit{{{escape(first['arm'])}}}: network {escape(first['network'])}, "
        rf"{escape(first['granularity'])}, $d = {part['d'].max():g}$, {layers}, "
        rf"{escape(first['readout'])} readout, "
        rf"target accuracy {percent(float(part['accuracy_target'].median()))}"
    )


def _ticket_row(n: Any, part: pd.DataFrame, has_eps: bool) -> list[str]:
    def median(column: str) -> float:
        return float(part[column].astype(float).median())

    return [
        integer(float(n)),
        integer(len(part)),
        _hits(part) if has_eps else f"{MISSING} of {integer(part['problems'].sum())}",
        number(median("worst_error")),
        number(median("lower")),
        number(median("upper")),
        number(median("data_error")),
        _bare(median("accuracy_ticket")),
        _bare(median("accuracy_control")),
        _bare(median("kept_fraction")),
    ]


def _hits(part: pd.DataFrame) -> str:
    problems, hits = part["problems"].sum(), part["hits"].sum()
    if not problems > 0:
        return MISSING
    from slth.intervals import clopper_pearson  # loads scipy.stats

    low, high = clopper_pearson(int(hits), int(problems), HIT_CONFIDENCE)
    return f"{integer(hits)} of {integer(problems)} [{low:.2f}, {high:.2f}]"


def _bare(fraction: float) -> str:
    """Per cent without its sign, which the header has."""
    return percent(fraction).removesuffix(r"\,\%")


def _kernel(kernel: object) -> str:
    text = str(kernel)
    return rf"${text}\times{text}$" if text.isdigit() else escape(text)
