"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from slth.settings.faults import jobs
from slth.settings.section import Section, Study, unique

LARGEST = 2**33  # sums of all candidates of an instance, a bit each: 1 GiB
TARGETS = 2**22  # of a prediction, which takes a minute for so many


class Block(Section):
    """A dimension and its ranges of entries."""

    d: int = Field(..., ge=1, le=4, description="dimension of the candidate vectors")
    bits: list[Annotated[int, Field(ge=2, le=12, description="bits of an entry")]] = unique(
        ..., 1, 11, "bits b of an entry, uniform on {-M..M}, M = 2^(b-1) - 1"
    )


GRID = [
    Block(d=1, bits=[2, 3, 4, 5, 6, 7, 8]),
    Block(d=2, bits=[2, 3, 4, 5, 6]),
    Block(d=3, bits=[2, 3, 4]),
    Block(d=4, bits=[2, 3]),
]


class Settings(Study):
    """Sizes at which integer candidates hit every integer target exactly."""

    grid: list[Block] = Field(
        GRID, min_length=1, max_length=4, description="one block per dimension"
    )
    most: int = Field(60, ge=2, le=500, description="candidates of an instance at most")
    replicates: int = Field(300, ge=10, le=100000, description="instances per d and M")
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    own = config["quantised"]
    yield from jobs("quantised", own)
    seen = set()
    for i, block in enumerate(own["grid"]):
        path = f"quantised.grid[{i}]"
        if block["d"] in seen:
            yield f"{path}.d: got {block['d']} twice, takes one block per dimension"
        seen.add(block["d"])
        q = 2 ** (max(block["bits"]) - 1) - 1
        targets = (2 * q + 1) ** block["d"]
        if targets > TARGETS:
            yield (
                f"{path}.bits: got {max(block['bits'])} with d = {block['d']}, {targets:,} "
                f"targets, takes at most {TARGETS:,}"
            )
        sums = (own["most"] * q * (q + 1) / (2 * q + 1)) ** block["d"]
        if sums > LARGEST:
            yield (
                f"{path}.bits: got {max(block['bits'])} with d = {block['d']} and quantised.most = "
                f"{own['most']}, some {sums:.0e} sums, takes at most {LARGEST:.0e}"
            )
