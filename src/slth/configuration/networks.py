"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.configuration.faults import repeated
from slth.configuration.section import NAME, DataSetName, Section
from slth.data_files import FILE_SETS, check_files


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

SIDES = {"digits": 8, **{name: files.shape[1] for name, files in FILE_SETS.items()}}  # pixels


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line a fault of rules between keys."""
    networks = config["networks"]
    yield from repeated("networks", networks)
    for i, network in enumerate(networks):
        yield from shrinking(f"networks[{i}]", network)
    yield from data_faults(
        config, {f"networks[{i}]": network["data"] for i, network in enumerate(networks)}
    )


def shrinking(place: str, network: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault where images become smaller than the kernel on their way through."""
    k: int = network["kernel"]
    padding: str = network["padding"]
    if padding == "same" and k % 2 == 0:
        yield f"{place}.kernel: got {k}, takes an odd size with padding same"
        return
    side: int = SIDES.get(network["data"], k)
    for layer, _ in enumerate(network["channels"]):
        padded = side + (2 * (k // 2) if padding == "same" else 0)
        if padded < k:
            yield (
                f"{place}.channels: layer {layer} sees {side}x{side} images, "
                f"too small for kernel {k} with padding {padding}; takes fewer layers, "
                "a smaller kernel or stride, or padding same"
            )
            return
        side = (padded - k) // network["stride"] + 1


def data_faults(config: Mapping[str, Any], users: Mapping[str, str]) -> Iterator[str]:
    """Yield a fault for data sets from files that are not there, before the job that reads them."""
    for where, name in users.items():
        if name not in FILE_SETS:
            continue
        if config["data_folder"] is None:
            yield (
                f"data_folder: got null, takes the folder with the files of {name}, which "
                f"{where}.data asks for ({FILE_SETS[name].home})"
            )
            continue
        try:
            check_files(name, config["data_folder"])
        except (OSError, ValueError) as error:  # missing, another set's, a path no system takes
            yield f"{where}.data: {error}"
