"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.configuration.faults import jobs
from slth.configuration.section import Study, unique


class Settings(Study):
    """Error of the structured construction against the depth of the target."""

    layers: list[Annotated[int, Field(ge=1, le=50, description="hidden convolutions")]] = unique(
        [1, 2, 3, 4, 5, 6],
        0,
        50,
        "hidden convolutions of the target; empty leaves the experiment out",
    )
    kinds: list[
        Annotated[Literal["signed", "positive"], Field(description="law of the kernels")]
    ] = unique(
        ["signed", "positive"],
        1,
        2,
        "kernels of the target, N(0, 1) of positive sum, or absolute values",
    )
    kernel: int = Field(2, ge=1, le=31, description="side k of the k x k kernels, pixels")
    channels: int = Field(1, ge=1, le=64, description="channels of every layer")
    granularity: Literal["entry", "kernel", "filter"] = Field(
        "filter", description="what is removed as one"
    )
    n: int = Field(34, ge=1, le=100000, description="candidates a subset problem, about")
    replicates: int = Field(3, ge=1, le=10000, description="targets, each with a random network")
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")
    budget: int | None = Field(
        10000000,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes a problem; null is the solver's own",
    )


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line a fault of rules between keys."""
    yield from jobs("depth", config["depth"])
