"""Settings of the study: unit, range and default of every key."""

from typing import Annotated, Literal

from pydantic import Field

from slth.configuration.section import NAME, DataSetName, Section


class Network(Section):
    """One target network."""

    name: str = Field(
        ..., pattern=NAME, description="becomes a file name; lower case, digits, hyphens"
    )
    channels: list[Annotated[int, Field(ge=1, le=512, description="output channels")]] = Field(
        [1], min_length=1, max_length=16, description="output channels of each hidden convolution"
    )
    kernel: int = Field(3, ge=1, le=31, description="side k of the k x k kernels, pixels")
    stride: int = Field(1, ge=1, le=8, description="step of every convolution, pixels")
    padding: Literal["same", "valid"] = Field(
        "same", description="zeros around the image; same is k // 2 a side, valid is none"
    )
    data: DataSetName = Field("digits", description="the data set")
    held_out: float = Field(
        0.25,
        gt=0,
        le=0.9,
        description="fraction of every class kept from training, on which accuracy is measured",
    )
    epochs: int = Field(40, ge=1, le=10000, description="passes over the training data")
    batch: int = Field(64, ge=1, le=65536, description="images a gradient step")
    learning_rate: float = Field(0.01, gt=0, le=1, description="Adam's first step size")
    l1: float = Field(
        0.0001, ge=0, le=1, description="weight of the sum of absolute weights in the loss"
    )


Settings = Annotated[
    list[Network],
    Field(min_length=1, max_length=100, description="target networks, trained on a data set"),
]
DEFAULT = [
    Network(
        name="one",
        channels=[1],
        kernel=3,
        stride=1,
        padding="same",
        data="digits",
        held_out=0.25,
        epochs=40,
        batch=64,
        learning_rate=0.01,
        l1=0.0001,
    ),
    Network(
        name="two",
        channels=[2, 2],
        kernel=3,
        stride=1,
        padding="same",
        data="digits",
        held_out=0.25,
        epochs=40,
        batch=64,
        learning_rate=0.01,
        l1=0.0001,
    ),
]
