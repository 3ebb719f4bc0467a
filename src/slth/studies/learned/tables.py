"""Tables of learned masks: accuracies with margins, three routes, published figures beside ours."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from slth.studies.learned import masks as data
from slth.studies.learned.longer_gains import epochs_of, last, lengths
from slth.studies.learned.published import comparisons
from slth.studies.learned.wordings import VERDICTS
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import (
    MISSING,
    escape,
    fixed,
    integer,
    listing,
    number,
    percent,
    setting,
)

TABLES = ("masks", "longer", "routes", "published")


def tables(frames: Mapping[str, pd.DataFrame]) -> dict[str, Table]:
    """The tables by name."""
    return {
        "masks": masks_table(frames["learned"]),
        "longer": longer_table(frames["learned"], frames["learned_longer"]),
        "routes": routes_table(frames["tickets"], frames["blocks"], frames["routes"]),
        "published": published_table(frames["learned"]),
    }


def masks_table(learned: pd.DataFrame) -> Table:
    """One row per method, grouped by granularity, at the end and early: accuracies and margins."""
    table = data.masks(learned)
    low, high = (_edge(table, largest) for largest in (False, True))
    spans = [r"\multicolumn{2}{c}{accuracy (\%) at}", r"\multicolumn{3}{c}{accuracy minus that of}"]
    words = [_asked(low), _asked(high), *data.CONTROLS.values()]
    kept = data.kept(table)
    header = [["", *spans], ["", *words]]
    rows: list[list[str] | str] = []
    for early in (False, True):
        seen = table[table[data.column(early)].notna()]
        for unit in data.granularities(seen):
            part = seen[seen["granularity"] == unit]
            heading = f"{unit}s{', early' if early else ''}"
            fractions = listing(
                percent(kept.get((unit, each), np.nan)) for each in sorted({low, high})
            )
            rows.append(rf"\textit{{{heading}}}, {fractions} kept")
            for name in data.arms_of(part):
                of = part[part["arm"] == name]
                ours = data.column(early)
                at = [_bare(_median(of[of["asked"] == asked], ours)) for asked in (low, high)]
                margins = [_gap(of, kind, early) for kind in data.CONTROLS]
                rows.append([escape(data.name_of(name)), *at, *margins])
    return Table("lrrrrr", header, rows, rules=r"\cmidrule(lr){2-3}\cmidrule(lr){4-6}")


def longer_table(learned: pd.DataFrame, longer: pd.DataFrame) -> Table:
    """One row per method: mean accuracy by epochs, and what the last step changes."""
    found = lengths(learned, longer)
    epochs = epochs_of(found)
    wide = max(len(epochs), 1)
    spans = [rf"\multicolumn{{{wide}}}{{c}}{{accuracy (\%) after epochs}}"]
    words = [integer(each) for each in epochs] or [MISSING]
    header = [["", *spans, "last step"], ["", *words, "(points)"]]
    rows: list[list[str] | str] = []
    for arm, gap in last(found).items():
        means = found[found.index.get_level_values("arm") == arm].to_numpy(float).mean(axis=0)
        cells = [_bare(float(mean)) for mean in means]
        ends = f" [{_points(gap.low)}, {_points(gap.high)}]" if np.isfinite(gap.low) else ""
        rows.append([escape(data.name_of(arm)), *cells, _points(gap.mean) + ends])
    rules = rf"\cmidrule(lr){{2-{1 + wide}}}"
    return Table("l" + "r" * wide + "r", header, rows, rules=rules)


def routes_table(tickets: pd.DataFrame, blocks: pd.DataFrame, routes: pd.DataFrame) -> Table:
    """One row per route, grouped by arm and size; medians over the random networks."""
    found = data.routes(routes)
    header = [
        ["", "kept weights", r"kept (\%)", r"accuracy (\%)", "lower", "upper", "work", "unit"]
    ]
    if found.empty:
        return Table("lrrrrrrl", header, [])
    full = data.borrowed_tickets(tickets)
    solved = data.borrowed_blocks(blocks)
    both = pd.concat([data.constructed(full, solved, found), found], ignore_index=True)
    rows: list[list[str] | str] = []
    for (arm, n), part in both.groupby(["arm", "n"], sort=True):
        width = r"hidden channels for each input channel"
        rows.append(rf"\textit{{{escape(arm)}}}, $n = {n:g}$: {integer(2 * float(str(n)))} {width}")
        for route, label in data.ROUTE_NAMES.items():
            of = part[part["route"] == route]
            if not of.empty:
                rows.append(_route(label, route, of))
    return Table("lrrrrrrl", header, rows)


def published_table(learned: pd.DataFrame) -> Table:
    """Figures of the papers beside those of this run, with what can be said of the two."""
    rows: list[list[str] | str] = []
    for line in comparisons(data.masks(learned)):
        rows.append(rf"\textit{{{escape(line.source)}}}: {escape(line.claim)}")
        rows.append([line.published, line.ours, escape(VERDICTS[line.verdict])])
    return Table("lll", [["published", "this run", "verdict"]], rows)


def _route(label: str, route: str, of: pd.DataFrame) -> list[str]:
    unit = "sums" if route == "constructed" else "gradients"
    return [
        label,
        integer(_median(of, "kept_weights")),
        _bare(_median(of, "kept_fraction")),
        _bare(_median(of, "accuracy")),
        number(_median(of, "lower")),
        number(_median(of, "upper")),
        number(_median(of, "work")),
        unit,
    ]


def _gap(of: pd.DataFrame, kind: str, early: bool) -> str:
    """Margin in points with its interval."""
    mean, low, high = data.margin(of, kind, early)
    if not np.isfinite(mean):
        return MISSING
    ends = f" [{_points(low)}, {_points(high)}]" if np.isfinite(low) else ""
    return _points(mean) + ends


def _points(value: float) -> str:
    return fixed(100 * value, 1)


def _edge(table: pd.DataFrame, largest: bool) -> float:
    asked = table.loc[table["arm"] != "dense", "asked"].astype(float)
    return float(asked.max() if largest else asked.min())


def _asked(asked: float) -> str:
    return rf"{setting(100 * asked)}\,\%" if np.isfinite(asked) else MISSING


def _median(part: pd.DataFrame, column: str) -> float:
    values: Any = part[column].astype(float).median()
    return float(values)


def _bare(fraction: float) -> str:
    return percent(fraction).removesuffix(r"\,\%")
