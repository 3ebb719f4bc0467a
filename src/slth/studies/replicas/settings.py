"""Settings of the study: unit, range and default of every key."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from slth.data_files import FILE_SETS
from slth.settings.networks import IMAGES, data_faults, split_faults
from slth.settings.reach import pool, too_large, unsolvable
from slth.settings.section import LEAST, DataSetName, Section, Study, unique


class Dense(Section):
    """A dense network, every weight a subset sum."""

    data: DataSetName = Field("digits", description="the data set, of grey images")
    side: int = Field(
        8, ge=1, le=64, description="pixels a side that images are resized to, bilinear"
    )
    held_out: float = Field(
        0.25,
        ge=0.001,
        le=0.9,
        description="fraction of every class kept from training; sets with a test part keep that",
    )
    hidden: list[Annotated[int, Field(ge=1, le=4096, description="units")]] = Field(
        [50], min_length=1, max_length=16, description="units of each hidden layer"
    )
    epochs: int = Field(20, ge=1, le=10000, description="passes over the training data")
    batch: int = Field(64, ge=1, le=65536, description="images per gradient step")
    learning_rate: float = Field(0.003, ge=1e-9, le=1, description="Adam's first step size")
    l1: float = Field(
        0.0, ge=0, le=1, description="weight of the sum of absolute weights in the loss"
    )
    n: list[Annotated[int, Field(ge=1, le=40, description="number of candidates")]] = unique(
        [11, 21, 25], 1, 50, "numbers of candidates per weight or target"
    )
    eps: float = Field(0.01, ge=LEAST, le=1, description="tolerance of a subset sum")
    seeds: int = Field(3, ge=1, le=10000, description="random networks per size")
    shards: int = Field(1, ge=1, le=1000, description="jobs the random networks are split into")


class Lenet(Section):
    """The weights of LeNet-5's convolutions, each a subset sum."""

    data: DataSetName = Field("digits", description="the data set, of grey images")
    side: int = Field(
        28, ge=12, le=64, description="pixels a side that images are resized to, bilinear"
    )
    held_out: float = Field(
        0.25,
        ge=0.001,
        le=0.9,
        description="fraction of every class kept from training; sets with a test part keep that",
    )
    epochs: int = Field(3, ge=1, le=10000, description="passes over the training data")
    batch: int = Field(64, ge=1, le=65536, description="images per gradient step")
    learning_rate: float = Field(0.003, ge=1e-9, le=1, description="Adam's first step size")
    n: list[Annotated[int, Field(ge=1, le=40, description="number of candidates")]] = unique(
        [5, 10, 15, 20, 25, 30], 1, 50, "numbers of candidates per weight or target"
    )
    samples: int = Field(9, ge=1, le=10000, description="draws of all candidates per size")
    images: int = Field(
        32, ge=1, le=100000, description="held-out images on which outputs are compared"
    )


class Failures(Section):
    """Rates at which no subset is within eps."""

    n: list[Annotated[int, Field(ge=1, le=40, description="number of candidates")]] = unique(
        [9, 12, 15, 18], 1, 50, "numbers of candidates per weight or target"
    )
    eps: float = Field(0.01, ge=LEAST, le=1, description="tolerance of a subset sum")
    trials: int = Field(500000, ge=1, le=1000000000, description="instances per size")


class Settings(Study):
    """Published experiments of one dimension, run again."""

    dense: Dense = Field(
        default_factory=Dense, description="a dense network, every weight a subset sum"
    )
    lenet: Lenet = Field(
        default_factory=Lenet,
        description="the weights of LeNet-5's convolutions, each a subset sum",
    )
    failures: Failures = Field(
        default_factory=Failures, description="rates at which no subset is within eps"
    )


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    replicas = config["replicas"]
    named = {f"replicas.{key}": replicas[key]["data"] for key in ("dense", "lenet")}
    yield from data_faults(config, named)
    for key in ("dense", "lenet"):
        name: str = replicas[key]["data"]
        if name in FILE_SETS and FILE_SETS[name].shape[0] != 1:
            yield f"replicas.{key}.data: got {name!r}, takes a set of grey images"
        yield from split_faults(f"replicas.{key}", replicas[key])
    dense, lenet, failures = (replicas[key] for key in ("dense", "lenet", "failures"))
    for key, sizes in (("dense", map(pool, sorted(dense["n"]))), ("lenet", sorted(lenet["n"]))):
        asked = [(f"replicas.{key}", n, 1) for n in sizes]
        yield from unsolvable(f"replicas.{key}.n", "mitm", asked)
    asked = [("replicas.failures", n, 1) for n in sorted(failures["n"])]
    yield from unsolvable("replicas.failures.n", "mitm", asked)
    widths = [dense["side"] ** 2, *dense["hidden"], 10]
    pairs = sum(a * (a + b) for a, b in itertools.pairwise(widths))
    n = max(dense["n"])
    way = "a smaller n, or fewer hidden units"
    yield from too_large("replicas.dense.n", n, 8 * n * pairs, "its random network", way)
    batch = min(lenet["batch"], IMAGES.get(lenet["data"], lenet["batch"]))
    active = 3 * batch * 6 * (lenet["side"] + 4) ** 2 * 2
    words = f"a step of training with batches of {batch:,}"
    yield from too_large("replicas.lenet.batch", batch, active, words, "a smaller batch")
