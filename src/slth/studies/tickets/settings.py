"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.settings.faults import repeated, shown
from slth.settings.networks import layers_of, shrinking
from slth.settings.reach import (
    pool,
    source_weights,
    too_large,
    unfit_device,
    unsolvable,
)
from slth.settings.section import LEAST, NAME, Section, SolverOrAuto, unique


class Arm(Section):
    """One arm, a construction swept over n."""

    name: str = Field(
        ..., pattern=NAME, description="becomes a file name; lower case, digits, hyphens"
    )
    network: str = Field(..., pattern=NAME, description="name of the target in networks")
    granularity: Literal["entry", "kernel", "filter"] = Field(
        "filter",
        description="what is removed as one; entry: d = 1, kernel: d = k^2, filter: d = k^2 c_out",
    )
    n: list[Annotated[int, Field(ge=1, le=100000, description="candidates")]] = unique(
        [10, 20, 50, 100, 200, 500, 1000],
        1,
        100,
        "candidates per block and sign, roughly; each input channel gets 2n hidden channels",
    )
    seeds: int = Field(5, ge=1, le=10000, description="random source networks per size")
    shards: int = Field(1, ge=1, le=10000, description="jobs the random networks are split into")
    eps: float | None = Field(
        None, ge=LEAST, le=2, description="tolerance per kernel entry; null minimises the error"
    )
    solver: SolverOrAuto = Field("auto", description="who solves the subset problems")
    budget: int | None = Field(
        None,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes per problem; null is the solver's own",
    )
    readout: Literal["exact", "ticket"] = Field(
        "exact",
        description="the last layer; exact keeps it, ticket builds it from random weights too",
    )
    learned: list[Annotated[int, Field(ge=1, le=100000, description="one of the arm's n")]] = (
        unique(
            [], 0, 100, "sizes n whose random networks are also pruned by learning, to be compared"
        )
    )


CHUNK = 64  # images that a network is run on at once

Settings = Annotated[
    list[Arm],
    Field(
        min_length=0,
        max_length=100,
        description="arms of the ticket experiment; empty leaves it out of run and paper",
    ),
]
DEFAULT = [
    Arm(
        name="one-filter",
        network="one",
        granularity="filter",
        n=[10, 40, 56, 160, 1000],
        seeds=3,
        shards=1,
        eps=None,
        solver="auto",
        budget=500000000,
        readout="exact",
        learned=[40],
    ),
    Arm(
        name="two-filter",
        network="two",
        granularity="filter",
        n=[60, 1000, 4000],
        seeds=3,
        shards=1,
        eps=None,
        solver="auto",
        budget=500000000,
        readout="exact",
    ),
    Arm(
        name="two-kernel",
        network="two",
        granularity="kernel",
        n=[20, 50, 320],
        seeds=3,
        shards=1,
        eps=None,
        solver="auto",
        budget=500000000,
        readout="exact",
    ),
    Arm(
        name="two-entry",
        network="two",
        granularity="entry",
        n=[4, 8, 12, 16],
        seeds=3,
        shards=1,
        eps=None,
        solver="auto",
        budget=1000000000,
        readout="exact",
    ),
]


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    arms, networks = config["tickets"], config["networks"]
    yield from repeated("tickets", arms)
    names = [network["name"] for network in networks]
    for i, arm in enumerate(arms):
        if arm["network"] not in names:
            yield (
                f"tickets[{i}].network: got {arm['network']!r}, takes one of the networks: "
                f"{', '.join(names)}"
            )
        else:
            network = networks[names.index(arm["network"])]
            yield from unfit_device(f"tickets[{i}].solver", arm["solver"], config["device"])
            if not list(shrinking("", network)):
                yield from _sizes(f"tickets[{i}]", arm, network)
        for j, n in enumerate(arm["learned"]):
            if n not in arm["n"]:
                yield f"tickets[{i}].learned[{j}]: got {n}, takes one of the arm's n: {arm['n']}"


def _sizes(where: str, arm: Mapping[str, Any], network: Mapping[str, Any]) -> Iterator[str]:
    """Subset problems that the solver refuses; random networks that no job could hold."""
    layers = [(c_out, c_in, k * k) for c_out, c_in, k, _ in layers_of(network)]
    c_out, _, _, side = layers_of(network)[-1]
    if arm["readout"] == "ticket":
        layers.append((10, c_out * side * side, 1))
    groups = {"filter": lambda c, area: c * area, "kernel": lambda _, area: area}
    dimensions = {groups.get(arm["granularity"], lambda *_: 1)(c, area) for c, _, area in layers}
    sizes = [(f"{where}.n, about {n}", pool(n), max(dimensions)) for n in sorted(arm["n"])]
    yield from unsolvable(f"{where}.solver", arm["solver"], sizes)
    drawn = arm["seeds"] * sum(source_weights(layers, n) for n in arm["n"])
    words = f"{arm['seeds']:,} random networks of each size"
    yield from too_large(f"{where}.n", shown(arm["n"]), drawn, words, "smaller n, or fewer seeds")
    n = max(arm["n"])
    widest = max(2 * n * c_in * side * side for _, c_in, _, side in layers_of(network))
    active = 2 * CHUNK * widest
    yield from too_large(f"{where}.n", n, active, "a pass of its random network", "a smaller n")
