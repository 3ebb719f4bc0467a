"""The dense network of Pensia et al. at its full size, each weight a subset sum."""

from enum import Enum

import pandas as pd

from slth.studies.cnns.data import BY_SUMS
from slth.studies.cnns.words import DATA
from slth.studies.printing.formatting import integer, number, percent, sentence, setting
from slth.studies.printing.published import DENSE

DECIMALS = 0.5e-4  # half a unit in the last place of the published accuracies
OFF = "The dense network was not built in this run."


class Kept(Enum):
    """What accuracy did, and whether every weight was met."""

    SAME = "same"
    MISSED = "missed"
    MOVED = "moved"


KEPT = {
    Kept.SAME: "every weight lies within the tolerance and accuracy is unchanged, as published",
    Kept.MISSED: "accuracy is unchanged, though weights are missed, of which the published run "
    "reports none",
    Kept.MOVED: "accuracy moves, by {points} points, where the published run has none",
}


def kept(rows: pd.DataFrame) -> Kept:
    """rows: tickets of the dense network."""
    moved = (rows["accuracy_ticket"] - rows["accuracy_target"]).abs().max()
    if moved >= DECIMALS:
        return Kept.MOVED
    return Kept.SAME if (rows["hits"] == rows["problems"]).all() else Kept.MISSED


def dense_macros(table: pd.DataFrame, trained: pd.DataFrame) -> dict[str, str]:
    """Macros on the dense network."""
    rows = table[table["network"] == BY_SUMS]
    if rows.empty:
        return {"CnnDense": OFF, "CnnDenseVerdict": ""}
    first = rows.iloc[0]
    about = trained[trained["network"] == BY_SUMS]
    data = DATA.get(about["data"].iloc[0], "") if len(about) else "its data"
    hits, problems = int(rows["hits"].sum()), int(rows["problems"].sum())
    tolerance = ""
    if (rows["hits"] >= 0).all():
        tolerance = (
            f", of which {integer(hits)} lie within $\\varepsilon={first['eps']:g}$ of the weight "
            f"and {integer(problems - hits)} do not, with errors up to "
            f"{number(float(rows['worst_error'].max()))}"
        )
    moved = float((rows["accuracy_ticket"] - rows["accuracy_target"]).abs().max())
    size = (
        "the published size" if first["target_parameters"] == DENSE["weights"] else "another size"
    )
    words = (
        f"a network of {size}, {integer(first['target_parameters'])} weights, trained on {data}, "
        f"is built from products of two weights with about $n={first['n']:g}$ candidates each. "
        f"There are {integer(problems)} subset problems{tolerance}. A weight keeps "
        f"{setting(round(float(rows['members'].mean()), 2))} candidates on average (published: "
        f"{setting(DENSE['kept'])}). Accuracy is {percent(float(first['accuracy_target']), 2)} "
        f"before and {percent(float(rows['accuracy_ticket'].median()), 2)} after"
    )
    verdict = KEPT[kept(rows)].format(points=number(100 * moved))
    return {"CnnDense": sentence(words), "CnnDenseVerdict": sentence(verdict)}
