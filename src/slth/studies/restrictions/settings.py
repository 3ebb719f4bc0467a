"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.settings.reach import pool, source_weights, too_large, unsolvable
from slth.settings.section import SolverOrAuto, Study, unique


class Settings(Study):
    """Tickets with one restriction of the structured theorem lifted at a time."""

    variants: list[
        Annotated[
            Literal["stride", "valid", "pooling", "residual", "uniform", "leaky_relu", "tanh"],
            Field(description="name of a variant"),
        ]
    ] = unique(
        ["stride", "valid", "pooling", "residual", "uniform", "leaky_relu", "tanh"],
        0,
        7,
        "what is lifted, beside the base case that is always built",
    )
    seeds: int = Field(
        4,
        ge=0,
        le=10000,
        description="targets, each with its random networks; 0 switches the experiment off",
    )
    channels: int = Field(
        1, ge=1, le=64, description="output channels of each of the three convolutions"
    )
    side: int = Field(7, ge=4, le=64, description="pixels of a side of the square inputs")
    granularity: Literal["filter", "kernel", "entry"] = Field(
        "filter",
        description="removed as one; filter (d = 9 channels), kernel (d = 9), entry (d = 1)",
    )
    n: int = Field(400, ge=1, le=100000, description="candidates per subset problem, about")
    solver: SolverOrAuto = Field("auto", description="who solves the subset problems")
    budget: int | None = Field(
        10000000,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes per problem; null is the solver's own",
    )
    leak: float = Field(0.2, ge=1e-6, le=1, description="slope of leaky ReLU below 0")
    scale: float = Field(
        0.002,
        ge=1e-6,
        le=1,
        description="of the first layer of each pair under tanh; the second is divided by it",
    )
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    settings = config["restrictions"]
    least = 7 if "valid" in settings["variants"] else 4  # three 3x3 kernels; pooling halves
    if settings["side"] < least:
        yield (
            f"restrictions.side: got {settings['side']}, takes at least {least} with variants "
            f"{', '.join(settings['variants']) or 'none'}"
        )
    if settings["shards"] > max(1, settings["seeds"]):
        yield (
            f"restrictions.shards: got {settings['shards']}, takes at most one job per seed "
            f"(restrictions.seeds is {settings['seeds']})"
        )
    c, n, side = (settings[key] for key in ("channels", "n", "side"))
    d = {"filter": 9 * c, "kernel": 9, "entry": 1}[settings["granularity"]]
    sizes = [("restrictions.n", pool(n, both="tanh" in settings["variants"]), d)]
    yield from unsolvable("restrictions.solver", settings["solver"], sizes)
    weights = source_weights([(c, 2, 9), (c, c, 9), (c, c, 9)], n)
    active = 64 * 2 * n * max(c, 2) * side * side  # of the inputs at which the error is seen
    yield from too_large(
        "restrictions.n", n, 6 * weights + 2 * active, "its random network and a pass of it",
        "a smaller n, fewer channels or a smaller side",
    )  # fmt: skip
    yield from too_large(
        "restrictions.side", side, 4 * (c * side * side) * (max(c, 2) * side * side),
        "the bounds of its layers", "a smaller side, or fewer channels",
    )  # fmt: skip
