"""Settings of the study: unit, range and default of every key."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from slth.settings.faults import jobs
from slth.settings.reach import refusal
from slth.settings.section import Section, Study, unique

EASY = 2**28  # bytes that no solver needs to be asked about
LARGEST = 2**18  # points of an instance: some 100 MiB with the sums of the search


class Block(Section):
    """A number of inputs and its sizes."""

    inputs: int = Field(..., ge=1, le=8, description="inputs of the target neuron")
    n: list[Annotated[int, Field(ge=2, le=40, description="hidden neurons")]] = unique(
        ..., 1, 30, "hidden neurons of the random network"
    )
    replicates: int = Field(..., ge=10, le=100000, description="instances per point")


GRID = [
    Block(inputs=1, n=[4, 8, 12, 16, 20, 24, 28, 32, 36], replicates=150),
    Block(inputs=2, n=[8, 10, 12, 14, 16, 18, 20, 22, 24], replicates=80),
    Block(inputs=3, n=[12, 14, 16, 18, 20, 22], replicates=60),
    Block(inputs=5, n=[8, 10, 12, 14], replicates=40),
]


class Settings(Study):
    """Least error of one ReLU neuron from a random network whose neurons alone are removed."""

    grid: list[Block] = Field(
        GRID, min_length=1, max_length=8, description="one block per number of inputs"
    )
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    own = config["neurons"]
    seen = set()
    for i, block in enumerate(own["grid"]):
        path, p = f"neurons.grid[{i}]", block["inputs"]
        yield from jobs(path, block | {"shards": own["shards"]})
        if p in seen:
            yield f"{path}.inputs: got {p} twice, takes one block per number of inputs"
        seen.add(p)
        points = most_points(max(block["n"]) + 1, p)
        if points > LARGEST:
            yield (
                f"{path}.n: got {max(block['n'])} with {p} inputs, up to {points:,} points "
                f"at which the error may be largest, takes at most {LARGEST:,}"
            )
        elif halves(max(block["n"]), points) > EASY and (
            reason := refusal("mitm", max(block["n"]), points)
        ):
            yield (
                f"{path}.n: got {max(block['n'])} with {p} inputs, up to {points:,} points "
                f"at which the error may be largest: {reason}"
            )


def halves(n: int, points: int) -> int:
    """Bytes of the sums of half of the neurons, at so many points."""
    return int(8 * points * 2 ** (n / 2))


def most_points(m: int, p: int) -> int:
    """Points that `slth.supnorm.vertices.box_vertices` tries for m planes, and at most returns."""
    return sum(math.comb(m, j) * math.comb(p, j) * 2 ** (p - j) for j in range(p))
