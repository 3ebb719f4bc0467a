"""Tickets whose subsets all have one size: what sparsity costs in width."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from slth import seeding
from slth.experiments.price_targets import PriceTarget, price_target
from slth.theory.sized import sized_threshold
from slth.tickets.stages import build

Settings = Mapping[str, Any]


def measure_sizes(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return a row for every ticket with |S| = round(fraction·n) of a shard's replicates.

    settings: the ``price`` section of the config. Of the target "images", by the structured
    construction at d = 1 (entry) and d = k² (kernel); each fraction is tried at ``around`` times
    its `sized_threshold`. Columns: the key, size, threshold, problems, hits (within ``tolerance``,
    the search minimises), median_error, kept_fraction, overparameterisation.
    """
    target = price_target("images", settings["images"], seed)
    sizes = settings["sizes"]
    rows = [
        _row(target, kind, fraction, ratio, settings, seed, r)
        for kind in sizes["granularities"]
        for fraction in sizes["fractions"]
        for ratio in sizes["around"]
        for r in range(shard, settings["replicates"], settings["shards"])
    ]
    return pd.DataFrame(rows)


def _row(
    target: PriceTarget,
    granularity: str,
    fraction: float,
    ratio: float,
    settings: Settings,
    seed: int,
    replicate: int,
) -> dict[str, Any]:
    eps = settings["tolerance"]
    d = 1 if granularity == "entry" else settings["images"]["kernel"] ** 2
    threshold = sized_threshold(d, eps, fraction)
    n = max(2, round(ratio * threshold))
    size = max(1, round(fraction * n))
    own = seeding.child(seed, "sizes", granularity, fraction, ratio, replicate)
    ticket = build(
        "structured_convolution", target.plain, n=n, seed=own, budget=settings["budget"],
        threads=1, granularity=granularity, size=size,
    )  # fmt: skip
    rows, count = ticket.solutions, ticket.parameters
    return {
        "experiment": "sizes", "granularity": granularity, "fraction": fraction, "ratio": ratio,
        "replicate": replicate, "seed": own, "n": n, "d": d, "eps": eps, "size": size,
        "threshold": threshold, "status": "BUILT",
        "solver": "+".join(sorted(set(rows["solver"]))), "proved": float(rows["proved"].mean()),
        "problems": len(rows), "hits": int((rows["error"] <= eps).sum()),
        "median_error": float(rows["error"].median()), "kept_fraction": ticket.kept_fraction,
        "overparameterisation": count["source"] / count["target"],
    }  # fmt: skip
