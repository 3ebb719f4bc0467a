"""What the theorems and the project's formulas say of the width that each price needs."""

from collections.abc import Iterator, Mapping
from math import log, nan
from typing import Any

import pandas as pd

from slth.experiments.price_grid import spell
from slth.experiments.price_targets import TARGETS, PriceTarget, price_target
from slth.tickets.predicted import predicted_width
from slth.tickets.registry import get

Settings = Mapping[str, Any]
KEY = ["target", "arm", "digits"]
HALF = log(2)  # expected misses at which a Poisson number of misses is 0 with probability 1/2


def with_predictions(rows: pd.DataFrame, settings: Settings, seed: int) -> pd.DataFrame:
    """Add predicted_n (NaN: no formula, or refused), basis and the levels compared to ``rows``.

    predicted_n: width at which, by `predicted_width`, half of the tickets have every subset
    problem within the tolerance of the ``price`` section of the config.
    """
    if rows.empty:
        return rows
    found = pd.DataFrame(_predictions(settings, seed))
    levels = {key: settings[key] for key in ("tolerance", "equal_error")}
    return rows.merge(found, on=KEY, how="left").assign(**levels)


def _predictions(settings: Settings, seed: int) -> Iterator[dict[str, Any]]:
    for name in TARGETS:
        target = price_target(name, settings[name], seed)
        for arm in settings["arms"]:
            if name in arm["targets"]:
                yield from _of_arm(name, target, arm, settings["tolerance"])


def _of_arm(
    name: str, target: PriceTarget, arm: Settings, tolerance: float
) -> Iterator[dict[str, Any]]:
    network, _ = target.of(arm["construction"])
    for words, spelled in spell(name, arm, None):
        construction = get(spelled["construction"], **spelled["options"])
        key = {word: words[word] for word in KEY}
        try:
            found = predicted_width(construction, network, tolerance, HALF)
        except ValueError:
            yield key | {"predicted_n": nan, "basis": "refused"}
            continue
        n = nan if found.n is None else float(found.n)
        yield key | {"predicted_n": n, "basis": found.basis}
