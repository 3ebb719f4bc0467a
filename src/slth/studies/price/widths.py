"""What the theorems and the project's formulas say of the width that each price needs."""

from collections.abc import Iterator
from math import log, nan
from typing import Any

import pandas as pd

from slth.studies.price.grid import variants
from slth.studies.price.settings import PricedArm, Settings
from slth.studies.price.targets import TARGETS, PriceTarget, price_target
from slth.theory.quenched import success_probability
from slth.tickets.registry import get

KEY = ["target", "arm", "digits"]
HALF = log(2)  # expected misses at which a Poisson number of misses is 0 with probability 1/2


def with_predictions(rows: pd.DataFrame, settings: Settings, seed: int) -> pd.DataFrame:
    """Add predicted_n (NaN: no formula, or refused), basis and the levels compared to ``rows``.

    predicted_n: width at which, by the construction's own `width` and `chance`, half of the tickets
    have every subset problem within the tolerance of the ``price`` section of the config.
    """
    if rows.empty:
        return rows
    found = pd.DataFrame(_predictions(settings, seed))
    levels = {key: getattr(settings, key) for key in ("tolerance", "equal_error")}
    return rows.merge(found, on=KEY, how="left").assign(**levels)


def chance(ensemble: str, n: int, d: int, eps: float) -> float:
    """`success_probability`, of nsn by the normal law of its variance: 0.02 s instead of 0.5 s."""
    return success_probability("normal" if ensemble == "nsn" else ensemble, n, d, eps)


def _predictions(settings: Settings, seed: int) -> Iterator[dict[str, Any]]:
    for name in TARGETS:
        target = price_target(name, getattr(settings, name), seed)
        for arm in settings.arms:
            if name in arm.targets:
                yield from _of_arm(name, target, arm, settings.tolerance)


def _of_arm(
    name: str, target: PriceTarget, arm: PricedArm, tolerance: float
) -> Iterator[dict[str, Any]]:
    network, _ = target.of(arm.construction)
    for words, variant in variants(name, arm, None):
        construction = get(variant["construction"], **variant["options"])
        key = {word: words[word] for word in KEY}
        try:
            found = construction.width(network, tolerance, HALF, chance)
        except ValueError:
            yield key | {"predicted_n": nan, "basis": "refused"}
            continue
        n = nan if found.n is None else float(found.n)
        yield key | {"predicted_n": n, "basis": found.basis}
