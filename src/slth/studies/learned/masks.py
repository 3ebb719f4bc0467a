"""The tables of learned masks as renderers read them: names in print, margins over controls."""

import numpy as np
import pandas as pd

from slth.intervals import Interval, t_interval
from slth.studies.printing.summaries import complete

CONFIDENCE = 0.99  # of the intervals of margins
CONTROLS = {  # kind → in print
    "shuffled": "shuffled mask",
    "random": "random mask",
    "fresh": "fresh weights",
}
MASKS = ["arm", "method", "granularity", "asked", "replicate", "data", "channels"]
MASKS += ["source_weights", "kept_fraction", "held_out", "accuracy"]
MASKS += [f"accuracy_{kind}" for kind in CONTROLS]
EARLY = ["early", *(f"early_{kind}" for kind in CONTROLS)]  # of trained weights; unknown: no rows
ROUTES = ["arm", "n", "replicate", "route", "kept_fraction", "kept_weights", "work", "accuracy"]
ROUTES += ["data_error", "lower", "upper"]
METHODS = {
    "supermask_sgd": "supermask",
    "edge_popup": "edge-popup",
    "biprop": "biprop",
    "dense": "trained, not pruned",
}
ROUTE_NAMES = {
    "constructed": "constructed, filters",
    "learned-edge": "learned mask, edges",
    "learned-filter": "learned mask, filters",
    "trained-filter": "trained, pruned, filters",
}
UNTRAINED = ("supermask_sgd", "edge_popup", "biprop")


def masks(frame: pd.DataFrame) -> pd.DataFrame:
    """The table of masks, empty where the run has none; ValueError naming missing columns."""
    table = complete("learned", frame, MASKS)
    return table.assign(**{name: np.nan for name in EARLY if name not in table.columns})


def routes(frame: pd.DataFrame) -> pd.DataFrame:
    """The table of routes, empty where the run has none; ValueError naming missing columns."""
    return complete("routes", frame, ROUTES)


def name_of(arm: str) -> str:
    """An arm in print: magnitude-3-2 is IMP of three rounds rewound to epoch 2."""
    if not arm.startswith("magnitude-"):
        return METHODS.get(arm, arm)
    rounds, rewind = arm.split("-")[1:]
    kind = "one-shot" if rounds == "1" else f"IMP, {rounds} rounds"
    return kind if rewind == "0" else f"{kind}, rewound to {rewind}"


def arms_of(table: pd.DataFrame, trained: bool | None = None) -> list[str]:
    """Arms in order, the dense network left out; those with trained weights or without."""
    names = [name for name in _order(table["arm"]) if name != "dense"]
    if trained is None:
        return names
    return [name for name in names if (name not in UNTRAINED) == trained]


def granularities(table: pd.DataFrame) -> list[str]:
    """Edges, then filters, as far as there are pruned rows of them."""
    found = set(table.loc[table["arm"] != "dense", "granularity"])
    return [name for name in ("edge", "filter") if name in found]


def kept(table: pd.DataFrame) -> pd.Series:
    """Median kept fraction of the masks, by granularity and the fraction asked for."""
    pruned = table[table["arm"] != "dense"]
    return pruned.groupby(["granularity", "asked"])["kept_fraction"].median().astype(float)


def dense_accuracy(table: pd.DataFrame) -> float:
    """Median accuracy of the trained networks that were not pruned."""
    return float(table.loc[table["arm"] == "dense", "accuracy"].astype(float).median())


def column(early: bool, kind: str = "") -> str:
    """Name of the accuracy at the end or early in the last training; of a control, of its kind."""
    return ("early" if early else "accuracy") + (f"_{kind}" if kind else "")


def gaps(part: pd.DataFrame, kind: str, early: bool = False) -> np.ndarray:
    """Accuracy minus the control's, one a random network.

    Averaged over kept fractions within each network, so that the values are independent.
    """
    ours, null = (part[column(early, of)].astype(float) for of in ("", kind))
    return (ours - null).groupby(part["replicate"]).mean().dropna().to_numpy(float)


def margin(part: pd.DataFrame, kind: str, early: bool = False) -> Interval:
    """Mean of `gaps`, and its t-interval over random networks.

    Unknown interval for fewer than two networks.
    """
    return t_interval(gaps(part, kind, early), CONFIDENCE)


def constructed(tickets: pd.DataFrame, blocks: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Rows of the constructed tickets at the arms and sizes of ``found``, in its columns."""
    wanted = set(found[["arm", "n"]].itertuples(index=False, name=None))
    rows = tickets[[(a, n) in wanted for a, n in zip(tickets["arm"], tickets["n"], strict=True)]]
    work = blocks.groupby(["arm", "n"], sort=False)["work"].sum(min_count=1)
    counts = tickets.groupby(["arm", "n"], sort=False).size()
    keys = list(zip(rows["arm"], rows["n"], strict=True))
    each = [work.get(k, np.nan) / counts.get(k, 1) for k in keys]
    return pd.DataFrame(
        {
            "arm": rows["arm"],
            "n": rows["n"],
            "replicate": rows.get("replicate", 0),
            "route": "constructed",
            "kept_fraction": rows["kept_fraction"],
            "kept_weights": rows["kept_parameters"],
            "work": each,
            "accuracy": rows["accuracy_ticket"],
            "data_error": rows["data_error"],
            "lower": rows["lower"],
            "upper": rows["upper"],
        }
    )


def _order(values: pd.Series) -> list[str]:
    known = [*METHODS]
    names = list(dict.fromkeys(values))
    rank = {name: known.index(name) if name in known else len(known) for name in names}
    return sorted(names, key=lambda name: (rank[name], name))


def borrowed_tickets(frame: pd.DataFrame) -> pd.DataFrame:
    """The constructed tickets of the run, with the columns that are compared."""
    values = ["kept_fraction", "kept_parameters", "accuracy_ticket", "data_error"]
    return complete("tickets", frame, ["arm", "n", "lower", "upper"], values)


def borrowed_blocks(frame: pd.DataFrame) -> pd.DataFrame:
    """The subset problems of those tickets, with the work of each."""
    return complete("blocks", frame, ["arm"], ["n", "work"])
