"""The price of structure: what every construction pays, in weights, for an error on one target."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from slth import seeding
from slth.tickets.measure import data_error
from slth.tickets.registry import get
from slth.tickets.stages import build
from slth.tickets.ticket import Ticket

Settings = Mapping[str, Any]
SAMPLES = 256  # inputs of the box at which the error is seen from below


def price_rows(
    target: nn.Sequential,
    input_shape: Sequence[int],
    arms: Sequence[Settings],
    seed: int,
    replicate: int,
) -> pd.DataFrame:
    """Build one ticket for each arm and n, minimising, and return a row of its price for each.

    arms: mappings with name, construction, n (a sequence), and optionally options, solver ("auto"),
    budget (None). Rows: construction, d, problems, worst and median error of a problem, source,
    kept and ticket parameters, overparameterisation (source / target), error_lower (sampled),
    error_bound (closed form). Sources of one replicate are keyed by (arm, n).
    """
    rows = [
        {"arm": arm["name"], "replicate": replicate, "n": n}
        | _price(_ticket(target, arm, n, seed, replicate), input_shape, seed)
        for arm in arms
        for n in arm["n"]
    ]
    return pd.DataFrame(rows)


def _ticket(target: nn.Sequential, arm: Settings, n: int, seed: int, replicate: int) -> Ticket:
    own = seeding.child(seed, "price", arm["name"], n, replicate)
    solver, budget = arm.get("solver", "auto"), arm.get("budget")
    options = arm.get("options", {})
    return build(
        arm["construction"], target, n=n, seed=own, solver=solver, budget=budget, threads=1,
        **options,
    )  # fmt: skip


def _price(ticket: Ticket, input_shape: Sequence[int], seed: int) -> dict[str, Any]:
    rng = seeding.generator(seed, "price inputs", *input_shape)
    x = torch.from_numpy(rng.uniform(-1.0, 1.0, (SAMPLES, *input_shape)))
    errors, count = ticket.solutions["error"], ticket.parameters
    return {
        "construction": ticket.construction,
        "d": int(ticket.solutions["d"].max()),
        "problems": len(errors),
        "worst_error": float(errors.max()),
        "median_error": float(errors.median()),
        **{f"{word}_parameters": size for word, size in count.items()},
        "kept_fraction": ticket.kept_fraction,
        "overparameterisation": count["source"] / count["target"],
        "error_lower": data_error(target=ticket.target, ticket=ticket.ticket, images=x),
        "error_bound": get(ticket.construction, **ticket.options).error_bound(ticket),
    }
