"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.configuration.faults import jobs
from slth.configuration.section import Construction, Section, Study, unique


class Points(Section):
    """The target on sets of points, dense when written out."""

    points: int = Field(3, ge=1, le=64, description="points of a set")
    channels: list[Annotated[int, Field(ge=1, le=64, description="output channels")]] = Field(
        [1, 1], min_length=1, max_length=16, description="output channels of each layer"
    )


class Images(Section):
    """The target on images, valid convolutions; inputs are what one output sees."""

    kernel: int = Field(2, ge=1, le=31, description="side k of the k x k kernels, pixels")
    channels: list[Annotated[int, Field(ge=1, le=64, description="output channels")]] = Field(
        [2, 1], min_length=1, max_length=16, description="output channels of each convolution"
    )


class PricedArm(Section):
    """One construction, or one granularity of it, swept over n."""

    construction: Construction = Field(..., description="name of a construction")
    granularity: Literal["entry", "kernel", "filter"] = Field(
        "filter", description="of structured_convolution, what is removed as one"
    )
    targets: list[Annotated[Literal["points", "images"], Field(description="name of a target")]] = (
        unique(
            ["points", "images"],
            1,
            2,
            "what it is built for; a target it refuses is a row that says why",
        )
    )
    n: list[Annotated[int, Field(ge=1, le=1000000, description="candidates")]] = unique(
        ..., 1, 100, "candidates a subset problem, about"
    )
    digits: list[Annotated[int, Field(ge=1, le=40, description="digits")]] = unique(
        [], 0, 40, "of binary_polylog, binary digits a weight; empty is its own default"
    )


class SizedCell(Section):
    """A granularity and the tolerance of its subset problems."""

    granularity: Literal["entry", "kernel"] = Field(
        ..., description="what is removed as one; entry is d = 1, kernel d = k^2"
    )
    eps: float = Field(
        ..., gt=0, le=1, description="tolerance per coordinate at which hits are counted"
    )


class Settings(Study):
    """Random weights per target weight for an error, construction by construction."""

    points: Points = Field(
        default_factory=Points, description="the target on sets of points, dense when written out"
    )
    images: Images = Field(
        default_factory=Images,
        description="the target on images, valid convolutions; inputs are what one output sees",
    )
    arms: list[PricedArm] = Field(
        [
            PricedArm(construction="single_weight", n=[30, 130, 570, 2500]),
            PricedArm(construction="rss_dense", n=[5, 9, 13, 17]),
            PricedArm(construction="rss_convolution", n=[5, 9, 13, 17]),
            PricedArm(construction="ell_plus_one", n=[5, 9, 13, 17]),
            PricedArm(construction="structured_convolution", granularity="entry", n=[5, 9, 13, 17]),
            PricedArm(
                construction="structured_convolution",
                granularity="kernel",
                targets=["images"],
                n=[8, 16, 24, 32],
            ),
            PricedArm(
                construction="structured_convolution",
                granularity="filter",
                targets=["points"],
                n=[8, 16, 24, 32],
            ),
            PricedArm(
                construction="structured_convolution",
                granularity="filter",
                targets=["images"],
                n=[10, 20, 40, 80],
            ),
            PricedArm(construction="neuron_removal", n=[20, 60, 160]),
            PricedArm(construction="equivariant", n=[5, 9, 13, 17]),
            PricedArm(construction="binary_polynomial", n=[12, 60, 300, 1500]),
            PricedArm(construction="binary_polylog", n=[12], digits=[1, 2, 3, 5]),
        ],
        min_length=0,
        max_length=100,
        description="constructions and the sizes at which each is built",
    )
    replicates: int = Field(
        4, ge=1, le=10000, description="random networks a construction and size"
    )
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")
    budget: int | None = Field(
        1000000,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes a problem; null is the solver's own",
    )
    certify: Literal["intervals", "bracket"] = Field(
        "intervals",
        description="upper ends of the errors; intervals alone, or every bound of the bracket",
    )
    tolerance: float = Field(
        0.05,
        gt=0,
        le=1,
        description="error of a subset problem at which widths and predictions are compared",
    )
    equal_error: float = Field(
        0.2,
        gt=0,
        le=1,
        description="error over the target's size at which overparameterisations are compared",
    )
    sizes: list[SizedCell] = Field(
        [SizedCell(granularity="entry", eps=0.001), SizedCell(granularity="kernel", eps=0.2)],
        min_length=0,
        max_length=2,
        description="tickets whose subsets all have one size, of the target images; empty is none",
    )
    fractions: list[
        Annotated[float, Field(gt=0, le=0.9, description="members over candidates")]
    ] = unique([0.15, 0.3, 0.5], 1, 50, "of subsets of one size, members over candidates")
    around: list[
        Annotated[float, Field(gt=0, le=10, description="n over the predicted threshold")]
    ] = unique(
        [0.7, 0.9, 1.1, 1.35],
        1,
        50,
        "of subsets of one size, the n to try over the predicted threshold",
    )


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line a fault of rules between keys."""
    price = config["price"]
    yield from jobs("price", price)
    seen: dict[tuple[str, str, str], int] = {}
    for i, arm in enumerate(price["arms"]):
        where, construction = f"price.arms[{i}]", arm["construction"]
        if arm["digits"] and construction != "binary_polylog":
            yield f"{where}.digits: got {arm['digits']}, takes none for {construction}"
        structured = construction == "structured_convolution"
        for target in arm["targets"]:
            key = (construction, arm["granularity"] if structured else "", target)
            first = seen.setdefault(key, i)
            if first != i:
                yield (
                    f"{where}: got {construction} on {target}, which price.arms[{first}] has; "
                    "takes each construction, granularity and target once"
                )
    kinds = [cell["granularity"] for cell in price["sizes"]]
    for i, kind in enumerate(kinds):
        if kind in kinds[:i]:
            yield f"price.sizes[{i}].granularity: got {kind} twice, takes each once"
