"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from slth.settings.faults import jobs
from slth.settings.reach import unsolvable
from slth.settings.section import Study, unique


class Settings(Study):
    """Error of the beam search as a power of the number of candidates."""

    ensembles: list[
        Annotated[Literal["nsn", "normal"], Field(description="name of an ensemble")]
    ] = unique(["nsn", "normal"], 1, 2, "laws of the candidate vectors")
    d: list[Annotated[int, Field(ge=1, le=288, description="dimension")]] = unique(
        [4, 9, 18], 1, 20, "dimensions of the candidate vectors"
    )
    n: list[Annotated[int, Field(ge=2, le=100000, description="candidates")]] = unique(
        [100, 200, 400, 800, 1600], 1, 50, "numbers of candidates"
    )
    widths: list[Annotated[int, Field(ge=1, le=65536, description="rests kept")]] = unique(
        [16, 128, 1024], 1, 20, "partial sums that the beam keeps"
    )
    target_sd: float = Field(
        0.15, ge=1e-6, le=1e6, description="standard deviation of an entry of the targets"
    )
    least_ratio: float = Field(
        20.0, ge=0, le=100000, description="n / d from which on a size is fitted"
    )
    replicates: int = Field(200, ge=2, le=100000, description="instances per point")
    shards: int = Field(1, ge=1, le=1000, description="jobs the replicates are split into")


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    own = config["power"]
    yield from jobs("power", own)
    sizes = [("power", n, d) for d in own["d"] for n in own["n"]]
    yield from unsolvable("power.n", "beam", sizes)
