"""Settings of the study: unit, range and default of every key."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.data_files import FILE_SETS, check_files
from slth.settings.faults import repeated
from slth.settings.reach import too_large
from slth.settings.section import NAME, DataSetName, Section


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
        ge=0.001,
        le=0.9,
        description="fraction of every class kept from training, on which accuracy is measured",
    )
    radius: float | None = Field(
        0.05,
        ge=0,
        le=2,
        description="of the balls around held-out images, scaled to [-1, 1], all over which "
        "decisions are proved; 0: at the images; null: no balls",
    )
    epochs: int = Field(40, ge=1, le=10000, description="passes over the training data")
    batch: int = Field(64, ge=1, le=65536, description="images per gradient step")
    learning_rate: float = Field(0.01, ge=1e-9, le=1, description="Adam's first step size")
    l1: float = Field(
        0.0001, ge=0, le=1, description="weight of the sum of absolute weights in the loss"
    )


Settings = Annotated[
    list[Network],
    Field(
        min_length=0,
        max_length=100,
        description="target networks, trained on a data set; may be empty where tickets is",
    ),
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
        radius=0.05,
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
        radius=0.05,
        epochs=40,
        batch=64,
        learning_rate=0.01,
        l1=0.0001,
    ),
]

# smallest and largest class of data that are split by class
CLASSES = {"digits": (174, 183), "mnist-5k": (500, 500)}
IMAGES = {"digits": 1797, "mnist-5k": 5000}  # of data that are shipped
SIDES = {
    "digits": 8,
    "mnist-5k": 28,
    **{name: files.shape[1] for name, files in FILE_SETS.items()},
}  # pixels


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    networks = config["networks"]
    yield from repeated("networks", networks)
    for i, network in enumerate(networks):
        small = list(shrinking(f"networks[{i}]", network))
        yield from small or training_faults(f"networks[{i}]", network)
        yield from split_faults(f"networks[{i}]", network)
    yield from search_faults(config)
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


def split_faults(place: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault where a class would keep no image for training or for measuring."""
    share = settings["held_out"]
    for size in CLASSES.get(settings["data"], ()):
        if not 0 < round(share * size) < size:
            yield (
                f"{place}.held_out: got {share}, which holds out {round(share * size)} of the "
                f"{size} images of a class of {settings['data']}; takes a share that leaves both "
                "parts some"
            )
            return


def layers_of(network: Mapping[str, Any]) -> list[tuple[int, int, int, int]]:
    """(c_out, c_in, k, side of the output) of the hidden convolutions of a network."""
    k, side = network["kernel"], SIDES.get(network["data"], network["kernel"])
    channels = [3 if network["data"] == "cifar10" else 1, *network["channels"]]
    found = []
    for c_in, c_out in itertools.pairwise(channels):
        side = (side + (2 * (k // 2) if network["padding"] == "same" else 0) - k) // network[
            "stride"
        ] + 1
        found.append((c_out, c_in, k, side))
    return found


def training_faults(place: str, network: Mapping[str, Any], copies: int = 1) -> Iterator[str]:
    """Yield a fault where weights and activations of one gradient step are too many.

    copies: networks that are trained side by side.
    """
    layers = layers_of(network)
    weights = sum(c_out * c_in * k * k for c_out, c_in, k, _ in layers)
    weights += 10 * layers[-1][0] * layers[-1][3] ** 2
    batch = min(network["batch"], IMAGES.get(network["data"], network["batch"]))
    active = batch * sum(c_out * side * side for c_out, _, _, side in layers)
    # weight, gradient, two moments and a mask; input and output of convolution and ReLU
    yield from too_large(
        f"{place}.channels", network["channels"], copies * (5 * weights + 3 * active),
        f"a step of training with {weights:,} weights and batches of {batch:,}",
        "fewer channels, a smaller kernel, or a smaller batch",
    )  # fmt: skip


def search_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault where the random inputs of the search of a bracket are too many."""
    samples = config["bracket"]["samples"]
    pixels = [SIDES.get(network["data"], 1) ** 2 for network in config["networks"]]
    inputs = max([1, *pixels, *(3072 for n in config["networks"] if n["data"] == "cifar10")])
    yield from too_large(
        "bracket.samples", samples, 4 * samples * inputs, f"so many inputs of {inputs} entries",
        "fewer samples, or more restarts",
    )  # fmt: skip


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
