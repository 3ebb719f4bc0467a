"""Sentences on the published experiments run again; each says what this run supports."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from slth.studies.printing.formatting import (
    MISSING,
    count,
    fixed,
    integer,
    listing,
    number,
    percent,
    sentence,
    setting,
)
from slth.studies.printing.published import DENSE, WIDTHS
from slth.studies.replicas import published as data
from slth.studies.replicas.claims_sums import failure_macros, lenet_macros

Frames = Mapping[str, pd.DataFrame]
OFF = "The dense network was not built in this run."
P = DENSE
DECIMALS = 0.5e-4  # half a unit in the last place of the published accuracies
PRINTED = {"digits": "the digits", "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


GIVEN = ("published figures",)  # numbers that the run takes over
READS = {
    "replicas_dense": "replicas_dense",
    "replicas_lenet": "replicas_lenet",
    "replicas_failures": "replicas_failures",
}  # table: kind


def macros(frames: Frames) -> dict[str, str]:
    """Return macro name → LaTeX; the names are the same whatever the data."""
    table = data.dense(frames)
    own = table[(table["n"] == P["n"]) & np.isclose(table["eps"].astype(float), P["eps"])]
    return {
        "ReplicasDensePublished": _published(),
        "ReplicasDenseSetting": _setting(table),
        "ReplicasDenseShared": _kind(own, "rows", table.empty),
        "ReplicasDenseKept": _kept(own[own["coefficients"] == "rows"]),
        "ReplicasDenseProducts": _kind(own, "products", table.empty),
        "ReplicasDenseWider": _wider(table[table["coefficients"] == "products"]),
        "ReplicasDenseWork": _work(own),
        "ReplicasDenseSeeds": _seeds(table),
        "ReplicasDenseHeldOut": integer(_first(table, "held_out")),
        **lenet_macros(data.lenet(frames)),
        **failure_macros(data.failures(frames)),
    }


def _published() -> str:
    widths = "--".join(map(str, WIDTHS))
    same = P["before"] == P["after"]
    after = "before and after" if same else f"before and {percent(P['after'], 2)} after"
    return (
        rf"The published run imitates a network of widths {widths} trained on MNIST, "
        rf"{integer(P['weights'])} weights, with $n={P['n']}$ candidates a weight and "
        rf"$\varepsilon={P['eps']:g}$. A weight keeps {setting(P['kept'])} of them on average, and "
        f"accuracy is {percent(P['before'], 2)} {after}."
    )


def _setting(table: pd.DataFrame) -> str:
    if table.empty:
        return OFF
    row = table.iloc[0]
    widths = "--".join(str(row["widths"]).split("-"))
    resized = ""
    if row["side"] != row["native_side"]:
        sides = (rf"${row[key]}\times{row[key]}$" for key in ("native_side", "side"))
        resized = ", resized from {} to {} pixels by bilinear interpolation".format(*sides)
    size = f"of widths {widths}, {integer(row['weights'])} weights"
    smaller = row["weights"] < P["weights"]
    scale = "smaller than the published one" if smaller else "of the published size"
    if not smaller and row["weights"] > P["weights"]:
        scale = "larger than the published one"
    words = (
        f"the target of this run, {size}, is {scale}; it is trained on "
        f"{integer(row['train'])} images of {PRINTED.get(row['data'], row['data'])} with pixels in "
        f"$[0,1]${resized}, and its largest weight has size {number(row['largest_weight'])}"
    )
    return sentence(words)


def _kind(own: pd.DataFrame, kind: str, off: bool) -> str:
    """Misses and accuracies at the published n and eps."""
    if off:
        return ""
    part = own[own["coefficients"] == kind]
    words = {"rows": "coefficients shared by a row", "products": "independent products $u\\,v$"}
    if part.empty:
        return sentence(
            rf"{words[kind]} were not tried at $n={P['n']}$, $\varepsilon={P['eps']:g}$"
        )
    missed, problems = int((part["problems"] - part["hits"]).sum()), int(part["problems"].sum())
    found = (
        rf"all {integer(problems)} weights of the tickets lie within $\varepsilon$"
        if not missed
        else f"{integer(missed)} of {integer(problems)} weights miss $\\varepsilon$, with errors "
        f"up to {number(float(part['worst_error'].max()))}"
    )
    said = sentence(rf"with {words[kind]} at $n={P['n']}$, {found}; {_accuracy(part)}")
    return f"{said} {_verdict(part)}" if kind == "rows" else said


def _verdict(part: pd.DataFrame) -> str:
    """The published result is that no weight is missed and accuracy stays, to its two decimals."""
    least = part[part["asked"] == "least"]
    if least.empty:
        return ""
    moved = (least["accuracy_ticket"] - least["accuracy_target"]).abs().max()
    missed = int((least["problems"] - least["hits"]).sum())
    same = int(least["weights"].iloc[0]) == P["weights"] and least["data"].iloc[0] == "mnist"
    other = "" if same else ", on another network and other data"
    if moved < DECIMALS and not missed:
        return f"Least error thus reproduces the published result, accuracy unchanged{other}."
    return f"The published result, accuracy unchanged, is not reproduced{other}."


def _accuracy(part: pd.DataFrame) -> str:
    """Accuracy before and after, and how many decisions moved, by question."""
    before = _first(part, "accuracy_target")
    named = (("least", "for least error"), ("within", r"for any subset within $\varepsilon$"))
    shown, changed = [], []
    for asked, words in named:
        of = part[part["asked"] == asked]
        if of.empty:
            continue
        shown.append(f"{percent(data.spread(of['accuracy_ticket']).median, 2)} {words}")
        moved, images = int(of["decisions_changed"].sum()), int(of["held_out"].sum())
        changed.append(f"{integer(moved)} of {integer(images)}")
    return (
        f"accuracy is {percent(before, 2)} before and in the median {listing(shown)} after, with "
        f"{listing(changed)} decisions changed"
    )


def _kept(rows: pd.DataFrame) -> str:
    """Coefficients kept a weight, beside the published mean."""
    if rows.empty:
        return ""
    found = {
        asked: data.spread(rows.loc[rows["asked"] == asked, "kept_a_weight"])
        for asked in ("least", "within")
    }
    least, within = found["least"], found["within"]
    if not (least.count and within.count):
        return ""
    ends = ""
    if np.isfinite(least.low):
        ends = (
            rf" ({percent(data.CONFIDENCE, 0)} interval {fixed(least.low)} to {fixed(least.high)})"
        )
    words = (
        f"a weight keeps {fixed(least.mean)} coefficients on average when its error is "
        f"least{ends} and {fixed(within.mean)} when any subset within $\\varepsilon$ will do"
    )
    inside = least.low <= P["kept"] <= least.high
    low, high = sorted((within.mean, least.mean))
    if inside:
        verdict = f"the published {setting(P['kept'])} lies in the interval of the former"
    elif low <= P["kept"] <= high:
        verdict = (
            "the mean depends on which of the many subsets a solver returns: the published "
            f"{setting(P['kept'])} lies between ours"
        )
    else:
        verdict = (
            f"the published {setting(P['kept'])} lies outside; it depends on which of the many "
            "subsets a solver returns and on the range of the target's weights"
        )
    return f"{sentence(words)} {sentence(verdict)}"


def _wider(table: pd.DataFrame) -> str:
    """From the fewest to the most candidates, with products."""
    sizes = sorted(set(table["n"]))
    if len(sizes) < 2:
        return ""
    parts = []
    for n in (sizes[0], sizes[-1]):
        part = table[(table["n"] == n) & (table["asked"] == "least")]
        missed, problems = int((part["problems"] - part["hits"]).sum()), int(part["problems"].sum())
        after = percent(data.spread(part["accuracy_ticket"]).median)
        parts.append(
            f"{integer(missed)} of {integer(problems)} weights miss at $n={n}$, where the median "
            f"accuracy is {after}"
        )
    return sentence(f"with products and least error, {', and '.join(parts)}")


def _work(own: pd.DataFrame) -> str:
    """Subset sums examined a weight, which no machine changes."""
    part = own[own["asked"] == "least"]
    if part.empty:
        return ""
    each = float(part["work"].sum() / part["problems"].sum())
    return sentence(
        f"least error costs {integer(each)} subset sums a weight on average, enumeration "
        rf"$2^{{{P['n']}}}$"
    )


def _seeds(table: pd.DataFrame) -> str:
    return MISSING if table.empty else count(table["replicate"].nunique(), "random network")


def _first(table: pd.DataFrame, column: str) -> float:
    return float(table[column].iloc[0]) if len(table) else np.nan
