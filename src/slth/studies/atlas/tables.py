"""Tables of the atlas: fit, sizes side by side, scales, price of all targets, easy search."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from slth.studies.atlas.claims_drift import errors, gains
from slth.studies.atlas.claims_sufficient import with_observed
from slth.studies.printing import titles
from slth.studies.printing.booktabs import Table
from slth.studies.printing.formatting import MISSING, fixed, integer, number, setting
from slth.theory.counting import counting_bound
from slth.theory.quenched import quenched_n_star

TABLES = (
    "atlas_fit",
    "atlas_drift",
    "atlas_sufficient",
    "atlas_scales",
    "atlas_price",
    "atlas_easy",
    "atlas_centred",
    "atlas_sized",
)
Frames = Mapping[str, pd.DataFrame]


def tables(frames: Frames) -> dict[str, Table]:
    """Return the tables of ``TABLES`` by name."""
    return {
        "atlas_fit": fit_table(frames["atlas_fit"]),
        "atlas_drift": drift_table(frames["atlas_least"]),
        "atlas_sufficient": sufficient_table(frames["atlas_sufficient"], frames["atlas_least"]),
        "atlas_scales": scales_table(frames["atlas_scales"]),
        "atlas_price": price_table(frames["atlas_covering"]),
        "atlas_easy": search_table(frames["atlas_search"]),
        "atlas_centred": centred_table(frames["atlas_centred"]),
        "atlas_sized": sized_table(frames["atlas_sized"]),
    }


DRIFT = ["ensemble", "d", "n", "median", "prediction", "inside"]
SOURCES = {"median": "observed", "prediction": "predicted"}


def fit_table(fit: pd.DataFrame) -> Table:
    """A, B, C of n_50 = A d log2(1/eps) + B d log2 n + C d: observed, and of the prediction."""
    rows = []
    for row in fit.to_dict("records") if len(fit) and "a" in fit else []:
        noisy = row["source"] != "prediction"
        rows.append(
            [
                titles.ensemble(row["ensemble"]) if row["source"] == "median" else "",
                SOURCES[row["source"]],
                integer(row["points"]),
                *(_constant(row, name) for name in ("a", "b", "c")),
                f"{fixed(row['chi2'], 1)} / {integer(row['freedom'])}" if noisy else MISSING,
                number(row["p"]) if noisy else MISSING,
            ]
        )
    header = ["candidates", "medians", "points", "$A$", "$B$", "$C$", r"$\chi^2$ / d.f.", "$p$"]
    return Table("llrlllll", [header], rows)


def _constant(row: dict[Any, Any], name: str) -> str:
    digits = 3 if name == "a" else 2
    known = row["source"] == "prediction"
    return fixed(row[name], digits) if known else _interval(row, name, digits)


def _interval(row: dict[Any, Any], name: str, digits: int = 2) -> str:
    value, low, high = (fixed(row[f"{name}{end}"], digits) for end in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"


def drift_table(least: pd.DataFrame) -> Table:
    """One row per d: the mean error of the prediction by law, in candidates, and W/ln 2."""
    known = least[least["median"].notna()] if len(least) else pd.DataFrame(columns=DRIFT)
    names = list(dict.fromkeys(known["ensemble"]))
    table = known.assign(error=errors(known), gain=gains(known)) if len(known) else known
    rows = [
        [
            f"{d:g}",
            *(_mean_error(part[part["ensemble"] == name]) for name in names),
            fixed(float(part["gain"].mean())),
        ]
        for d, part in table.groupby("d", sort=True)
    ]
    header = ["$d$", *map(titles.ensemble, names), r"$W/\ln2$"]
    return Table("r" * len(header), [header], rows)


def _mean_error(own: pd.DataFrame) -> str:
    """Mean error over the points of a law, and how many of their intervals hold the prediction."""
    if own.empty:
        return MISSING
    inside = int(own["inside"].astype(bool).sum())
    return f"{fixed(float(own['error'].mean()))} ({inside} of {len(own)})"


def sufficient_table(sufficient: pd.DataFrame, least: pd.DataFrame) -> Table:
    """One row per (d, eps): necessary sizes to the left, sufficient ones to the right."""
    rows = [
        [
            integer(row["d"]),
            setting(row["eps"]),
            fixed(counting_bound(row["d"], row["eps"], 0.5), 1),
            fixed(row["annealed"], 1),
            fixed(row["n_star"], 1),
            fixed(row["said"], 1),
            _interval(row, "seen", 1) if math.isfinite(row["seen"]) else MISSING,
            integer(row["certified"]),
            f"${row['becchetti']:.0f}\\,C_1$",
        ]
        for row in with_observed(sufficient, least).to_dict("records")
    ]
    header = ["$d$", r"$\varepsilon$", "counting", "first moment", r"$n^\ast$", "predicted"]
    right = ["observed", "certified", "theorem"]
    return Table("rrrrrrlrr", [[*header, *right]], rows)


def centred_table(centred: pd.DataFrame) -> Table:
    """One row per (d, eps): even odds, and what each certificate asks for."""
    names = ("n50", "plain", "centre", "n", "k")
    rows = [
        [
            integer(row["d"]),
            setting(row["eps"]),
            *(integer(row[name]) for name in names),
            fixed(row["bound"], 3),
            f"{integer(row['moved'])} ({integer(row['extra'])})",
        ]
        for row in (centred.to_dict("records") if len(centred) else [])
    ]
    header = [
        "$d$",
        r"$\varepsilon$",
        "$n_{50}$",
        "plain",
        "$y=0$",
        "given $T$",
        "$k$",
        r"$\Pr\geq$",
    ]
    return Table("rrrrrrrrr", [[*header, "recentred ($m$)"]], rows)


def sized_table(sized: pd.DataFrame) -> Table:
    """One row per (d, α): law, even odds, certificate, all targets."""
    rows = [
        [
            integer(row["d"]),
            setting(row["share"]),
            fixed(row["law"], 1),
            *(integer(row[name]) for name in ("n50", "n", "k")),
            fixed(row["bound"], 3),
            integer(row["every"]),
        ]
        for row in (sized.to_dict("records") if len(sized) else [])
    ]
    header = [
        "$d$",
        r"$\alpha$",
        r"\eqref{eq:entropy}",
        "$n_{50}$",
        "certified",
        "$k$",
        r"$\Pr\geq$",
    ]
    return Table("rrrrrrrr", [[*header, "all targets"]], rows)


def scales_table(scales: pd.DataFrame) -> Table:
    """Shift of nsn against normal candidates: observed, predicted, and left given Σ a²."""
    rows = [
        [
            integer(row["d"]),
            integer(row["n"]),
            _interval(row, "raw"),
            *(fixed(row[name]) for name in ("predicted", "refined", "spread")),
            _interval(row, "given"),
        ]
        for row in (scales.to_dict("records") if len(scales) else [])
    ]
    header = ["$d$", "$n$", "shift", "predicted", "refined", "of the scales", r"left given $G$"]
    return Table("rrlrrrl", [header], rows)


def price_table(covering: pd.DataFrame) -> Table:
    """What all targets cost beside one, at the tolerance that covers the cube half the time."""
    rows = [
        [
            titles.ensemble(row["ensemble"]),
            integer(row["d"]),
            integer(row["n"]),
            number(row["median"]),
            number(row["prediction"]),
            number(row["one"]),
            _interval(row, "price", 1),
            integer(row["n50"]),
            integer(row["conditional"]),
            integer(row["union"]),
        ]
        for row in (covering.to_dict("records") if len(covering) else [])
    ]
    header = ["candidates", "$d$", "$n$", r"all $\varepsilon$", "predicted", r"one $\varepsilon$"]
    right = ["price", "$n_{50}$", "given $T$", "union bound"]
    return Table("lrrllllrrr", [[*header, *right]], rows)


def search_table(search: pd.DataFrame) -> Table:
    """Least error found at each size, per solver, in multiples of eps*; n over n* of that error."""
    rows = []
    for row in search.to_dict("records") if len(search) else []:
        d, error = int(row["d"]), float(row["median"])
        limit = float(row["limit"])
        place = quenched_n_star(d, error) if error > 0 else float("nan")
        rows.append(
            [
                integer(d),
                integer(row["n"]),
                titles.solver(row["solver"]),
                number(error),
                number(error / limit if limit > 0 else float("inf")),
                fixed(row["n"] / place, 2) if place > 0 else MISSING,
                f"{integer(row['proved'])} / {integer(row['trials'])}",
            ]
        )
    header = ["$d$", "$n$", "solver", "error", r"over $\varepsilon^\ast$", r"$n/n^\ast$", "proved"]
    return Table("rrlllll", [header], rows)
