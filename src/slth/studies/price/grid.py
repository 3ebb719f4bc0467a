"""The experiment on prices: every arm on every target, refusals included."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from slth.studies.price.settings import PricedArm, Settings
from slth.studies.price.targets import TARGETS, price_target
from slth.studies.price.ticket import price_rows
from slth.studies.searching import search_on

Search = Mapping[str, Any]


def measure_price(
    settings: Settings, search: Search, seed: int, shard: int, device: str = "cpu"
) -> pd.DataFrame:
    """Return a row for every ticket of a shard's replicates.

    settings: the ``price`` section of the config; search: its ``bracket`` section, used where
    ``certify`` is "bracket". device: of those searches, "auto" for a GPU where there is one; the
    log and the rows say which. Columns: those of `price_rows`, and experiment, target, granularity,
    digits (0: not swept), target_scale (largest output seen). Empty without arms.
    """
    frames = []
    work = search_on(search, device) if settings.certify == "bracket" else None
    used = work["device"] if work else "cpu"
    replicates = range(shard, settings.replicates, settings.shards)
    for name in TARGETS:
        target = price_target(name, getattr(settings, name), seed)
        scale = target.scale(seed)
        for arm in settings.arms:
            if name not in arm.targets:
                continue
            network, shape = target.of(arm.construction)
            for words, variant in variants(name, arm, settings.budget):
                rows = [price_rows(network, shape, [variant], seed, r, work) for r in replicates]
                frames += [part.assign(**words, target_scale=scale, device=used) for part in rows]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def variants(
    target: str, arm: PricedArm, budget: int | None
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield (columns, arm of `price_rows`) for each number of digits of an arm, once without."""
    construction, granularity = arm.construction, arm.granularity
    structured = construction == "structured_convolution"
    label = f"{construction}-{granularity}" if structured else construction
    for digits in arm.digits or [0]:
        options: dict[str, Any] = {"granularity": granularity} if structured else {}
        options |= {"digits": digits} if digits else {}
        words = {
            "experiment": "price", "target": target, "arm": label,
            "granularity": granularity if structured else "", "digits": digits,
        }  # fmt: skip
        variant = {
            "name": f"{target} {label} {digits}", "construction": construction, "n": arm.n,
            "options": options, "budget": budget,
        }  # fmt: skip
        yield words, variant
