"""One row per network and granularity, at its largest n."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.cnns.data import balls, cases, convolutional, largest, middle, networks, tickets
from slth.studies.cnns.words import GRANULARITIES, NETWORKS, RULES
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import MISSING, integer, number, percent, setting

TABLES = ("cnns", "cnns_balls")


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The tables of the section, by name."""
    table = largest(convolutional(tickets(frames)))
    rules = [rule for rule in RULES if len(table) and rule in set(table["targets"])]
    trained = networks(frames).set_index("network")
    many = max(len(rules), 1)
    shown = rules or [""]
    groups = ((2, "per weight"), (many + 1, "agree"), (many, "error"), (3, "accuracy"))
    above = [rf"\multicolumn{{{width}}}{{c}}{{{words}}}" for width, words in groups]
    names = ["removed as one", "$d$", "$n$", "source", "kept"]
    header = [
        ["", "", "", *above],
        [*names, *shown, "interval", *shown, "ticket", "random", "refitted"],
    ]
    first = 6 + many
    spans = [(4, 5), (6, first), (first + 1, first + many), (first + many + 1, first + many + 3)]
    rules_tex = "".join(rf"\cmidrule(lr){{{low}-{high}}}" for low, high in spans)
    rows: list[list[str] | str] = []
    for network in dict.fromkeys(table["network"]):
        rows.append(_heading(network, trained))
        for _, granularity, part in cases(table[table["network"] == network]):
            rows.append(_row(granularity, part, rules))
    columns = "lrrrr" + "r" * many + "l" + "r" * many + "rrr"
    made = Table(columns, header, rows, rules=rules_tex)
    return {"cnns": made, "cnns_balls": _balls(balls(frames))}


def _balls(table: pd.DataFrame) -> Table:
    """Certified and refuted images, radius by radius, one row per ticket."""
    radii = sorted(set(table["radius"].astype(float)))
    names = ["network", "removed as one", "targets", "images"]
    above = ["", "", "", "", *(rf"\multicolumn{{2}}{{c}}{{radius {setting(r)}}}" for r in radii)]
    header = [above, [*names, *("proved", "refuted") * len(radii)]]
    spans = "".join(rf"\cmidrule(lr){{{5 + 2 * i}-{6 + 2 * i}}}" for i in range(len(radii)))
    rows: list[list[str] | str] = []
    for (network, granularity, rule), part in table.groupby(
        ["network", "granularity", "targets"], sort=False
    ):
        counts = [
            integer(float(part.loc[part["radius"] == r, name].sum()))
            for r in radii
            for name in ("certified", "refuted")
        ]
        images = integer(part["balls"].max())
        rows.append(
            [NETWORKS[str(network)], GRANULARITIES[str(granularity)], str(rule), images, *counts]
        )
    return Table("lllr" + "rr" * len(radii), header, rows, rules=spans)


def _heading(network: str, trained: pd.DataFrame) -> str:
    words = rf"\textit{{{NETWORKS[network]}}}"
    if network not in trained.index:
        return words
    row = trained.loc[[network]].iloc[0]
    return (
        f"{words}: {integer(row['parameters'])} parameters, accuracy "
        f"{percent(row['accuracy_held_out'])}"
    )


def _row(granularity: str, part: pd.DataFrame, rules: list[str]) -> list[str]:
    of = {rule: part[part["targets"] == rule] for rule in rules}
    last = [rule for rule in rules if len(of[rule])][-1:]
    one = middle(of[last[0]]) if last else None
    assert one is not None
    controls = [part[name].astype(float).median() for name in ("random", "refitted")]
    return [
        GRANULARITIES[granularity],
        integer(one["d"]),
        integer(one["n"]),
        integer(one["source_a_weight"]),
        integer(of[last[0]]["kept_a_weight"].median()),
        *(_median(of[rule], "agreement", percent) for rule in rules),
        f"{percent(one['low'])} to {percent(one['high'])}",
        *(_median(of[rule], "error", number) for rule in rules),
        percent(one["accuracy_ticket"]),
        *(percent(value) if np.isfinite(value) else MISSING for value in controls),
    ]


def _median(part: pd.DataFrame, column: str, shown) -> str:  # type: ignore[no-untyped-def]
    return shown(float(part[column].median())) if len(part) else MISSING
