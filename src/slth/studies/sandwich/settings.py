"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from slth.settings.reach import too_large
from slth.settings.section import LEAST, Study, unique


class Settings(Study):
    """Brackets of random pairs of networks beside their peers, and of tickets with splitting."""

    networks: int = Field(
        6,
        ge=0,
        le=100000,
        description="random networks, each with a neighbour at every eps; 0: only the tickets",
    )
    depths: list[Annotated[int, Field(ge=1, le=20, description="layers with weights")]] = unique(
        [1, 2, 3], 1, 20, "layers with weights, given to the networks in turn"
    )
    widths: list[Annotated[int, Field(ge=1, le=1024, description="channels")]] = Field(
        [4, 8],
        min_length=2,
        max_length=2,
        description="least and largest number of channels, drawn log-uniformly",
    )
    kernels: list[Annotated[int, Field(ge=1, le=15, description="pixels a side")]] = unique(
        [1, 3, 5], 1, 20, "kernel sizes to draw from, pixels a side"
    )
    side: int = Field(6, ge=1, le=64, description="pixels a side of the input")
    eps: list[
        Annotated[
            float, Field(ge=LEAST, le=1, description="l1 distance, the kernels having l1 norm 1")
        ]
    ] = unique([0.1, 0.001, 1e-06], 1, 50, "l1 distances of every kernel from its neighbour's")
    probes: int = Field(
        6000,
        ge=1,
        le=100000000,
        description="random inputs against every pair's bracket, ascent from the best on top",
    )
    restarts: int = Field(
        2,
        ge=0,
        le=100000,
        description="starting points of gradient ascent of the searches for the pairs' lower ends",
    )
    small: int = Field(
        4,
        ge=0,
        le=100000,
        description="small pairs whose exact value the mixed-integer program finds",
    )
    splits: int = Field(
        8,
        ge=1,
        le=1000000,
        description="subproblems of branch and bound, for each network's pair at the middle eps",
    )
    ticket_splits: int = Field(
        24, ge=1, le=1000000, description="subproblems of branch and bound for one ticket per arm"
    )
    ticket_parts: int = Field(
        200, ge=0, le=1000000, description="parts of input splitting for one ticket per arm"
    )
    shards: int = Field(1, ge=1, le=1000, description="jobs the pairs are split into")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    sandwich = config["sandwich"]
    low, high = sandwich["widths"]
    if low > high:
        yield f"sandwich.widths: got [{low}, {high}], takes the least before the largest"
    side, kernel = sandwich["side"], max(sandwich["kernels"])
    if kernel > side:
        yield f"sandwich.kernels: got {kernel}, takes at most sandwich.side, {side}"
    if not sandwich["networks"]:
        return
    inputs = 2 * side * side
    yield from too_large(
        "sandwich.probes", sandwich["probes"], 4 * sandwich["probes"] * inputs,
        f"so many inputs of {inputs} entries", "fewer probes",
    )  # fmt: skip
    samples = config["bracket"]["samples"]
    words = f"so many inputs of {inputs} entries"
    yield from too_large("bracket.samples", samples, 4 * samples * inputs, words, "fewer samples")
    wide = high * (side + 1) ** 2
    yield from too_large(
        "sandwich.widths", high, 4 * wide * inputs + 5 * high * high * kernel**2,
        f"the bounds of layers of {wide:,} units", "a smaller width, kernel or side",
    )  # fmt: skip
