"""The section of published experiments run again: what it draws, sets and says."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import MISSING, fixed, integer, number, percent, setting
from slth.studies.printing.published import DENSE
from slth.studies.replicas import published as data

TABLES = ("replicas_dense", "replicas_lenet", "replicas_failures")
Frames = Mapping[str, pd.DataFrame]
KINDS = {"rows": "shared by a row", "products": r"independent products $u\,v$"}
ASKED = {"within": r"any within $\varepsilon$", "least": "least error"}
LAWS = {1: r"uniform on $[-1,1]$", 2: "product of two uniforms"}


def tables(frames: Frames) -> dict[str, Table]:
    """Return the tables by name."""
    return {
        "replicas_dense": dense_table(data.dense(frames)),
        "replicas_lenet": lenet_table(data.lenet(frames)),
        "replicas_failures": failure_table(data.failures(frames)),
    }


def dense_table(table: pd.DataFrame) -> Table:
    """One row a (coefficients, n, question): misses, worst error, kept, accuracy, decisions."""
    words = ["$n$", "subset asked for", "weights missed", "worst error", "kept per weight"]
    words += [r"before (\%)", r"after (\%)", r"changed (\%)"]
    weights = integer(DENSE["weights"])
    rows: list[list[str] | str] = [
        rf"\textit{{published}}, {weights} weights, coefficients shared by a row",
        _published_row(),
    ]
    for kind, drawn in KINDS.items():
        of = table[table["coefficients"] == kind]
        if not of.empty:
            rows.append(rf"\textit{{this run}}, coefficients {drawn}")
        for (n, asked), part in of.groupby(["n", "asked"], sort=True):
            rows.append(_dense_row(float(str(n)), str(asked), part))
    return Table("rlrrrrrr", [words], rows)


def lenet_table(table: pd.DataFrame) -> Table:
    """One row per size: published errors, ours over the tensor's and the own weight, of outputs."""
    spans = [r"\multicolumn{2}{c}{published}", r"\multicolumn{2}{c}{largest error of a weight}"]
    words = ["$n$", "MNIST", "Fashion", "over tensor's", "over its own", "relative", "outputs"]
    rows = []
    for n in sorted({*data.LENET, *(int(size) for size in table["n"])}):
        part = table[table["n"] == n]
        mnist, fashion = data.LENET.get(n, (np.nan, np.nan))
        cells = [_range(part, column) for column in ("tensor_error", "max_relative_error")]
        if part.empty:
            rows.append([integer(n), number(mnist), number(fashion), *[MISSING] * 4])
            continue
        share = part["output_error"] / part["output_scale"]
        middle = data.spread(part["median_relative_error"]).median
        cells += [number(middle), number(data.spread(share).median)]
        rows.append([integer(n), number(mnist), number(fashion), *cells])
    rules = r"\cmidrule(lr){2-3}\cmidrule(lr){4-5}"
    return Table("rrrrrrr", [["", *spans, "median", ""], words], rows, rules=rules)


def failure_table(table: pd.DataFrame) -> Table:
    """One row per law and size: failures, their rate with its interval, the published rate."""
    header = [["$n$", "trials", "missed", r"rate (\%)", r"interval (\%)", r"published (\%)"]]
    rows: list[list[str] | str] = []
    for factors, words in LAWS.items():
        of = table[table["factors"] == factors].sort_values("n")
        if not of.empty:
            rows.append(rf"\textit{{candidates {words}}}")
        for _, row in of.iterrows():
            rate = data.published_rate(row)
            ends = f"[{_share(row['low'])}, {_share(row['high'])}]"
            counts = [integer(row[key]) for key in ("n", "trials", "failures")]
            shown = MISSING if np.isnan(rate) else setting(round(100 * rate, 6))
            rows.append([*counts, _share(row["rate"]), ends, shown])
    return Table("rrrrrr", header, rows)


def _published_row() -> list[str]:
    p = DENSE
    accuracies = [_bare(p[key], 2) for key in ("before", "after")]
    kept = [MISSING, MISSING, MISSING, setting(p["kept"])]
    return [integer(p["n"]), *kept, *accuracies, MISSING]


def _dense_row(n: float, asked: str, part: pd.DataFrame) -> list[str]:
    problems, hits = part["problems"].sum(), part["hits"].sum()
    changed = part["decisions_changed"].sum() / part["held_out"].sum()
    after = data.spread(part["accuracy_ticket"])
    ends = "" if after.count < 2 else f" [{_bare(after.least)}, {_bare(after.most)}]"
    return [
        integer(n),
        ASKED[asked],
        f"{integer(problems - hits)} of {integer(problems)}",
        number(float(part["worst_error"].max())),
        fixed(data.spread(part["kept_a_weight"]).mean),
        _bare(float(part["accuracy_target"].iloc[0])),
        _bare(after.median) + ends,
        _bare(float(changed)),
    ]


def _range(part: pd.DataFrame, column: str) -> str:
    if part.empty:
        return MISSING
    s = data.spread(part[column])
    return f"{number(s.median)} [{number(s.least)}, {number(s.most)}]"


def _share(rate: float) -> str:
    """Per cent without the sign, three significant digits."""
    return number(100 * rate, 3)


def _bare(fraction: float, digits: int = 1) -> str:
    return percent(fraction, digits).removesuffix(r"\,\%")
