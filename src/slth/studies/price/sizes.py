"""Tickets whose subsets all have one size: what sparsity costs in width."""

from typing import Any

import pandas as pd

from slth import seeding
from slth.studies.price.settings import Settings
from slth.studies.price.targets import PriceTarget, price_target
from slth.theory.entropy import fixed_size_n_star
from slth.tickets.stages import build


def measure_sizes(settings: Settings, seed: int, shard: int) -> pd.DataFrame:
    """Return a row for every ticket with |S| = round(fraction·n) of a shard's replicates.

    settings: the ``price`` section of the config. Of the target "images", by the structured
    construction at d = 1 (entry) and d = k² (kernel), each with its eps; each fraction is tried at
    about ``around`` times its `fixed_size_n_star`, with |S| an integer and n = |S|/fraction.
    Columns: the key, size, threshold, problems, hits (within eps; the search minimises),
    median_error, kept_fraction, overparameterisation.
    """
    target = price_target("images", settings.images, seed)
    rows = [
        _row(target, cell.granularity, cell.eps, fraction, ratio, settings, seed, r)
        for cell in settings.sizes
        for fraction in settings.fractions
        for ratio in settings.around
        for r in range(shard, settings.replicates, settings.shards)
    ]
    return pd.DataFrame(rows)


def _row(
    target: PriceTarget,
    granularity: str,
    eps: float,
    fraction: float,
    ratio: float,
    settings: Settings,
    seed: int,
    replicate: int,
) -> dict[str, Any]:
    d = 1 if granularity == "entry" else settings.images.kernel**2
    threshold = fixed_size_n_star(d, eps, fraction)
    size = max(1, round(fraction * ratio * threshold))
    n = max(2, round(size / fraction))
    own = seeding.child(seed, "sizes", granularity, fraction, ratio, replicate)
    ticket = build(
        "structured_convolution", target.plain, n=n, seed=own, budget=settings.budget,
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
