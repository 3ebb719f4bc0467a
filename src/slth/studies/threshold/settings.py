"""Settings of the study: unit, range and default of every key."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from slth.settings.faults import jobs
from slth.settings.reach import too_large, unfit_device, unsolvable
from slth.settings.section import LEAST, Ensemble, Section, SolverOrAuto, Study, unique


class GridBlock(Section):
    """A dimension and its sizes."""

    d: int = Field(..., ge=1, le=4096, description="dimension of the candidate vectors")
    n: list[Annotated[int, Field(ge=1, le=100000, description="number of candidates")]] = unique(
        ..., 1, 200, "numbers of candidates to try"
    )


class Settings(Study):
    """Success probability of MRSS against n."""

    ensembles: list[Ensemble] = unique(["normal", "nsn"], 1, 20, "laws of the candidate vectors")
    eps: float = Field(0.05, ge=LEAST, le=1, description="tolerance per coordinate")
    grid: list[GridBlock] = Field(
        [
            GridBlock(d=1, n=[2, 3, 4, 5, 6, 7, 8, 10]),
            GridBlock(d=2, n=[6, 8, 10, 11, 12, 13, 15, 18]),
            GridBlock(d=3, n=[12, 14, 16, 18, 19, 21, 23, 26]),
            GridBlock(d=4, n=[17, 20, 22, 24, 26, 28, 30, 32]),
        ],
        min_length=1,
        max_length=64,
        description="one block per dimension",
    )
    replicates: int = Field(300, ge=1, le=1000000, description="instances per grid point")
    shards: int = Field(1, ge=1, le=1000, description="jobs the instances are split into")
    solver: SolverOrAuto = Field("mitm", description="who decides whether a subset is within eps")
    confidence: float = Field(
        0.95, ge=0.5, le=0.9999, description="level of the Clopper-Pearson intervals"
    )


def faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per fault of rules between keys."""
    threshold = config["threshold"]
    from slth.ensembles import ENSEMBLES  # loads scipy

    first_of: dict[int, int] = {}
    for i, block in enumerate(threshold["grid"]):
        d = block["d"]
        first = first_of.setdefault(d, i)
        if first != i:
            yield f"threshold.grid[{i}].d: got {d}, which grid[{first}] has; takes one block per d"
        for j, name in enumerate(threshold["ensembles"]):
            limit = ENSEMBLES[name].max_d
            if limit is not None and d > limit:
                yield (
                    f"threshold.ensembles[{j}]: got {name!r}, defined for d <= {limit}, "
                    f"but threshold.grid[{i}].d is {d}"
                )
    yield from jobs("threshold", threshold)
    blocks = [(f"threshold.grid[{i}]", block) for i, block in enumerate(threshold["grid"])]
    sizes = [(where, n, block["d"]) for where, block in blocks for n in sorted(block["n"])]
    yield from unsolvable("threshold.solver", threshold["solver"], sizes)
    yield from unfit_device("threshold.solver", threshold["solver"], config["device"])
    each = -(-threshold["replicates"] // threshold["shards"])
    for where, n, d in sizes:
        # the instances of one grid point, drawn, stacked and searched
        held, way = 3 * each * n * d, "fewer replicates a shard, or a smaller n"
        yield from too_large(f"{where}.n", n, held, f"{each:,} instances of d = {d}", way)
    rows = each * len(sizes) * len(threshold["ensembles"])
    yield from too_large(
        "threshold.shards", threshold["shards"], 40 * rows, f"{rows:,} rows", "more shards"
    )
