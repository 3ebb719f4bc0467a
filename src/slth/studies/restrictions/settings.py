"""Settings of the study: unit, range and default of every key."""

from typing import Annotated, Literal

from pydantic import Field

from slth.configuration.section import SolverOrAuto, Study, unique


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
    n: int = Field(400, ge=1, le=100000, description="candidates a subset problem, about")
    solver: SolverOrAuto = Field("auto", description="who solves the subset problems")
    budget: int | None = Field(
        10000000,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes a problem; null is the solver's own",
    )
    leak: float = Field(0.2, gt=0, le=1, description="slope of leaky ReLU below 0")
    scale: float = Field(
        0.002,
        gt=0,
        le=1,
        description="of the first layer of each pair under tanh; the second is divided by it",
    )
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")
