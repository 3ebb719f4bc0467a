"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.settings.networks import data_faults, shrinking, split_faults, training_faults
from slth.settings.section import DataSetName, Method, Section, Study, unique

TOGETHER = 8  # networks that are trained side by side, at most


class Lottery(Section):
    """How often to prune and to where to rewind."""

    rounds: int = Field(
        ..., ge=1, le=100, description="rounds of training and pruning; 1 is one-shot"
    )
    rewind: int = Field(
        0,
        ge=0,
        le=10000,
        description="epochs after which the weights are those rewound to; 0 is the start",
    )
    filter_seeds: int | None = Field(
        None,
        ge=1,
        le=10000,
        description="random networks for whole filters; null, the section's filter_seeds",
    )


class Settings(Study):
    """Masks learned on random networks of their own, with null controls."""

    data: DataSetName = Field("digits", description="the data set")
    held_out: float = Field(
        0.25,
        ge=0.001,
        le=0.9,
        description="fraction of every class kept from training; sets with a test part keep that",
    )
    channels: list[Annotated[int, Field(ge=1, le=4096, description="output channels")]] = Field(
        [32, 64],
        min_length=1,
        max_length=16,
        description="output channels of each hidden convolution",
    )
    kernel: int = Field(3, ge=1, le=31, description="side k of the k x k kernels, pixels")
    stride: int = Field(2, ge=1, le=8, description="step of every convolution, pixels")
    padding: Literal["same", "valid"] = Field(
        "same", description="zeros around the image; same is k // 2 a side, valid is none"
    )
    weights: Literal["signed", "normal"] = Field(
        "signed",
        description="under masks of untrained weights; signed constants or the normal draw itself",
    )
    methods: list[Method] = unique(
        ["supermask_sgd", "edge_popup", "biprop", "magnitude"], 1, 20, "who learns the masks"
    )
    lotteries: list[Lottery] = Field(
        [
            Lottery(rounds=1, rewind=0),
            Lottery(rounds=3, rewind=0),
            Lottery(rounds=3, rewind=2),
        ],
        min_length=1,
        max_length=20,
        description="variants of magnitude pruning",
    )
    granularities: list[
        Annotated[Literal["edge", "filter"], Field(description="single weights or whole filters")]
    ] = unique(["edge", "filter"], 1, 2, "what is kept or removed as one")
    kept_fractions: list[
        Annotated[float, Field(ge=1e-6, le=1, description="kept weights over all weights")]
    ] = unique([0.05, 0.2], 1, 50, "kept weights over all weights")
    seeds: int = Field(
        6,
        ge=1,
        le=10000,
        description="random networks, each with one mask a method, granularity and fraction",
    )
    filter_seeds: int | None = Field(
        10,
        ge=1,
        le=10000,
        description="random networks for filters of trained weights: small margins; null: seeds",
    )
    epochs: int = Field(
        5, ge=1, le=10000, description="passes over the training data, of every training"
    )
    early: int = Field(
        1,
        ge=1,
        le=10000,
        description="epochs of the last training after which trained weights are measured too",
    )
    longer: list[Annotated[int, Field(ge=2, le=1000, description="a multiple of epochs")]] = unique(
        [8, 16], 0, 10, "multiples of epochs that masks are trained for too; none: no such check"
    )
    longer_seeds: int = Field(
        3, ge=1, le=10000, description="random networks of that check, at most seeds"
    )
    batch: int = Field(64, ge=1, le=65536, description="images per gradient step")
    shards: int = Field(2, ge=1, le=1000, description="jobs the masks are split into")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    learned = config["learned"]
    yield from data_faults(config, {"learned": learned["data"]})
    if learned["early"] > learned["epochs"]:
        yield (
            f"learned.early: got {learned['early']}, takes at most learned.epochs, "
            f"{learned['epochs']}"
        )
    variants = [(lottery["rounds"], lottery["rewind"]) for lottery in learned["lotteries"]]
    for i, lottery in enumerate(learned["lotteries"]):
        if lottery["rewind"] > learned["epochs"]:
            yield (
                f"learned.lotteries[{i}].rewind: got {lottery['rewind']}, takes at most "
                f"learned.epochs, {learned['epochs']}"
            )
        if variants[i] in variants[:i]:
            yield f"learned.lotteries[{i}]: got {lottery} twice, takes each variant once"
    yield from split_faults("learned", learned)
    small = list(shrinking("learned", learned))
    yield from small or training_faults("learned", learned, TOGETHER)
