"""The price of structure: what every construction pays, in weights, for an error on one target."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from slth import seeding
from slth.networks.determinism import one_thread
from slth.supnorm import bracket
from slth.supnorm.bounds.intervals import interval_bound
from slth.tickets.registry import get
from slth.tickets.stages import build
from slth.tickets.ticket import Ticket

Settings = Mapping[str, Any]
SAMPLES = 1024  # inputs of the box at which the error is seen from below


def price_rows(
    target: nn.Sequential,
    input_shape: Sequence[int],
    arms: Sequence[Settings],
    seed: int,
    replicate: int,
    search: Settings | None = None,
) -> pd.DataFrame:
    """Build one ticket for each arm and n, minimising, and return a row of its price for each.

    arms: mappings with name, construction, n (a sequence), and optionally options, solver ("auto"),
    budget (None). Rows: construction, d, problems, worst and median error of a problem, source,
    kept and ticket parameters, overparameterisation (source / target), error_lower (sampled),
    error_bound (closed form), lower and upper ends of the bracket by ``method``. Sources of one
    replicate are keyed by (arm, n).

    search: what `slth.supnorm.bracket` takes; None: upper is the least interval bound, lower is
    error_lower. A construction without a comparable pair has error_lower and error_bound. A target
    that the construction refuses gives one row of the arm, status REFUSED, with the reason.
    """
    rows = [
        {"arm": arm["name"], "replicate": replicate} | row
        for arm in arms
        for row in _arm_rows(target, input_shape, arm, seed, replicate, search)
    ]
    return pd.DataFrame(rows)


def refusal(construction: str, target: nn.Sequential, **options: object) -> str | None:
    """Return why a construction does not take a target, in its own words; None: it does."""
    try:
        get(construction, **options).sample_source(target, 1, 0)
    except ValueError as error:
        return str(error)
    return None


def _arm_rows(
    target: nn.Sequential,
    input_shape: Sequence[int],
    arm: Settings,
    seed: int,
    replicate: int,
    search: Settings | None,
) -> Iterator[dict[str, Any]]:
    reason = refusal(arm["construction"], target, **arm.get("options", {}))
    if reason is not None:
        yield {
            "construction": arm["construction"], "status": "REFUSED", "reason": reason,
            "n": 0, "seed": 0, "solver": "none",
        }  # fmt: skip
        return
    for n in arm["n"]:
        own = seeding.child(seed, "price", arm["name"], n, replicate)
        ticket = _ticket(target, arm, n, own)
        yield {"n": n, "seed": own} | _price(ticket, input_shape, seed, search)


def _ticket(target: nn.Sequential, arm: Settings, n: int, own: int) -> Ticket:
    solver, budget = arm.get("solver", "auto"), arm.get("budget")
    options = arm.get("options", {})
    made: Any = build(
        arm["construction"], target, n=n, seed=own, solver=solver, budget=budget, threads=1,
        **options,
    )  # fmt: skip
    return made


def _price(
    ticket: Ticket, input_shape: Sequence[int], seed: int, search: Settings | None
) -> dict[str, Any]:
    errors, count = ticket.solutions["error"], ticket.parameters
    seen = _seen(ticket, input_shape, seed)
    bound = get(ticket.construction, **ticket.options).error_bound(ticket)
    return {
        "construction": ticket.construction,
        "d": int(ticket.solutions["d"].max()),
        "eps": np.nan,
        "problems": len(errors),
        "solver": "+".join(sorted(set(ticket.solutions["solver"]))),
        "status": "BUILT",
        "reason": "",
        "proved": float(ticket.solutions["proved"].mean()),
        "worst_error": float(errors.max()),
        "median_error": float(errors.median()),
        **{f"{word}_parameters": size for word, size in count.items()},
        "kept_fraction": ticket.kept_fraction,
        "overparameterisation": count["source"] / count["target"],
        "error_lower": seen,
        "error_bound": bound,
        **_ends(ticket, input_shape, seed, search, (seen, bound)),
    }


def _seen(ticket: Ticket, input_shape: Sequence[int], seed: int) -> float:
    """Largest error at SAMPLES random inputs, half of them with entries in {−1, 0, 1}."""
    rng = seeding.generator(seed, "price inputs", *input_shape)
    x = rng.uniform(-1.0, 1.0, (SAMPLES, *input_shape))
    x[::2] = rng.integers(-1, 2, x[::2].shape)
    inputs = torch.from_numpy(x)
    with torch.no_grad(), one_thread():
        return float((ticket.target(inputs) - ticket.ticket(inputs)).abs().max())


def _ends(
    ticket: Ticket,
    input_shape: Sequence[int],
    seed: int,
    search: Settings | None,
    known: tuple[float, float],
) -> dict[str, Any]:
    """Lower and upper end of the sup-norm error; ``known``: ends that need no pair of networks."""
    construction = get(ticket.construction, **ticket.options)
    pair = construction.comparable(ticket, input_shape)
    low, high, method = *known, "error_bound"
    if pair is not None and search is None:
        high, method = interval_bound(pair.f, pair.g, input_shape=pair.input_shape)
    elif pair is not None:
        found = bracket(pair.f, pair.g, input_shape=pair.input_shape, seed=seed, **(search or {}))
        low, high, method = max(low, found.lower), found.upper, found.method
    if known[1] < high:
        high, method = known[1], "error_bound"
    return {"lower": min(low, high), "upper": high, "method": method}
