"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.settings.faults import jobs
from slth.settings.reach import pool, source_weights, too_large, unsolvable
from slth.settings.section import Study, unique


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
    n: int = Field(34, ge=1, le=100000, description="candidates per subset problem, about")
    replicates: int = Field(3, ge=1, le=10000, description="targets, each with a random network")
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")
    budget: int | None = Field(
        10000000,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes per problem; null is the solver's own",
    )


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    yield from jobs("depth", config["depth"])
    depth = config["depth"]
    if not depth["layers"]:
        return
    c, k, n, most = depth["channels"], depth["kernel"], depth["n"], max(depth["layers"])
    d = {"filter": c * k * k, "kernel": k * k, "entry": 1}[depth["granularity"]]
    yield from unsolvable("depth.n", "auto", [("depth", pool(n), d)])
    weights = source_weights([(c, 1 if i == 0 else c, k * k) for i in range(most)], n)
    way = "a smaller n, fewer channels, layers or pixels"
    yield from too_large("depth.n", n, 6 * weights, "its random network", way)
    side = most * (k - 1) + 1
    yield from too_large(
        "depth.layers", most, 4 * c * side**4, f"the bounds of its layers on {side}x{side} inputs",
        "fewer layers, or a smaller kernel",
    )  # fmt: skip
    samples = config["bracket"]["samples"]
    words = f"so many inputs of {side}x{side}"
    yield from too_large("bracket.samples", samples, 4 * samples * side**2, words, "fewer samples")
