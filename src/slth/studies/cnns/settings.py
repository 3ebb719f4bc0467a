"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.configuration.faults import jobs
from slth.configuration.networks import data_faults
from slth.configuration.section import DataSetName, Section, SolverOrAuto, Study, unique

NetworkName = Literal["lenet", "vgg", "resnet", "mobilenet"]


class Arm(Section):
    """A network, what is removed as one, and how many candidates there are."""

    network: NetworkName = Field(..., description="which of the networks is imitated")
    granularity: Literal["entry", "kernel", "block", "filter"] = Field(
        "filter", description="what is removed as one; block: `block` outputs of a filter"
    )
    block: int | None = Field(
        None, ge=1, le=4096, description="outputs in a block; for granularity block"
    )
    n: int = Field(..., ge=1, le=1000000, description="candidates a subset problem, about")


class Settings(Study):
    """Structured tickets of whole networks trained on real images."""

    data: DataSetName = Field("mnist-5k", description="the data set, images of 28x28 pixels")
    held_out: float = Field(
        0.2,
        ge=0.01,
        le=0.9,
        description="fraction of every class kept from training, on which all is measured",
    )
    epochs: int = Field(15, ge=1, le=10000, description="passes over the training data")
    batch: int = Field(50, ge=1, le=65536, description="images a gradient step")
    learning_rate: float = Field(0.003, ge=1e-9, le=1, description="AdamW's largest step size")
    arms: list[Arm] = Field(
        [
            Arm(network="lenet", granularity="kernel", n=1000),
            Arm(network="lenet", granularity="block", block=25, n=1000),
            Arm(network="vgg", granularity="kernel", n=200),
            Arm(network="vgg", granularity="filter", n=20000),
            Arm(network="resnet", granularity="kernel", n=200),
            Arm(network="resnet", granularity="filter", n=20000),
            Arm(network="mobilenet", granularity="kernel", n=200),
            Arm(network="mobilenet", granularity="filter", n=10000),
        ],
        min_length=1,
        max_length=100,
        description="tickets that are built, each for every entry of targets and every seed",
    )
    targets: list[
        Annotated[
            Literal["plain", "bias", "feedback"],
            Field(description="what the weights aim at"),
        ]
    ] = unique(
        ["plain", "bias", "feedback"],
        1,
        3,
        "plain: the weights themselves; bias: biases take up the mean error on images; feedback: "
        "later channels take up the errors of earlier ones",
    )
    gain: float = Field(
        5.0, ge=1e-3, le=1e3, description="largest weight of a layer as the subset sums see it"
    )
    images: int = Field(
        200, ge=1, le=100000, description="training images that bias and feedback look at"
    )
    seeds: int = Field(3, ge=1, le=10000, description="random networks an arm")
    solver: SolverOrAuto = Field("auto", description="who solves the subset problems")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line a fault of rules between keys."""
    own = config["cnns"]
    yield from data_faults(config, {"cnns.data": own["data"]})
    for index, arm in enumerate(own["arms"]):
        if (arm["granularity"] == "block") != (arm["block"] is not None):
            yield (
                f"cnns.arms[{index}].block: got {arm['block']}, takes outputs in a block with "
                "granularity block, nothing otherwise"
            )
