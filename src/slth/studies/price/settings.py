"""Settings of the study: unit, range and default of every key."""

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.settings.faults import jobs
from slth.settings.reach import MOST_BYTES, pool, source_weights, too_large, unsolvable
from slth.settings.section import LEAST, Construction, Section, Study, unique
from slth.studies.printing import titles


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
        ..., 1, 100, "candidates per subset problem, about"
    )
    digits: list[Annotated[int, Field(ge=1, le=40, description="digits")]] = unique(
        [], 0, 40, "of binary_polylog, binary digits per weight; empty is its own default"
    )


class SizedCell(Section):
    """A granularity and the tolerance of its subset problems."""

    granularity: Literal["entry", "kernel"] = Field(
        ..., description="what is removed as one; entry is d = 1, kernel d = k^2"
    )
    eps: float = Field(
        ..., ge=LEAST, le=1, description="tolerance per coordinate at which hits are counted"
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
        3, ge=1, le=10000, description="random networks per construction and size"
    )
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")
    budget: int | None = Field(
        1000000,
        ge=1,
        le=1000000000000000,
        description="subsets, pairs or nodes per problem; null is the solver's own",
    )
    certify: Literal["intervals", "bracket"] = Field(
        "intervals",
        description="upper ends of the errors; intervals alone, or every bound of the bracket",
    )
    tolerance: float = Field(
        0.05,
        ge=LEAST,
        le=1,
        description="error of a subset problem at which widths and predictions are compared",
    )
    equal_error: float = Field(
        0.2,
        ge=LEAST,
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
        Annotated[float, Field(ge=0.01, le=0.9, description="members over candidates")]
    ] = unique([0.15, 0.3, 0.5], 1, 50, "of subsets of one size, members over candidates")
    around: list[
        Annotated[float, Field(ge=0.01, le=10, description="n over the predicted threshold")]
    ] = unique(
        [0.7, 0.9, 1.1, 1.35],
        1,
        50,
        "of subsets of one size, the n to try over the predicted threshold",
    )


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
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
        yield from _sized(f"price.sizes[{i}]", price["sizes"][i], price)
    for i, arm in enumerate(price["arms"]):
        absent = titles.lacking(arm["construction"])
        if absent:
            yield (
                f"price.arms[{i}].construction: got {arm['construction']!r}, whose class says no "
                f"{', '.join(absent)}, which the paper prints; takes one that does"
            )
        for target in arm["targets"]:
            yield from _arm(f"price.arms[{i}]", arm, _layers(target, price))


def _layers(target: str, price: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """(c_out, c_in, k²) of the layers of a target, dense ones on sets of points."""
    own = price[target]
    times, area = (own["points"], 1) if target == "points" else (1, own["kernel"] ** 2)
    channels = [1, *own["channels"]]
    return [(times * out, times * c, area) for c, out in itertools.pairwise(channels)]


def _arm(where: str, arm: Mapping[str, Any], layers: list[tuple[int, int, int]]) -> Iterator[str]:
    """Random networks that no job could hold, by `slth.tickets`' own constructions.

    Of ell_plus_one every layer has n copies of its channels; of binary_polylog there are as many
    more layers as digits, each wider than the one before by n units per input.
    """
    n, most = (
        max(arm["n"]),
        max([*arm["digits"], 6 if arm["construction"] == "binary_polylog" else 0]),
    )
    weights = source_weights(layers, n)
    if arm["construction"] == "ell_plus_one":
        weights = 2 * n * n * sum(c * c + area * c * out for out, c, area in layers)
    if most:
        widths = [(2 * n * c, *(2 * c * n * (k + 1) for k in range(1, most))) for _, c, _ in layers]
        weights += sum(sum(a * b for a, b in itertools.pairwise(own)) for own in widths)
    held, way = 6 * weights, "a smaller n, fewer digits, or a smaller target"
    yield from too_large(f"{where}.n", n, held, "its random network and copies of it", way)
    d = max(area * out for out, _, area in layers) if arm["granularity"] == "filter" else 1
    if weights * 6 * 8 < MOST_BYTES:
        yield from unsolvable(f"{where}.n", "auto", [(where, pool(n), d)])


def _sized(where: str, cell: Mapping[str, Any], price: Mapping[str, Any]) -> Iterator[str]:
    """Subsets of one size: n is about its threshold, d log2(1/eps) over the entropy, and more."""
    layers = _layers("images", price)
    d = 1 if cell["granularity"] == "entry" else price["images"]["kernel"] ** 2
    share = min(price["fractions"])
    entropy = min(-a * math.log2(a) - (1 - a) * math.log2(1 - a) for a in price["fractions"])
    n = (
        max(price["around"]) * 2 * (d * (math.log2(1 / cell["eps"]) + 12) + 20) / entropy
        + 1 / share
    )
    held = 6 * source_weights(layers, math.ceil(n))
    words = f"random networks of about {n:.0f} candidates"
    yield from too_large(f"{where}.eps", cell["eps"], held, words, "a larger eps or fraction")
