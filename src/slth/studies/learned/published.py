"""Figures that the papers state, beside those of this run. Each names the sentence it is from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from slth.studies.learned import masks as data
from slth.studies.learned.wordings import Verdict
from slth.studies.printing.formatting import MISSING, percent, setting

CLOSE = 0.01  # accuracy within which a pruned network matches the dense one
PRINTED = {"digits": "the digits", "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}
PRINTED |= {"cifar10": "CIFAR-10"}


@dataclass(frozen=True)
class Line:
    """source and claim are plain text; published and ours LaTeX. same: comparable."""

    source: str
    claim: str
    published: str
    ours: str
    verdict: Verdict
    same: bool


# source, claim, data set, accuracy, method: from the abstracts of the papers
ACCURACIES = (
    ("Zhou et al., 2019", "masks of untrained weights, MNIST", "mnist", 0.86, "supermask_sgd"),
    ("Zhou et al., 2019", "masks of untrained weights, CIFAR-10", "cifar10", 0.41, "supermask_sgd"),
    ("Diffenderfer and Kailkhura, 2021", "binary weights, CIFAR-10", "cifar10", 0.948, "biprop"),
)


def comparisons(table: pd.DataFrame) -> list[Line]:
    """One line per published figure; ``table`` is complete (`masks_learned.masks`)."""
    edges = table[table["granularity"] == "edge"]
    sets = list(dict.fromkeys(table["data"]))
    here = sets[0] if sets else ""
    lines = [_accuracy(edges, here, *row) for row in ACCURACIES]
    return [*lines[:2], _popup(edges, here), lines[2], _lottery(edges, here), _redrawn(edges, here)]


def best(edges: pd.DataFrame, arm: str) -> tuple[float, float]:
    """Largest median accuracy of an arm over kept fractions, and the fraction where it is."""
    medians = edges[edges["arm"] == arm].groupby("asked")["accuracy"].median().astype(float)
    if medians.empty:
        return np.nan, np.nan
    return float(medians.max()), float(str(medians.idxmax()))


def smallest_match(edges: pd.DataFrame, arm: str) -> float:
    """Least kept fraction whose median accuracy is within CLOSE of the dense network's."""
    medians = edges[edges["arm"] == arm].groupby("asked")["accuracy"].median().astype(float)
    near = medians[medians >= data.dense_accuracy(edges) - CLOSE]
    return float(near.index.min()) if len(near) else np.nan


def lottery_arm(edges: pd.DataFrame) -> str | None:
    """The magnitude arm with the most rounds that rewinds to the start."""
    names = [a for a in data.arms_of(edges, trained=True) if a.endswith("-0")]
    return max(names, key=lambda a: int(a.split("-")[1]), default=None)


def _accuracy(
    edges: pd.DataFrame, here: str, source: str, claim: str, needed: str, value: float, arm: str
) -> Line:
    accuracy, asked = best(edges, arm)
    ours = MISSING
    if np.isfinite(accuracy):
        ours = rf"{percent(accuracy)} ({PRINTED.get(here, here)}, {_share(asked)} kept)"
    verdict = Verdict.OTHER_DATA
    if here == needed:
        verdict = Verdict.REPRODUCED if accuracy >= value else Verdict.NOT_REACHED
    return Line(source, claim, percent(value), ours, verdict, here == needed)


def _popup(edges: pd.DataFrame, here: str) -> Line:
    accuracy, asked = best(edges, "edge_popup")
    gap = accuracy - data.dense_accuracy(edges)
    claim = "masks of a Wide ResNet-50, ImageNet"
    verdict = Verdict.UNKNOWN
    ours = MISSING
    if np.isfinite(gap):
        ours = f"{percent(accuracy)} ({_share(asked)} kept); dense {percent(accuracy - gap)}"
        verdict = Verdict.SAME_KIND if gap >= -CLOSE else Verdict.NOT_SO
    return Line("Ramanujan et al., 2020", claim, "a trained ResNet-34", ours, verdict, False)


def _lottery(edges: pd.DataFrame, here: str) -> Line:
    arm = lottery_arm(edges)
    found = smallest_match(edges, arm) if arm else np.nan
    dense = data.dense_accuracy(edges)
    ours = f"{_share(found)} of the weights" if np.isfinite(found) else "at no fraction tried"
    verdict = Verdict.SAME_KIND if found <= 0.2 else Verdict.NOT_SO
    if arm is None or not np.isfinite(dense):
        ours, verdict = MISSING, Verdict.UNKNOWN
    claim = "tickets as good as the whole, MNIST and CIFAR-10"
    same = here in ("mnist", "cifar10")
    return Line(
        "Frankle and Carbin, 2019", claim, r"$10$ to $20$\,\% of the size", ours, verdict, same
    )


def _redrawn(edges: pd.DataFrame, here: str) -> Line:
    arm = lottery_arm(edges)
    mean, low, _ = data.margin(edges[edges["arm"] == arm], "fresh") if arm else (np.nan,) * 3
    claim, same = "re-initialised tickets are worse", here in ("mnist", "cifar10")
    if not np.isfinite(low):
        return Line("Frankle and Carbin, 2019", claim, "worse", MISSING, Verdict.UNKNOWN, same)
    words = "worse" if mean > 0 else "no worse"
    ours = f"{words}, by {setting(round(100 * mean, 1))} points on average"
    verdict = Verdict.SAME_KIND if low > 0 else Verdict.UNSETTLED
    return Line("Frankle and Carbin, 2019", claim, "worse", ours, verdict, same)


def _share(asked: float) -> str:
    return rf"{setting(round(100 * asked, 4))}\,\%"
